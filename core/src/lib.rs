//! The core of larder: the store trait, the registry, and everything a memoized call walks through.
//!
//! Programs use the facade crate `larder`, which brings this crate together with the backends. Depend on this one to
//! write a backend, or to embed larder without the facade.

mod error;
mod key;
mod payload;
pub mod store;

pub use crate::error::{Error, ErrorKind, Result};
pub use crate::key::{DIGEST_LEN, Key, MAX_KEY_LEN, MAX_SEGMENT_LEN, Prefix};
pub use crate::payload::{Payload, Segment};
mod envelope;
mod mounted;
mod runtime;
pub use crate::mounted::Mounted;
