//! The stream of a value as its `serde::Serialize` tells it.

use std::any::type_name;
use std::fmt;

use serde::ser::{self, Serialize};

use super::builders::Entries;
use super::tag::Tag;
use super::{Digest, KeyDigest};
use crate::beside;

/// Writes a value by its `Serialize`, to the same effect as [`Digest::value`] where a type has both.
///
/// If `Serialize` fails, [`Digest::finish`] returns the error.
///
/// ```
/// use larder_core::digest::{Digest, digest_serde};
///
/// let mut digest = Digest::new();
/// digest_serde(&serde_json::json!({"depth": 3, "rate": 0.5}), &mut digest);
/// let hex: String = digest.finish()?.iter().map(|byte| format!("{byte:02x}")).collect();
/// assert_eq!(hex.len(), 64);
/// # Ok::<(), larder_core::Error>(())
/// ```
pub fn digest_serde<T: Serialize + ?Sized>(value: &T, digest: &mut Digest) {
    digest.slot(|digest| {
        let written = beside::digesting(|| value.serialize(Writer(&mut *digest)));
        if let Err(Failure(reason)) = written {
            digest.fail(reason);
        }
    });
}

/// A `Serialize` that failed, in its own words.
#[derive(Debug)]
struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

impl ser::Error for Failure {
    fn custom<T: fmt::Display>(reason: T) -> Self {
        Self(reason.to_string())
    }
}

type Written = Result<(), Failure>;

struct Writer<'d>(&'d mut Digest);

impl<'d> Writer<'d> {
    fn native<T: KeyDigest + ?Sized>(self, value: &T) -> Written {
        value.digest(self.0);
        Ok(())
    }

    fn open(self, tag: Tag, names: &[&str]) -> Parts<'d> {
        let opened = self.0.open(tag);
        for name in names {
            self.0.name(name);
        }
        Parts { digest: self.0, opened }
    }
}

macro_rules! primitives {
    ($($method:ident $type:ty;)*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Written {
            self.native(&value)
        }
    )*};
}

impl<'d> ser::Serializer for Writer<'d> {
    type Ok = ();
    type Error = Failure;
    type SerializeSeq = Parts<'d>;
    type SerializeTuple = Parts<'d>;
    type SerializeTupleStruct = Parts<'d>;
    type SerializeTupleVariant = Parts<'d>;
    type SerializeMap = Pairs<'d>;
    type SerializeStruct = Parts<'d>;
    type SerializeStructVariant = Parts<'d>;

