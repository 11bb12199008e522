//! What `zlib` and `gzip` share.

use flate2::Compression;

pub(super) fn level(level: Option<i32>) -> Compression {
    level.map_or_else(Compression::default, |level| Compression::new(level.clamp(0, 9) as u32))
}
