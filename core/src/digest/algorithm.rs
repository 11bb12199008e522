//! The hash functions by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, ErrorKind, Result};

/// The hash function behind a [`Digest`](super::Digest), chosen by name in a configuration.
///
/// ```
/// use larder_core::KeyAlgorithm;
///
/// assert_eq!("blake3".parse::<KeyAlgorithm>()?, KeyAlgorithm::default());
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum KeyAlgorithm {
    /// `"blake3"`: BLAKE3 with 32 bytes.
    #[default]
    Blake3,
    /// `"sha256"`: SHA-256, where a standard asks for it. A third as fast. Needs the feature `sha256`.
    #[cfg(feature = "sha256")]
    Sha256,
}

impl KeyAlgorithm {
    /// The name it is chosen by.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blake3 => "blake3",
            #[cfg(feature = "sha256")]
            Self::Sha256 => "sha256",
        }
    }
}

impl FromStr for KeyAlgorithm {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "blake3" => Ok(Self::Blake3),
            #[cfg(feature = "sha256")]
            "sha256" => Ok(Self::Sha256),
            #[cfg(not(feature = "sha256"))]
            "sha256" => Err(Error::new(
                ErrorKind::Unsupported,
                "the key algorithm \"sha256\" is not compiled in: enable the feature `sha256` of crate larder",
            )),
            _ => Err(Error::new(
                ErrorKind::Invalid,
                format!("unknown key algorithm {name:?}: it is \"blake3\" or \"sha256\""),
            )),
        }
    }
}

impl fmt::Display for KeyAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for KeyAlgorithm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for KeyAlgorithm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_there_and_back() {
        let algorithm = KeyAlgorithm::default();
        assert_eq!(algorithm.to_string().parse::<KeyAlgorithm>().unwrap(), algorithm);
        let json = serde_json::to_string(&algorithm).unwrap();
        assert_eq!(json, "\"blake3\"");
        assert_eq!(serde_json::from_str::<KeyAlgorithm>(&json).unwrap(), algorithm);
        let error = "md5".parse::<KeyAlgorithm>().unwrap_err();
        assert!(error.is_invalid());
        assert_eq!(
            error.message(),
            "unknown key algorithm \"md5\": it is \"blake3\" or \"sha256\""
        );
    }

    #[test]
    fn sha256_is_there_or_says_how_to_get_it() {
        let sha256 = "sha256".parse::<KeyAlgorithm>();
        if cfg!(feature = "sha256") {
            assert_eq!(sha256.unwrap().as_str(), "sha256");
        } else {
            let error = sha256.unwrap_err();
            assert!(error.is_unsupported());
            assert!(error.message().contains("feature `sha256`"), "{error}");
        }
    }
}