    primitives! {
        serialize_bool bool;
        serialize_i8 i8;
        serialize_i16 i16;
        serialize_i32 i32;
        serialize_i64 i64;
        serialize_i128 i128;
        serialize_u8 u8;
        serialize_u16 u16;
        serialize_u32 u32;
        serialize_u64 u64;
        serialize_u128 u128;
        serialize_f32 f32;
        serialize_f64 f64;
        serialize_char char;
        serialize_str &str;
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Written {
        self.0.bytes(bytes);
        Ok(())
    }

    fn serialize_none(self) -> Written {
        self.native(&None::<()>)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        self.0.some(|digest| value.serialize(Writer(digest)))
    }

    fn serialize_unit(self) -> Written {
        self.native(&())
    }

    fn serialize_unit_struct(self, name: &'static str) -> Written {
        self.open(Tag::Struct, &[name]).close()
    }

    fn serialize_unit_variant(self, of: &'static str, _: u32, name: &'static str) -> Written {
        self.open(Tag::Variant, &[of, name]).close()
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Written {
        self.open(Tag::Struct, &[name]).only(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        of: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Written {
        self.open(Tag::Variant, &[of, name]).only(value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'d>, Failure> {
        Ok(self.open(Tag::Sequence, &[]))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'d>, Failure> {
        Ok(self.open(Tag::Tuple, &[]))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Parts<'d>, Failure> {
        Ok(self.open(Tag::Struct, &[name]))
    }

    fn serialize_tuple_variant(
        self,
        of: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts<'d>, Failure> {
        Ok(self.open(Tag::Variant, &[of, name]))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Pairs<'d>, Failure> {
        Ok(Pairs(self.0.map()))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'d>, Failure> {
        Ok(self.open(Tag::Struct, &[name]))
    }

    fn serialize_struct_variant(
        self,
        of: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Parts<'d>, Failure> {
        Ok(self.open(Tag::Variant, &[of, name]))
    }

    /// Here, and only here, a set can be told from a sequence: `I` is still its type.
    fn collect_seq<I>(self, items: I) -> Written
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        if is_unordered(type_name::<I>()) {
            let mut entries = self.0.set();
            for item in items {
                entries.part(|digest| item.serialize(Writer(digest)))?;
                entries.end_entry();
            }
            return Ok(());
        }
        let mut parts = self.open(Tag::Sequence, &[]);
        for item in items {
            ser::SerializeSeq::serialize_element(&mut parts, &item)?;
        }
        parts.close()
    }
}

/// Whether this is the name of a set or heap, or of the iterator over a set, whoever wrote it.
fn is_unordered(type_name: &str) -> bool {
    let path = type_name.trim_start_matches('&').split('<').next().unwrap_or_default();
    if path.starts_with('[') {
        return false; // a slice of sets
    }
    ["HashSet", "BTreeSet", "IndexSet", "BinaryHeap", "set::Iter"]
        .iter()
        .any(|name| path.strip_suffix(name).is_some_and(|parent| parent.ends_with("::")))
}

/// A sequence, tuple, struct or variant being written.
struct Parts<'d> {
    digest: &'d mut Digest,
    opened: u64,
}

impl Parts<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        value.serialize(Writer(self.digest))
    }

    fn only<T: Serialize + ?Sized>(mut self, value: &T) -> Written {
        self.part(value)?;
        self.close()
    }

    fn close(self) -> Written {
        self.digest.close(self.opened);
        Ok(())
    }
}

macro_rules! parts {
    ($($trait:ident $method:ident($($name:ident)?) $($before:ident($($argument:ident)?))?;)*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = Failure;

            #[inline]
            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Written {
                $(self.digest.$before($($argument)?);)?
                self.part(value)
            }

            fn end(self) -> Written {
                self.close()
            }
        }
    )*};
}
parts! {
    SerializeSeq serialize_element() next_is_item();
    SerializeTuple serialize_element() next_is_item();
    SerializeTupleStruct serialize_field();
    SerializeTupleVariant serialize_field();
    SerializeStruct serialize_field(name) field(name);
    SerializeStructVariant serialize_field(name) field(name);
}

struct Pairs<'d>(Entries<'d>);

impl ser::SerializeMap for Pairs<'_> {
    type Ok = ();
    type Error = Failure;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.0.part(|digest| key.serialize(Writer(digest)))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        self.0.part(|digest| value.serialize(Writer(digest)))?;
        self.0.end_entry();
        Ok(())
    }

    fn end(self) -> Written {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::is_unordered;

    #[test]
    fn sets_are_known_by_name_whoever_wrote_them() {
        for set in [
            "&std::collections::hash::set::HashSet<u8>",
            "&&alloc::collections::btree::set::BTreeSet<alloc::vec::Vec<u8>>",
            "hashbrown::set::HashSet<u8, ahash::RandomState>",
            "&indexmap::set::IndexSet<u8>",
            "&alloc::collections::binary_heap::BinaryHeap<u8>",
            "std::collections::hash::set::Iter<u8>",
        ] {
            assert!(is_unordered(set), "{set}");
        }
        for sequence in [
            "&alloc::vec::Vec<std::collections::hash::set::HashSet<u8>>",
            "&[u8]",
            "&[std::collections::hash::set::HashSet<u8>]",
            "&[&std::collections::hash::set::HashSet<u8>]",
            "core::slice::iter::Iter<u8>",
            "&my::NotAHashSet",
        ] {
            assert!(!is_unordered(sequence), "{sequence}");
        }
    }
}
