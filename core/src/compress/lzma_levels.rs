//! What `xz` and `lzma` share.

/// What a decoder may take: twice what the highest preset needs. A header may ask for 4 GiB.
pub(super) const MEMORY: u64 = 128 << 20;

pub(super) fn preset(level: Option<i32>) -> u32 {
    level.unwrap_or(6).clamp(0, 9) as u32
}
