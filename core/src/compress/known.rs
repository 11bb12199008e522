//! The names, first bytes and file name extensions of larder's own compressors, compiled in or not: one that is not is
//! still recognised, to say which feature has it.

use crate::{Error, Result};

pub(super) struct Known {
    /// Also the feature's name.
    pub(super) name: &'static str,
    pub(super) magic: &'static [u8],
    pub(super) extensions: &'static [&'static str],
}

pub(super) const ZLIB: Known = Known { name: "zlib", magic: b"\x78", extensions: &["z", "zlib"] };
pub(super) const GZIP: Known = Known { name: "gzip", magic: b"\x1f\x8b", extensions: &["gz"] };
pub(super) const BZ2: Known = Known { name: "bz2", magic: b"BZh", extensions: &["bz2"] };
pub(super) const XZ: Known = Known { name: "xz", magic: b"\xfd7zXZ\0", extensions: &["xz"] };
pub(super) const LZMA: Known = Known { name: "lzma", magic: b"\x5d\0\0", extensions: &["lzma"] };
pub(super) const LZ4: Known =
    Known { name: "lz4", magic: b"\x04\x22\x4d\x18", extensions: &["lz4"] };
pub(super) const ZSTD: Known =
    Known { name: "zstd", magic: b"\x28\xb5\x2f\xfd", extensions: &["zst", "zstd"] };

const ALL: [&Known; 7] = [&ZLIB, &GZIP, &BZ2, &XZ, &LZMA, &LZ4, &ZSTD];

/// To be asked after the compressors there are: what is found here is not compiled in.
pub(super) fn missing(is_it: impl Fn(&Known) -> bool) -> Result<()> {
    match ALL.into_iter().find(|known| is_it(known)) {
        None => Ok(()),
        Some(Known { name, .. }) => Err(Error::invalid(format!(
            "the compressor {name:?} is not compiled in: enable the feature `{name}` of larder"
        ))),
    }
}
