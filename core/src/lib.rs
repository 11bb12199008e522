//! The core of larder: the store trait, the registry, and everything a memoized call walks through.
//!
//! Programs use the facade crate `larder`, which brings this crate together with the backends. Depend on this one to
//! write a backend, or to embed larder without the facade.

pub mod codec;
pub mod compress;
mod error;
mod key;
mod name;
mod payload;
pub mod shape;
pub mod store;
mod table;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use crate::error::{Error, ErrorKind, Result};
pub use crate::key::{DIGEST_LEN, Key, MAX_KEY_LEN, MAX_SEGMENT_LEN, Prefix};
pub use crate::name::ShortName;
pub use crate::payload::{Payload, Segment};
