//! The digest of one value, for itself.

use serde::Serialize;

use super::{Digest, KeyAlgorithm, KeyDigest, digest_serde};
use crate::Result;

/// The 32 bytes that stand for a value, by BLAKE3: equal for equal values, in every process and on every platform.
///
/// [The digest](crate::digest) says what is equal. An array's hash does not depend on its order in memory, nor on
/// whether it is owned or mapped. For another algorithm, see [`hash_with`]; for types that have serde's `Serialize`
/// only, [`hash_serde`].
///
/// ```
/// use larder_core::{Array, Order, hash};
///
/// let rows = Array::from_shape_vec([2, 2], vec![1.0, 2.0, 3.0, 4.0])?;
/// assert_eq!(hash(&rows)?, hash(&rows.to_order(Order::F))?);
/// assert_ne!(hash(&rows)?, hash(&rows.transpose())?);
/// assert_ne!(hash(&0.0)?, hash(&-0.0)?);
/// # Ok::<(), larder_core::Error>(())
/// ```
///
/// # Errors
/// [`Encode`](crate::ErrorKind::Encode) for a value that its [`KeyDigest`] calls none.
pub fn hash<T: KeyDigest + ?Sized>(value: &T) -> Result<[u8; 32]> {
    hash_with(KeyAlgorithm::default(), value)
}

/// As [`hash`], by an algorithm of your choice.
///
/// ```
/// # #[cfg(feature = "sha256")] {
/// use larder_core::hash_with;
///
/// let hash = hash_with("sha256".parse()?, "text")?;
/// # }
/// # Ok::<(), larder_core::Error>(())
/// ```
///
/// # Errors
/// As for [`hash`].
pub fn hash_with<T: KeyDigest + ?Sized>(algorithm: KeyAlgorithm, value: &T) -> Result<[u8; 32]> {
    let mut digest = Digest::with_algorithm(algorithm);
    digest.value(value);
    digest.finish()
}

/// As [`hash_with`], of what a type's `Serialize` tells. Where a type has both, the hashes are equal.
///
/// ```
/// use larder_core::{KeyAlgorithm, hash, hash_serde};
///
/// let settings = serde_json::json!({"depth": 3, "rate": 0.5});
/// assert_eq!(hash_serde(KeyAlgorithm::default(), &settings)?.len(), 32);
/// assert_eq!(hash_serde(KeyAlgorithm::default(), "text")?, hash("text")?);
/// # Ok::<(), larder_core::Error>(())
/// ```
///
/// # Errors
/// [`Encode`](crate::ErrorKind::Encode) where its `Serialize` fails.
pub fn hash_serde<T: Serialize + ?Sized>(algorithm: KeyAlgorithm, value: &T) -> Result<[u8; 32]> {
    let mut digest = Digest::with_algorithm(algorithm);
    digest_serde(value, &mut digest);
    digest.finish()
}
