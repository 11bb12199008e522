//! Values with parts: what is opened is closed when the builder goes.

use std::fmt;

use super::tag::Tag;
use super::{Digest, KeyDigest};

impl Digest {
    /// Begins a struct: fields by name, or unnamed ones in order. It ends with the statement.
    ///
    /// ```
    /// # use larder_core::Digest;
    /// let mut digest = Digest::new();
    /// digest.structure("Point").field("x", &1.0).field("y", &2.0);
    /// digest.structure("Metres").item(&3.5);
    /// digest.structure("Origin");
    /// ```
    pub fn structure(&mut self, name: &str) -> Fields<'_> {
        let opened = self.open(Tag::Struct);
        self.name(name);
        Fields { digest: self, opened }
    }

    /// Begins a variant of an enum: its fields by name, or unnamed ones in order. It ends with the statement.
    ///
    /// ```
    /// # use larder_core::Digest;
    /// let mut digest = Digest::new();
    /// digest.variant("Shape", "Circle").field("radius", &1.0);
    /// ```
    pub fn variant(&mut self, of: &str, name: &str) -> Fields<'_> {
        let opened = self.open(Tag::Variant);
        self.name(of);
        self.name(name);
        Fields { digest: self, opened }
    }

    /// Begins a sequence: of any length, its order counts. It ends with the statement.
    ///
    /// ```
    /// # use larder_core::Digest;
    /// let mut digest = Digest::new();
    /// digest.sequence().item(&1).item(&2);
    /// assert_eq!(digest.finish()?, { let mut digest = Digest::new(); digest.value(&[1, 2][..]); digest.finish()? });
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    pub fn sequence(&mut self) -> Items<'_> {
        Items::new(self, Tag::Sequence)
    }

    /// Begins a tuple, or an array of a length its type fixes. It ends with the statement.
    pub fn tuple(&mut self) -> Items<'_> {
        Items::new(self, Tag::Tuple)
    }

    /// Begins a set: the order of its entries does not count. It ends with the statement.
    ///
    /// ```
    /// # use larder_core::Digest;
    /// let digest = |values: [u32; 2]| {
    ///     let mut digest = Digest::new();
    ///     digest.set().entry(&values[0]).entry(&values[1]);
    ///     digest.finish()
    /// };
    /// assert_eq!(digest([1, 2])?, digest([2, 1])?);
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    pub fn set(&mut self) -> Entries<'_> {
        Entries::new(self, Tag::Set)
    }

    /// Begins a map: the order of its [pairs](Entries::pair) does not count. It ends with the statement.
    pub fn map(&mut self) -> Entries<'_> {
        Entries::new(self, Tag::Map)
    }
}

/// The parts of a struct or variant, from [`Digest::structure`] and [`Digest::variant`].
pub struct Fields<'d> {
    digest: &'d mut Digest,
    opened: u64,
}

impl Fields<'_> {
    /// Writes a field with a name.
    pub fn field<T: KeyDigest + ?Sized>(&mut self, name: &str, value: &T) -> &mut Self {
        self.field_with(name, |digest| value.digest(digest))
    }

    /// Writes a field with a name whose value `write` writes: for one that has `serde::Serialize` only.
    ///
    /// ```
    /// # use larder_core::digest::{Digest, digest_serde};
    /// # let mut digest = Digest::new();
    /// let settings = serde_json::json!({"depth": 3});
    /// digest.structure("Model").field_with("settings", |digest| digest_serde(&settings, digest));
    /// ```
    pub fn field_with(&mut self, name: &str, write: impl FnOnce(&mut Digest)) -> &mut Self {
        self.digest.field(name);
        self.item_with(write)
    }

    /// Writes a field without a name.
    pub fn item<T: KeyDigest + ?Sized>(&mut self, value: &T) -> &mut Self {
        self.item_with(|digest| value.digest(digest))
    }

    /// Writes a field without a name whose value `write` writes.
    pub fn item_with(&mut self, write: impl FnOnce(&mut Digest)) -> &mut Self {
        self.digest.slot(write);
        self
    }
}

impl Drop for Fields<'_> {
    fn drop(&mut self) {
        self.digest.close(self.opened);
    }
}

/// The items of a sequence or tuple, from [`Digest::sequence`] and [`Digest::tuple`].
pub struct Items<'d> {
    digest: &'d mut Digest,
    opened: u64,
}

impl<'d> Items<'d> {
    fn new(digest: &'d mut Digest, tag: Tag) -> Self {
        let opened = digest.open(tag);
        Self { digest, opened }
    }

    /// Writes the next item.
    pub fn item<T: KeyDigest + ?Sized>(&mut self, value: &T) -> &mut Self {
        self.digest.item(|digest| value.digest(digest));
        self
    }

    /// Writes the next items; of primitives, all at once.
    pub fn items<T: KeyDigest>(&mut self, values: &[T]) -> &mut Self {
        T::digest_slice(values, self.digest);
        self
    }
}

impl Drop for Items<'_> {
    fn drop(&mut self) {
        self.digest.close(self.opened);
    }
}

/// The entries of a set or map, from [`Digest::set`] and [`Digest::map`]. Takes 32 bytes of memory for each.
pub struct Entries<'d> {
    digest: &'d mut Digest,
    tag: Tag,
    entries: Vec<[u8; 32]>,
    entry: Digest,
}

impl<'d> Entries<'d> {
    pub(super) fn new(digest: &'d mut Digest, tag: Tag) -> Self {
        let entry = Digest::with_algorithm(digest.algorithm());
        Self { digest, tag, entries: Vec::new(), entry }
    }

    /// Writes an entry of a set.
    pub fn entry<T: KeyDigest + ?Sized>(&mut self, value: &T) -> &mut Self {
        self.part(|digest| _ = digest.value(value));
        self.end_entry();
        self
    }

    /// Writes an entry of a map.
    pub fn pair<K: KeyDigest + ?Sized, V: KeyDigest + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
    ) -> &mut Self {
        self.part(|digest| _ = digest.value(key).value(value));
        self.end_entry();
        self
    }

    /// Writes one part of the entry, key or value.
    pub(super) fn part<R>(&mut self, write: impl FnOnce(&mut Digest) -> R) -> R {
        write(&mut self.entry)
    }

    pub(super) fn end_entry(&mut self) {
        match self.entry.finish_and_reset() {
            Ok(digest) => self.entries.push(digest),
            Err(error) => self.digest.fail_with(|| error),
        }
    }
}

impl Drop for Entries<'_> {
    fn drop(&mut self) {
        self.digest.unordered(self.tag, &mut self.entries);
    }
}

macro_rules! debug_without_content {
    ($($builder:ident)*) => {$(
        impl fmt::Debug for $builder<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($builder)).finish_non_exhaustive()
            }
        }
    )*};
}
debug_without_content!(Fields Items Entries);
