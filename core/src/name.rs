//! The short names that stand in the header of an entry: of codecs and compressors.

use std::fmt;

use crate::{Error, Result};

/// The name of a codec or compressor: 1 to 16 of `a-z 0-9 -`, so that it fits an entry's header.
///
/// ```
/// use larder_core::ShortName;
///
/// let name = ShortName::new("postcard")?;
/// assert_eq!(&name.to_bytes(), b"postcard\0\0\0\0\0\0\0\0");
/// assert_eq!(ShortName::from_bytes(name.to_bytes())?, name);
/// assert!(ShortName::new("Post Card").is_err());
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShortName([u8; Self::LEN]);

impl ShortName {
    /// The bytes a name takes in a header.
    pub const LEN: usize = 16;

    /// Checks `name`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), naming it and what is allowed.
    pub fn new(name: &str) -> Result<Self> {
        let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !(1..=Self::LEN).contains(&name.len()) || !name.bytes().all(allowed) {
            return Err(Error::invalid(format!(
                "the name {name:?} is not 1 to 16 characters of a-z 0-9 -"
            )));
        }
        Ok(Self::fixed(name))
    }

    /// A name known to be right.
    pub(crate) const fn fixed(name: &str) -> Self {
        let mut bytes = [0; Self::LEN];
        let (name, mut i) = (name.as_bytes(), 0);
        while i < name.len() {
            bytes[i] = name[i];
            i += 1;
        }
        Self(bytes)
    }

    /// Reads it from a header.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for bytes that [`to_bytes`](Self::to_bytes) never returns.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Result<Self> {
        let len = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        Self::new(str::from_utf8(&bytes[..len]).unwrap_or("\u{fffd}"))
    }

    /// The name, filled up with zeros.
    pub fn to_bytes(self) -> [u8; Self::LEN] {
        self.0
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        let len = self.0.iter().position(|byte| *byte == 0).unwrap_or(Self::LEN);
        str::from_utf8(&self.0[..len]).unwrap_or_default()
    }
}

impl fmt::Display for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ShortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_do_not_fit_a_header_are_refused() {
        for name in ["", "seventeen-letters", "Zstd", "a b", "ä", "a\0b", "a_b"] {
            assert!(ShortName::new(name).unwrap_err().is_invalid(), "{name:?}");
        }
        for bytes in [[0; 16], *b"a\0b\0\0\0\0\0\0\0\0\0\0\0\0\0", [0xff; 16]] {
            assert!(ShortName::from_bytes(bytes).unwrap_err().is_invalid(), "{bytes:?}");
        }
        assert_eq!(ShortName::new("sixteen-letters-").unwrap().as_str(), "sixteen-letters-");
    }
}
