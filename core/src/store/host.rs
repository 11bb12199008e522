//! What stores on a disk of this machine have in common, whoever writes them: leases by the locks of one file.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod lease;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod no_lease;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub use self::lease::HostLeases;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub use self::no_lease::HostLeases;
use crate::Key;

/// What leases know a key by. Part of what processes agree on: never change it.
#[inline]
fn hash(key: &Key) -> u64 {
    twox_hash::XxHash3_64::oneshot(key.as_str().as_bytes())
}
