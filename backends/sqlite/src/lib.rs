//! larder's store for many small results: all entries in one SQLite database.
//!
//! ```
//! use larder_core::Key;
//! use larder_core::store::{StoreBackend, StoreExt};
//! use larder_sqlite::SqliteStore;
//!
//! # fn now<T>(run: impl Future<Output = T>) -> T {
//! #     match std::pin::pin!(run).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
//! #         std::task::Poll::Ready(done) => done,
//! #         std::task::Poll::Pending => unreachable!("this store never waits"),
//! #     }
//! # }
//! # async fn example() -> larder_core::Result<()> {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("results.db");
//! let store = SqliteStore::open(&path)?;
//! let key: Key = format!("weather/forecast/v1/{}", "3a".repeat(32)).parse()?;
//! assert_eq!(store.get(&key).await?, None);
//! store.replace(&key, b"sunny".to_vec().into()).await?;
//! assert_eq!(store.get(&key).await?.as_deref(), Some(&b"sunny"[..]));
//! # Ok(())
//! # }
//! # now(example()).unwrap();
//! ```
//!
//! # Beside each other
//!
//! ```text
//! results.db         the database
//! results.db-wal     what was written last (SQLite's log); gone when nobody has the database open
//! results.db-shm     memory that processes share; likewise
//! results.db-lock    the lock file of all leases, 256 KiB at most, mostly holes
//! ```
//!
//! All are for their owner only (0600), and so is a directory that is made for them (0700). The database is moved or
//! copied while no program has it open, or by SQLite's own means (`sqlite3 results.db ".backup copy.db"`). It is larder's
//! own: a database with anybody else's tables is refused and stays as it is, and so is one that a newer larder has made;
//! one of an older larder is brought up to date when it is opened.
//!
//! # What can be relied on
//!
//! * A put is one transaction: whole or absent, whenever the writer dies. What it survives beyond that says the option
//!   [`synchronous`](SqliteOptions::synchronous).
//! * Any number of processes of one machine may use it at once. Readers wait for nobody; writers wait for each other, each
//!   for at most the option [`busy_timeout`](SqliteOptions::busy_timeout), and then say that the database is unavailable.
//!   Network and FUSE file systems are refused where the system tells: SQLite shares memory among processes.
//! * Leases exclude all processes of this machine (on Linux; elsewhere there are none). They are locks of the kernel, not
//!   rows: gone with their holder, whatever kills it, and never lost while it lives. A holder that is stopped for an hour
//!   still holds its lease, so no second one ever appears.
//! * A database that is removed while it is open is noticed by the next write, and by the next look for what is not there;
//!   it is made again. What was found before may be found for up to a second longer. A file that is put in its place is
//!   used from then on; whoever does that removes `-wal` and `-shm` as well, for SQLite would take the old log for the new
//!   file's. Should a wrong page come of it, the checksum above the store turns it into a miss.
//! * A damaged database is an error ([`Corrupt`](larder_core::ErrorKind::Corrupt)) that names the file. It is never removed
//!   unasked.
//! * Notes of last use are written many at a time: up to 64 of them
//!   wait for the next operation that is a second or more later, and are lost with a process that is killed.
//! * Room that deleted entries leave is used for new ones; [`compact`](larder_core::store::StoreBackend::compact) gives it back.
//! * A forked child opens its own connections and goes on (on Linux; elsewhere it is told to open the store itself). It must
//!   not be forked while another thread is inside the store, and not by one that closes the store before the child first
//!   uses it: then every call says that the database is unavailable.
//!
//! SQLite itself is compiled in. Without the feature `bundled` the system's library is linked in its place.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod connection;
mod database;
mod error;
mod inherited;
mod listing;
mod options;
mod place;
mod reading;
mod schema;
mod shards;
mod store;
mod transaction;
mod uses;
mod writing;

pub use crate::options::{SqliteOptions, Synchronous, factory};
pub use crate::store::SqliteStore;
