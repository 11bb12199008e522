//! Byte ranges of a file, as the locks of open file descriptions take them.

use nix::libc;

/// `len` bytes from `start` on; with a `len` of 0, all that follow. `kind` is `F_RDLCK`, `F_WRLCK` or `F_UNLCK`.
pub(crate) fn range(kind: libc::c_int, start: u64, len: u64) -> libc::flock {
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: start as libc::off_t,
        l_len: len as libc::off_t,
        l_pid: 0,
    }
}
