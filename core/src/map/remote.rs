//! Which files may be truncated behind this machine's back.
#![cfg(unix)]

use std::os::fd::AsFd;

/// Whether this file or directory is on a network or FUSE file system, where a file that is mapped may be truncated
/// by others, which would end the process. Where that cannot be told (off Linux), it is taken to be.
///
/// For stores that decide between mapping and reading.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub fn is_remote(file: impl AsFd) -> bool {
    nix::sys::statfs::fstatfs(file).is_ok_and(|fs| is_remote_type(fs.filesystem_type().0 as u32))
}

/// Whether file systems of this type, as `statfs(2)` numbers them, are on a network or in user space.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_remote_type(number: u32) -> bool {
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
    REMOTE.contains(&number)
}

/// As on Linux, where it can be told.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub fn is_remote(_: impl AsFd) -> bool {
    true
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use nix::sys::statfs;

    use super::*;

    /// Numbers from the headers of the kernel, which know some of them by another way than this file.
    #[test]
    fn file_systems_of_a_network_are_told_from_those_of_a_disk() {
        let remote = [
            statfs::NFS_SUPER_MAGIC,
            statfs::SMB_SUPER_MAGIC,
            statfs::FUSE_SUPER_MAGIC,
            statfs::CODA_SUPER_MAGIC,
            statfs::AFS_SUPER_MAGIC,
        ];
        let local = [
            statfs::EXT4_SUPER_MAGIC,
            statfs::XFS_SUPER_MAGIC,
            statfs::BTRFS_SUPER_MAGIC,
            statfs::TMPFS_MAGIC,
            statfs::OVERLAYFS_SUPER_MAGIC,
            statfs::F2FS_SUPER_MAGIC,
        ];
        assert!(remote.iter().all(|fs| is_remote_type(fs.0 as u32)));
        assert!(!local.iter().any(|fs| is_remote_type(fs.0 as u32)));
    }

    #[test]
    fn what_the_kernel_keeps_itself_is_here() {
        assert!(!is_remote(std::fs::File::open("/proc").unwrap()));
    }
}
