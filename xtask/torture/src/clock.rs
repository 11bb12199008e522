//! The system's clock as this process sees it: it can be set, for this process alone.
//!
//! Whoever reads the clock, the standard library too, calls the C library's `clock_gettime`. The linker takes the one
//! below for it, in this program only. What lies in the kernel's hands (times of files) goes by the true clock.

#![expect(unsafe_code, reason = "a function of the C library is replaced")]

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, SystemTime};

/// Seconds that the clock is ahead of the true one.
static AHEAD: AtomicI64 = AtomicI64::new(0);

/// Sets the clock so many seconds ahead of the true one, or behind.
pub(crate) fn set_ahead(seconds: i64) {
    AHEAD.store(seconds, Relaxed);
}

/// Whether [`set_ahead`] does anything here.
pub(crate) fn can_be_set() -> bool {
    let before = SystemTime::now();
    set_ahead(1_000_000);
    let moved = SystemTime::now().duration_since(before);
    set_ahead(0);
    moved.is_ok_and(|it| it >= Duration::from_secs(1_000_000))
}

// SAFETY: it keeps the contract of the function that it stands for.
#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
extern "C" fn clock_gettime(clock: libc::clockid_t, time: *mut libc::timespec) -> libc::c_int {
    // SAFETY: what the caller passes is what the kernel wants.
    let done = unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) };
    if done == 0 && clock == libc::CLOCK_REALTIME {
        // SAFETY: the kernel has just written to it.
        let time = unsafe { &mut *time };
        time.tv_sec += AHEAD.load(Relaxed);
    }
    done as libc::c_int
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_this_processes_own() {
        assert!(can_be_set());
        let monotonic = std::time::Instant::now();
        set_ahead(-1_000_000);
        assert!(monotonic.elapsed() < Duration::from_secs(1_000));
        set_ahead(0);
    }
}
