//! Numbers, `bool`, `char`, and what only holds one.

use std::cmp::Reverse;
use std::num::*;

use super::tag::Tag;
use super::{Digest, KeyDigest, one_by_one};

/// Items are brought into little-endian bytes so many bytes at a time, which compiles to a copy where they are already.
const CHUNK: usize = 64 << 10;

macro_rules! primitives {
    ($($type:ty => $tag:ident as $wire:ty;)*) => {$(
        impl KeyDigest for $type {
            #[inline]
            fn digest(&self, digest: &mut Digest) {
                digest.primitive(Tag::$tag, (*self as $wire).to_le_bytes());
            }

            fn digest_slice(slice: &[Self], digest: &mut Digest) {
                const SIZE: usize = size_of::<$wire>();
                let mut bytes = vec![0; CHUNK.min(slice.len() * SIZE)];
                for chunk in slice.chunks(CHUNK / SIZE) {
                    let bytes = &mut bytes[..chunk.len() * SIZE];
                    for (bytes, item) in bytes.chunks_exact_mut(SIZE).zip(chunk) {
                        bytes.copy_from_slice(&(*item as $wire).to_le_bytes());
                    }
                    digest.run(Tag::$tag, chunk.len(), bytes);
                }
            }

            fn digest_rows<const N: usize>(rows: &[[Self; N]], digest: &mut Digest) {
                let to_wire = |item: Self| (item as $wire).to_le_bytes();
                if !digest.tuples_of_runs(Tag::$tag, rows, to_wire) {
                    one_by_one(rows, digest);
                }
            }
        }
    )*};
}

primitives! {
    u16 => U16 as u16;
    u32 => U32 as u32;
    u64 => U64 as u64;
    u128 => U128 as u128;
    usize => U64 as u64;
    i8 => I8 as i8;
    i16 => I16 as i16;
    i32 => I32 as i32;
    i64 => I64 as i64;
    i128 => I128 as i128;
    isize => I64 as i64;
    f32 => F32 as f32;
    f64 => F64 as f64;
    bool => Bool as u8;
    char => Char as u32;
}

impl KeyDigest for u8 {
    #[inline]
    fn digest(&self, digest: &mut Digest) {
        digest.primitive(Tag::U8, [*self]);
    }

    fn digest_slice(slice: &[Self], digest: &mut Digest) {
        digest.run(Tag::U8, slice.len(), slice);
    }

    fn digest_rows<const N: usize>(rows: &[[Self; N]], digest: &mut Digest) {
        if !digest.tuples_of_runs(Tag::U8, rows, u8::to_le_bytes) {
            one_by_one(rows, digest);
        }
    }
}

macro_rules! holders {
    ($($holder:ident)*) => {$(
        impl<T: KeyDigest> KeyDigest for $holder<T> {
            #[inline]
            fn digest(&self, digest: &mut Digest) {
                self.0.digest(digest);
            }
        }
    )*};
}
holders!(Wrapping Saturating Reverse);

macro_rules! non_zero {
    ($($type:ident)*) => {$(
        impl KeyDigest for $type {
            #[inline]
            fn digest(&self, digest: &mut Digest) {
                self.get().digest(digest);
            }
        }
    )*};
}
non_zero!(NonZeroU8 NonZeroU16 NonZeroU32 NonZeroU64 NonZeroU128 NonZeroUsize);
non_zero!(NonZeroI8 NonZeroI16 NonZeroI32 NonZeroI64 NonZeroI128 NonZeroIsize);
