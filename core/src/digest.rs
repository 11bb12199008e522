//! What of its arguments makes a call's key: the [`Digest`] of values.
//!
//! A digest is 32 bytes that stand for a value: the same in every process, on every platform and in every release
//! (golden files pin it), and different for every other value. It is the hash of a stream of tagged values, written
//! either by a type's own [`KeyDigest`] or by its `serde::Serialize` ([`digest_serde`]). Both write the same stream:
//! what the standard library and derives of both kinds make of one value is equal.
//!
//! # The stream
//!
//! Every value begins with a tag byte, every length is fixed or written, every open value is closed. So a stream can be
//! read back in one way only, and two values never share one. Numbers are little endian.
//!
//! | value | written as |
//! |---|---|
//! | unit, `None` | tag |
//! | `bool`, integers, floats, `char` | tag, its bytes; `usize` as `u64`, `isize` as `i64` |
//! | text, bytes | tag, length `u64`, *block* |
//! | `Some` | tag, value |
//! | sequence, tuple (and array) | tag, items, end |
//! | struct, enum variant | tag, name (variant: of the enum and its own), values or named fields, end |
//! | set, map | tag, count `u64`, the digests of the entries, sorted |
//!
//! * Neighbouring primitive items of one type are a *run*: tag, type, count `u64`, *block*. So a slice of numbers is
//!   one block, however its items arrive.
//! * A *block* of up to 16 KiB stands in the stream itself; a longer one by its hash.
//! * Names of structs, fields and variants count: `struct A { x: u8 }` and `struct B { x: u8 }` differ. Positions of
//!   variants don't. A unit struct is a struct without fields, a newtype one with a single unnamed field.
//! * Maps, sets and heaps have no order: a `HashMap` equals the `BTreeMap` of the same entries, and an `IndexMap`
//!   (whose equality ignores order as well) equals both.
//! * Pointers (`&T`, `Box`, `Rc`, `Arc`, `Cow`) are what they point to; `Wrapping`, `NonZero`, `Reverse` what they hold.
//!
//! # What is equal, and what is not
//!
//! * `-0.0` differs from `0.0`, and a `NaN` is its bits: it equals itself. `1.0_f32`, `1.0_f64` and `1_u8` all differ.
//! * Of an array of more dimensions, shape and items in logical (row-major) order count, its layout in memory does not:
//!   a C-ordered and a Fortran-ordered array with equal items are equal. A 0-dimensional array differs from a
//!   1-dimensional one with one item.
//! * A path is its text: `a/b` and `a//b` differ. One that is not Unicode has a digest too, unlike under serde.
//!   An `OsStr` is what its platform makes of it.
//! * Under serde, what a type's `Serialize` hides is hidden: `#[serde(skip)]`, a socket address's scope.
//!   [`derive(KeyDigest)`](KeyDigest) is the way out. Sets are told from sequences by the name of the type given to
//!   `collect_seq`, as the standard library, hashbrown, ahash and indexmap do; a hash set that writes its items one by
//!   one (`DashSet`, or any behind `erased_serde`) is a sequence in random order, so never hits.

mod algorithm;
mod builders;
mod collections;
mod gather;
mod hash;
mod primitives;
mod serialize;
mod std_types;
mod stream;
mod tag;
#[doc(hidden)]
pub mod via;

pub use self::algorithm::KeyAlgorithm;
pub use self::builders::{Entries, Fields, Items};
pub use self::hash::{hash, hash_serde, hash_with};
pub use self::serialize::digest_serde;
pub use self::stream::Digest;

/// A value that can be part of a key.
///
/// Everything in the standard library that serde covers has it, and paths and OS strings without loss.
/// Types that implement `serde::Serialize` need not: `#[memoize]` takes either, this one first. It is derived where a
/// key should see more, or less, than what is serialized:
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use larder_core::KeyDigest;
///
/// #[derive(KeyDigest)]
/// #[key_digest(crate = larder_core)] // only without the facade crate `larder`
/// struct Model {
///     rate: f64,
///     depth: u32,
///     #[key_digest(skip)] // two models that differ only here share their keys
///     threads: usize,
/// }
/// # }
/// ```
///
/// By hand, an implementation writes what tells its values apart, in order, with the methods of [`Digest`].
/// One value or several: they stay together, so neighbours are never confused.
///
/// ```
/// use larder_core::{Digest, KeyDigest};
///
/// struct Model { rate: f64, depth: u32, threads: usize }
///
/// impl KeyDigest for Model {
///     fn digest(&self, digest: &mut Digest) {
///         digest.structure("Model").field("rate", &self.rate).field("depth", &self.depth);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `KeyDigest`",
    note = "derive `larder::KeyDigest` for `{Self}`, or hand it to `larder_core::digest::digest_serde` if it implements `serde::Serialize`"
)]
pub trait KeyDigest {
    /// Writes the value.
    fn digest(&self, digest: &mut Digest);

    /// Writes the items of a slice, without what surrounds them: primitives do it all at once.
    #[doc(hidden)]
    fn digest_slice(slice: &[Self], digest: &mut Digest)
    where
        Self: Sized,
    {
        one_by_one(slice, digest);
    }

    /// Writes arrays that are the items of a slice, likewise: those of primitives all at once.
    #[doc(hidden)]
    fn digest_rows<const N: usize>(rows: &[[Self; N]], digest: &mut Digest)
    where
        Self: Sized,
    {
        one_by_one(rows, digest);
    }
}

fn one_by_one<T: KeyDigest>(items: &[T], digest: &mut Digest) {
    for item in items {
        digest.item(|digest| item.digest(digest));
    }
}
