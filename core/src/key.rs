//! Where a result lives: a [`Key`] names one entry, a [`Prefix`] a subtree of them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

/// The longest key, in bytes: object stores take 1024, and a prefix of the user's goes in front.
pub const MAX_KEY_LEN: usize = 512;
/// The longest segment, in bytes: file systems take 255 a name, and temporary names add to it.
pub const MAX_SEGMENT_LEN: usize = 128;
/// The length of the last segment of a key: 32 bytes in lower-case hex.
pub const DIGEST_LEN: usize = 64;

/// The validated relative path of one entry: `package/module/function/<version>/<digest>`.
///
/// * segments are `[a-z0-9._-]`, not empty, at most [`MAX_SEGMENT_LEN`] long, neither beginning nor ending with a dot,
///   so that a key is a file name on every file system and an object name in every store, and never leaves its root;
/// * the last segment is always [`DIGEST_LEN`] lower-case hex digits, and no other segment is,
///   so that no key is another's directory;
/// * the whole is at most [`MAX_KEY_LEN`] bytes.
///
/// Cheap to clone.
///
/// ```
/// use larder_core::Key;
///
/// let digest = "3a".repeat(32);
/// let key: Key = format!("weather/forecast/0123456789abcdef/{digest}").parse()?;
/// assert_eq!(key.digest(), digest);
/// assert_eq!(key.version().as_str(), "weather/forecast/0123456789abcdef");
/// assert!("../etc/passwd".parse::<Key>().is_err());
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

impl Key {
    /// Checks `text`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), naming the key and the rule it breaks.
    pub fn new(text: &str) -> Result<Self> {
        let (version, digest) =
            text.rsplit_once('/').ok_or_else(|| bad(text, "has no digest: want `…/<digest>`"))?;
        check_path(text, version)?;
        if !is_digest(digest) {
            return Err(bad(text, "does not end in a digest of 64 lower-case hex digits"));
        }
        Ok(Self(text.into()))
    }

    /// The entry `digest` under `version`, without a check: a [`Prefix`] is valid already and 32 bytes always are.
    pub(crate) fn in_version(version: &Prefix, digest: &[u8; 32]) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0u8; MAX_KEY_LEN];
        let cut = version.0.len();
        text[..cut].copy_from_slice(version.0.as_bytes());
        text[cut] = b'/';
        for (pair, byte) in text[cut + 1..].chunks_exact_mut(2).zip(digest) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        let text = &text[..cut + 1 + DIGEST_LEN];
        Self(str::from_utf8(text).expect("a prefix and hex digits are ASCII").into())
    }

    /// The whole path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last segment: 64 hex digits.
    pub fn digest(&self) -> &str {
        &self.0[self.0.len() - DIGEST_LEN..]
    }

    /// What it is known by where a number has to do. Not for anything that is kept.
    pub(crate) fn hash(&self) -> u64 {
        twox_hash::XxHash3_64::oneshot(self.0.as_bytes())
    }

    /// The same entry in the subtree `prefix`: `prefix/self`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when that is longer than [`MAX_KEY_LEN`].
    ///
    /// ```
    /// # use larder_core::{Key, Prefix};
    /// let key: Key = format!("forecast/v1/{}", "3a".repeat(32)).parse()?;
    /// let prefix = Prefix::new("team/weather")?;
    /// let within = key.within(&prefix)?;
    /// assert!(prefix.contains(&within));
    /// assert_eq!(within.relative_to(&prefix), Some(key));
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    pub fn within(&self, prefix: &Prefix) -> Result<Self> {
        match prefix.as_str() {
            "" => Ok(self.clone()),
            prefix => Self::new(&format!("{prefix}/{self}")),
        }
    }

    /// Where it is in the subtree `prefix`; `None` when it is not there, or is an entry of `prefix` itself.
    pub fn relative_to(&self, prefix: &Prefix) -> Option<Self> {
        match prefix.as_str() {
            "" => Some(self.clone()),
            prefix => {
                let rest = self.as_str().strip_prefix(prefix)?.strip_prefix('/')?;
                rest.contains('/').then(|| Self(rest.into()))
            }
        }
    }

    /// Everything before the digest: the version of a function, or whatever the entry is one of.
    pub fn version(&self) -> Prefix {
        Prefix(self.0[..self.0.len() - DIGEST_LEN - 1].into())
    }
}

/// A subtree of keys: zero or more whole segments. The empty prefix is everything.
///
/// `a/b` holds `a/b/<digest>` and `a/b/c/<digest>`, never `a/bc/<digest>`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(Arc<str>);

impl Prefix {
    /// Everything.
    pub fn root() -> Self {
        Self("".into())
    }

    /// Checks `text`: the rules of a [`Key`], without a digest at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), naming the prefix and the rule it breaks.
    pub fn new(text: &str) -> Result<Self> {
        if !text.is_empty() {
            check_path(text, text)?;
        }
        Ok(Self(text.into()))
    }

