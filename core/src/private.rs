//! What code written by larder's macros calls. Not for anybody else: it changes without notice.

pub use crate::digest::via::{self as digest_via, Wrap};
pub use crate::digest::{Digest, KeyDigest};
