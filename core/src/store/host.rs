//! What stores on a disk of this machine have in common, whoever writes them: leases by the locks of one file, and a
//! bound on how often a use is noted.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod lease;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod no_lease;
mod recency;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub use self::lease::HostLeases;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub use self::no_lease::HostLeases;
pub use self::recency::Recency;
use crate::Key;

/// What leases and recency know a key by. Part of what processes agree on: never change it.
#[inline]
fn hash(key: &Key) -> u64 {
    twox_hash::XxHash3_64::oneshot(key.as_str().as_bytes())
}
