//! Pointers, sequences, maps, sets, tuples, `Option` and `Result`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use super::tag::Tag;
use super::{Digest, KeyDigest};

macro_rules! pointers {
    ($($pointer:ty)*) => {$(
        impl<T: KeyDigest + ?Sized> KeyDigest for $pointer {
            #[inline]
            fn digest(&self, digest: &mut Digest) {
                (**self).digest(digest);
            }
        }
    )*};
}
pointers!(&T Box<T> Rc<T> Arc<T>);

impl<T: KeyDigest + ToOwned + ?Sized> KeyDigest for Cow<'_, T> {
    #[inline]
    fn digest(&self, digest: &mut Digest) {
        (**self).digest(digest);
    }
}

impl<T: KeyDigest> KeyDigest for [T] {
    fn digest(&self, digest: &mut Digest) {
        digest.sequence().items(self);
    }
}

impl<T: KeyDigest> KeyDigest for Vec<T> {
    fn digest(&self, digest: &mut Digest) {
        digest.sequence().items(self);
    }
}

impl<T: KeyDigest> KeyDigest for VecDeque<T> {
    fn digest(&self, digest: &mut Digest) {
        let (front, back) = self.as_slices();
        digest.sequence().items(front).items(back);
    }
}

impl<T: KeyDigest> KeyDigest for LinkedList<T> {
    fn digest(&self, digest: &mut Digest) {
        let mut items = digest.sequence();
        for item in self {
            items.item(item);
        }
    }
}

impl<T: KeyDigest, const N: usize> KeyDigest for [T; N] {
    fn digest(&self, digest: &mut Digest) {
        digest.tuple().items(self);
    }

    fn digest_slice(slice: &[Self], digest: &mut Digest) {
        T::digest_rows(slice, digest);
    }
}

macro_rules! sets {
    ($($set:ident<T $(, $hasher:ident)?>)*) => {$(
        impl<T: KeyDigest $(, $hasher)?> KeyDigest for $set<T $(, $hasher)?> {
            fn digest(&self, digest: &mut Digest) {
                let mut entries = digest.set();
                for entry in self {
                    entries.entry(entry);
                }
            }
        }
    )*};
}
sets!(HashSet<T, S> BTreeSet<T> BinaryHeap<T>);

macro_rules! maps {
    ($($map:ident<K, V $(, $hasher:ident)?>)*) => {$(
        impl<K: KeyDigest, V: KeyDigest $(, $hasher)?> KeyDigest for $map<K, V $(, $hasher)?> {
            fn digest(&self, digest: &mut Digest) {
                let mut entries = digest.map();
                for (key, value) in self {
                    entries.pair(key, value);
                }
            }
        }
    )*};
}
maps!(HashMap<K, V, S> BTreeMap<K, V>);

impl<T: KeyDigest> KeyDigest for Option<T> {
    #[inline]
    fn digest(&self, digest: &mut Digest) {
        match self {
            None => digest.tag(Tag::None),
            Some(value) => digest.some(|digest| digest.slot(|digest| value.digest(digest))),
        }
    }
}

impl<T: KeyDigest, E: KeyDigest> KeyDigest for Result<T, E> {
    fn digest(&self, digest: &mut Digest) {
        match self {
            Ok(value) => digest.variant("Result", "Ok").item(value),
            Err(error) => digest.variant("Result", "Err").item(error),
        };
    }
}

impl KeyDigest for () {
    fn digest(&self, digest: &mut Digest) {
        digest.tag(Tag::Unit);
    }
}

macro_rules! tuples {
    ($($first:ident $($rest:ident)*)?) => {$(
        impl<$first: KeyDigest, $($rest: KeyDigest),*> KeyDigest for ($first, $($rest,)*) {
            #[inline]
            #[expect(non_snake_case, reason = "the items are named after their types")]
            fn digest(&self, digest: &mut Digest) {
                let ($first, $($rest,)*) = self;
                let mut items = digest.tuple();
                items.item($first);
                $(items.item($rest);)*
            }
        }
        tuples!($($rest)*);
    )?};
}
tuples!(A B C D E F G H I J K L M N O P);
