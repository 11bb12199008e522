//! Which files may be truncated behind this machine's back.
#![cfg(unix)]

use std::os::fd::AsFd;

/// Whether this file or directory is on a network or FUSE file system, where a file that is mapped may be truncated
/// by others, which would end the process. Where that cannot be told (off Linux), it is taken to be.
///
/// For stores that decide between mapping and reading.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn is_remote(file: impl AsFd) -> bool {
    /// NFS, SMB, CIFS, SMB2, FUSE, 9P, AFS, Coda, Ceph, Lustre, GPFS, BeeGFS: `statfs(2)` and their sources.
    const REMOTE: [u32; 12] = [
        0x6969,
        0x517B,
        0xFF53_4D42,
        0xFE53_4D42,
        0x6573_5546,
        0x0102_1997,
        0x5346_414F,
        0x7375_7245,
        0x00C3_6400,
        0x0BD0_0BD0,
        0x4750_4653,
        0x1983_0326,
    ];
    nix::sys::statfs::fstatfs(file)
        .is_ok_and(|fs| REMOTE.contains(&(fs.filesystem_type().0 as u32)))
}

/// As on Linux, where it can be told.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn is_remote(_: impl AsFd) -> bool {
    true
}
