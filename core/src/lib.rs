//! The core of larder: the store trait, the registry, and everything a memoized call walks through.
//!
//! Programs use the facade crate `larder`, which brings this crate together with the backends. Depend on this one to
//! write a backend, or to embed larder without the facade.

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
pub mod digest;
mod error;
mod key;
mod payload;
pub mod store;

pub use crate::digest::{Digest, KeyAlgorithm, KeyDigest};
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::key::{DIGEST_LEN, Key, MAX_KEY_LEN, MAX_SEGMENT_LEN, Prefix};
pub use crate::payload::{Payload, Segment};
#[cfg(feature = "macros")]
pub use larder_macros::KeyDigest;
