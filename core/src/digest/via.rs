//! Picks a type's own [`KeyDigest`], else its `serde::Serialize`, else says what is missing: by auto-referencing.
//!
//! Expanded code writes `use via::*; (&&&Wrap(&argument)).larder_digest(digest)`. Method lookup tries the receiver as
//! it stands first (`&&&Wrap`, [`Native`]), then with ever fewer references.

use serde::Serialize;

use super::{Digest, KeyDigest, digest_serde};

/// What is to be digested, one way or another.
#[derive(Debug)]
pub struct Wrap<'a, T: ?Sized>(pub &'a T);

/// Types with [`KeyDigest`].
pub trait Native {
    /// Writes the value.
    fn larder_digest(&self, digest: &mut Digest);
}

impl<T: KeyDigest + ?Sized> Native for &&Wrap<'_, T> {
    #[inline]
    fn larder_digest(&self, digest: &mut Digest) {
        digest.value(self.0);
    }
}

/// Types with `serde::Serialize`.
pub trait Serde {
    /// Writes the value.
    fn larder_digest(&self, digest: &mut Digest);
}

impl<T: Serialize + ?Sized> Serde for &Wrap<'_, T> {
    #[inline]
    fn larder_digest(&self, digest: &mut Digest) {
        digest_serde(self.0, digest);
    }
}

/// All other types: calling it does not compile, and the message is [`Digestible`]'s.
pub trait Neither {
    /// The type there is no way to digest.
    type Missing: ?Sized;

    /// Never called.
    fn larder_digest(&self, digest: &mut Digest)
    where
        Self::Missing: Digestible;
}

impl<T: ?Sized> Neither for Wrap<'_, T> {
    type Missing = T;

    fn larder_digest(&self, digest: &mut Digest)
    where
        T: Digestible,
    {
        self.0.never(digest);
    }
}

/// No type has it; its name only carries the message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be part of a cache key",
    label = "part of the key of a call",
    note = "derive `serde::Serialize` or `larder::KeyDigest` for `{Self}`, or leave it out with `#[memoize(ignore(..))]` (a field: `#[key_digest(skip)]`)"
)]
pub trait Digestible {
    /// Never called.
    fn never(&self, digest: &mut Digest);
}
