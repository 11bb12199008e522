//! larder's default store: one file an entry, in a directory.
//!
//! ```
//! use larder_core::Key;
//! use larder_core::store::{StoreBackend, StoreExt};
//! use larder_local::LocalStore;
//!
//! # fn now<T>(run: impl Future<Output = T>) -> T {
//! #     match std::pin::pin!(run).poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
//! #         std::task::Poll::Ready(done) => done,
//! #         std::task::Poll::Pending => unreachable!("this store never waits"),
//! #     }
//! # }
//! # async fn example() -> larder_core::Result<()> {
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("cache");
//! let store = LocalStore::open(&path)?;
//! let key: Key = format!("weather/forecast/v1/{}", "3a".repeat(32)).parse()?;
//! assert_eq!(store.get(&key).await?, None);
//! store.replace(&key, b"sunny".to_vec().into()).await?;
//! assert_eq!(store.get(&key).await?.as_deref(), Some(&b"sunny"[..]));
//! assert!(store.local_path(&key).is_some_and(|file| file.exists()));
//! # Ok(())
//! # }
//! # now(example()).unwrap();
//! ```
//!
//! # In the directory
//!
//! ```text
//! .gitignore                                 "*", where the directory was empty
//! .lock                                      the lock file of all leases, 256 KiB at most, mostly holes
//! .tmp/5f0c2d…                               values being written
//! weather/forecast/v1/3a/3a3a3a…             an entry: its bytes as they were put
//! ```
//!
//! Directories are for their owner only (0700), files too (0600). The files are plain: they may be copied, moved to
//! another machine, and removed, all of them or some, at any time, also while programs run. Names that are not of this
//! form are never read and never removed. Symbolic links below the directory are never followed (on kernels older than
//! Linux 5.6, and on other systems, that holds for the last step of a path only).
//!
//! # What can be relied on
//!
//! * A value is written to a temporary file and then renamed: whole or absent, whenever the writer dies. What a killed
//!   writer leaves behind is removed when a store is next opened there, and a living writer's file never is.
//! * From 1 MiB on, values come back as memory maps, which stay valid when the entry is replaced or deleted. Only a
//!   program that *truncates* a file here, which larder never does, breaks a map (with `SIGBUS`).
//! * Leases exclude all processes of this machine. They live in the kernel: gone with their holder, whatever kills it.
//!   A program that forks without exec shares its parent's leases until the child first asks for one.
//! * The time of last use is the file's modification time.
//!
//! On Unix other than Linux there are no leases; off Unix there are no maps either unless asked for, and a killed
//! writer's files are removed after a day.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod buffers;
mod layout;
mod options;
mod place;
mod reading;
mod root_dir;
mod store;
mod sweep;
mod walk;
mod writing;

pub use crate::options::{Durability, LocalOptions, MAP_FROM, factory};
pub use crate::store::LocalStore;
