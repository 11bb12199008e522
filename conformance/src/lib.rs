//! The conformance suites of larder's backends: every promise of [`StoreBackend`]'s and [`ParallelBackend`]'s contracts
//! as a case of its own.
//!
//! # For whom
//!
//! Who writes a store proves with a few lines that larder can rely on it. In `Cargo.toml`:
//!
//! ```toml
//! [dev-dependencies]
//! larder-conformance = "0.1"
//!
//! [[test]]
//! name = "conformance"
//! harness = false
//! ```
//!
//! and in `tests/conformance.rs`, with the own store in the place of `MemoryStore`:
//!
//! ```no_run
//! use larder_conformance::StoreSuite;
//! use larder_core::store::{LeaseScope, MemoryStore, StoreCapabilities};
//!
//! fn main() -> std::process::ExitCode {
//!     let must = StoreCapabilities::inline().create().lease(LeaseScope::Process).recency().range();
//!     larder_conformance::main([StoreSuite::new("memory", must, || {
//!         let memory = MemoryStore::new(); // for files: `let dir = tempfile::tempdir()?;`
//!         Ok(move || Ok(memory.clone())) //   `Ok(move || MyStore::open(dir.path()))`
//!     })])
//! }
//! ```
//!
//! Who writes a parallel backend does the same with a [`ParallelSuite`].
//!
//! # How it judges
//!
//! * Each case gets an empty [place](StorePlace) and opens it as often as it needs.
//! * The test file pins what the store must declare. **Declared abilities must work; the others must be refused** with
//!   [`ErrorKind::Unsupported`](larder_core::ErrorKind::Unsupported). Nothing passes by declaring less.
//! * An [inline](larder_core::store::Execution::Inline) store is polled once in place, and a pending future fails the
//!   case. A store that awaits runs on a runtime of the suite's.
//! * A case that does not concern a store is skipped, and says why. A panic or a hang is a failure.
//! * The suite itself is tested by stores broken on purpose: for each case there is one that it catches.
//!
//! What only the store's author can arrange stays with the store's own tests: crashes in the middle of a write, full
//! disks, a second machine.
//!
//! # From code
//!
//! ```
//! use larder_conformance::StoreSuite;
//! use larder_core::store::{FaultStore, Fault, MemoryStore, StoreBackend, When};
//! use std::sync::Arc;
//!
//! let must = MemoryStore::new().capabilities();
//! let torn = StoreSuite::new("torn", must, || {
//!     let memory = MemoryStore::new();
//!     Ok(move || {
//!         let store = FaultStore::new(Arc::new(memory.clone()));
//!         store.inject(When::Always, Fault::Torn);
//!         Ok(store)
//!     })
//! });
//! let report = torn.run();
//! assert!(report.failed().any(|case| case.id == "value.sizes"));
//! let json = serde_json::to_string(&report)?; // for a program
//! let text = report.to_string(); // for a person
//! # serde_json::Result::Ok(())
//! ```
//!
//! # Over parallel backends
//!
//! Each case gets a backend of its own. Its tasks are functions that can be sent anywhere, so one suite serves threads,
//! processes and clusters; that a task began, ended or ran twice is told by files in a temporary directory, which tasks
//! have to see. Closures are for backends with shared memory only, and must be refused by all others.
//!
//! [`StoreBackend`]: larder_core::store::StoreBackend
//! [`ParallelBackend`]: larder_core::parallel::ParallelBackend
#![cfg_attr(docsrs, feature(doc_cfg))]

mod crowd;
mod drive;
mod failure;
mod harness;
mod need;
mod parallel;
mod quiet;
mod report;
mod store;
mod watch;

pub use self::harness::{Suite, main};
pub use self::need::Need;
pub use self::parallel::{ParallelAbility, ParallelCase, ParallelSuite, parallel_cases};
pub use self::report::{CaseReport, Outcome, Report};
pub use self::store::{Ability, StoreCase, StorePlace, StoreSuite, store_cases};

/// The code in the book's page on writing a store.
#[cfg(doctest)]
#[doc = include_str!("../../docs/writing-a-store.md")]
struct WritingAStore;

/// The code in the book's page on writing a parallel backend.
#[cfg(doctest)]
#[doc = include_str!("../../docs/writing-a-parallel-backend.md")]
struct WritingAParallelBackend;