    /// The prefix as a path without slashes at its ends; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same subtree in the subtree `prefix`: `prefix/self`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) when no key fits into it any more.
    pub fn within(&self, prefix: &Self) -> Result<Self> {
        match (prefix.as_str(), self.as_str()) {
            ("", _) => Ok(self.clone()),
            (_, "") => Ok(prefix.clone()),
            (prefix, own) => Self::new(&format!("{prefix}/{own}")),
        }
    }

    /// Whether `key` is in this subtree.
    pub fn contains(&self, key: &Key) -> bool {
        self.0.is_empty()
            || key.as_str().strip_prefix(&*self.0).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The subtree this one is a part of; the root is its own. Of the version of a function, the function.
    #[must_use]
    pub fn parent(&self) -> Self {
        Self(self.0.rsplit_once('/').map_or("", |(parent, _)| parent).into())
    }

    /// The key `<this prefix>/<digest in hex>`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for the root, which holds no entries of its own.
    pub fn key(&self, digest: &[u8; 32]) -> Result<Key> {
        if self.0.is_empty() {
            return Err(Error::invalid(
                "the root holds no entries of its own: want at least one segment",
            ));
        }
        Ok(Key::in_version(self, digest))
    }
}

fn bad(text: &str, why: &str) -> Error {
    Error::invalid(format!("the key {text:?} {why}"))
}

fn is_digest(segment: &str) -> bool {
    segment.len() == DIGEST_LEN && segment.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The rules for every segment but the digest; `path` leaves room for one.
fn check_path(text: &str, path: &str) -> Result<()> {
    if path.len() + 1 + DIGEST_LEN > MAX_KEY_LEN {
        return Err(bad(text, "is longer than 512 bytes"));
    }
    for segment in path.split('/') {
        if segment.is_empty() {
            return Err(bad(text, "has an empty segment"));
        }
        if segment.len() > MAX_SEGMENT_LEN {
            return Err(bad(text, "has a segment of more than 128 bytes"));
        }
        if let Some(c) =
            segment.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-'))
        {
            return Err(bad(text, &format!("holds {c:?}: allowed are a-z 0-9 . _ -")));
        }
        if segment.starts_with('.') || segment.ends_with('.') {
            return Err(bad(text, "has a segment that begins or ends with a dot"));
        }
        if is_digest(segment) {
            return Err(bad(text, "has a digest before its end"));
        }
    }
    Ok(())
}

macro_rules! text_impls {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), &self.0)
            }
        }
        impl FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }
        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
            }
        }
    )*};
}
text_impls!(Key, Prefix);

#[cfg(test)]
mod tests {
    use super::*;

    fn digest() -> String {
        "0f".repeat(32)
    }

    #[test]
    fn keys_that_could_leave_their_place_are_refused() {
        for path in [
            "..",
            ".",
            ".hidden",
            "a/../b",
            "a//b",
            "/a",
            "a/",
            "A",
            "a b",
            "a\\b",
            "a\0",
            "ä",
            "trailing.",
        ] {
            assert!(Key::new(&format!("{path}/{}", digest())).is_err(), "{path:?}");
            assert!(Prefix::new(path).is_err(), "{path:?}");
        }
        assert!(Key::new(&digest()).is_err(), "a bare digest");
        assert!(Key::new(&format!("a/{}", &digest()[1..])).is_err(), "a short digest");
        assert!(
            Key::new(&format!("a/{}", digest().to_uppercase())).is_err(),
            "an upper-case digest"
        );
        assert!(Key::new(&format!("a/{0}/{0}", digest())).is_err(), "a digest as a directory");
        assert!(Key::new(&format!("{}/{}", "a".repeat(129), digest())).is_err(), "a long segment");
        assert!(
            Key::new(&format!("{}/{}", ["a".repeat(100).as_str(); 5].join("/"), digest())).is_err(),
            "a long key"
        );
    }

    #[test]
    fn a_prefix_ends_at_a_segment() {
        let key = Key::new(&format!("a/bc/{}", digest())).unwrap();
        assert!(Prefix::root().contains(&key));
        assert!(Prefix::new("a").unwrap().contains(&key));
        assert!(Prefix::new("a/bc").unwrap().contains(&key));
        assert!(!Prefix::new("a/b").unwrap().contains(&key));
        assert_eq!(key.version().as_str(), "a/bc");
        assert_eq!(key.version().key(&[0x0f; 32]).unwrap(), key);
    }

    #[test]
    fn the_longest_prefix_makes_the_longest_key() {
        let longest = [&"a".repeat(111)[..]; 4].join("/");
        let prefix = Prefix::new(&longest).unwrap();
        assert_eq!(prefix.key(&[0; 32]).unwrap().as_str().len(), MAX_KEY_LEN);
        assert!(Prefix::new(&format!("{longest}a")).is_err());
    }
}
