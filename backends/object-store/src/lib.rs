//! larder's store in an object store: S3, Google Cloud Storage, Azure Blob, WebDAV, and whatever implements the trait
//! of crate `object_store`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use larder_object_store::ObjectStoreBackend;
//! use object_store::memory::InMemory;
//!
//! let store = ObjectStoreBackend::new(Arc::new(InMemory::new()), "results")?;
//! # let _ = store;
//! # Ok::<(), larder_core::Error>(())
//! ```
//!
//! # By name
//!
//! | location | service | feature |
//! |---|---|---|
//! | `s3://bucket/prefix` | Amazon S3 and what speaks its language | `s3` |
//! | `az://container/prefix`, `abfs://…` | Azure Blob Storage | `azure` |
//! | `gs://bucket/prefix` | Google Cloud Storage (not tested: there is no faithful server to test against) | `gcs` |
//! | `https://host/path` | WebDAV servers; any web server for reading | `http` |
//! | `object-store:file:///directory`, `object-store:memory:///` | a directory or memory, laid out as a bucket | |
//!
//! Credentials come from options or from where each cloud's own tools look: the environment, files, the machine's role.
//! They are in no error, log, `Debug` or reference.
//!
//! # What lies in the bucket
//!
//! * `<prefix>/<key>`: one object an entry, whole and as it was put. Large values lie beside, in `<key>.<nonce>`, and
//!   a pointer of 72 bytes in their place.
//! * While somebody computes an entry, a **placeholder** of 48 bytes is in its place. All that changes it
//!   are conditional writes: so of all processes anywhere one computes, and who was paused and taken for dead has its
//!   late value refused.
//! * `<prefix>/.larder/recency/…`: when entries were last used; one object a process, written once a minute.
//!
//! Nothing else. What a killed process leaves is taken over after the lease's time, or removed with its subtree and by
//! [`compact`](larder_core::store::StoreBackend::compact).
//!
//! # What to expect
//!
//! * A hit is one request; a miss is four, of which one is the look that found nothing, one the lease, one the second
//!   look, one the value.
//! * Values from 8 MiB on are read in parts, several at once; from 32 MiB on they are also sent that way.
//! * A request that fails is repeated three times within ten seconds. A service that stays away is then left alone for
//!   a while (that is larder's circuit breaker), and calls compute.
//! * WebDAV has no conditions: leases exclude within the process, and the last use is not noted.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bucket;
mod error;
mod held;
mod lease;
mod listing;
mod options;
mod placeholder;
mod plain;
mod probe;
mod publish;
mod reading;
mod recency;
mod secrets;
mod service;
mod slots;
mod store;
mod watch;
mod writing;

#[cfg(feature = "azure")]
mod azure;
#[cfg(feature = "gcs")]
mod gcs;
#[cfg(feature = "http")]
mod http;
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "http"))]
mod network;
#[cfg(feature = "s3")]
mod s3;

use larder_core::StoreFactory;

pub use crate::options::{LEASE_TTL, MULTIPART_FROM, ObjectStoreOptions};
pub use crate::store::ObjectStoreBackend;

/// Every backend this crate was compiled with, for a [`Registry`](larder_core::Registry).
///
/// ```
/// let registry = larder_core::Registry::new();
/// for factory in larder_object_store::factories() {
///     registry.register(factory)?;
/// }
/// let store = registry.open_store(&"object-store:memory:///".parse()?)?;
/// # let _ = store;
/// # Ok::<(), larder_core::Error>(())
/// ```
pub fn factories() -> Vec<StoreFactory> {
    vec![
        plain::plain(),
        #[cfg(feature = "s3")]
        s3::s3(),
        #[cfg(feature = "gcs")]
        gcs::gcs(),
        #[cfg(feature = "azure")]
        azure::azure(),
        #[cfg(feature = "http")]
        http::http(),
    ]
}
