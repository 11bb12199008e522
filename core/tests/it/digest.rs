//! What a digest tells apart, and what it doesn't: by the type's own implementation, by serde, by the derive.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ffi::{CString, OsStr, OsString};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::num::{NonZeroI128, NonZeroU8, Saturating, Wrapping};
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use larder_core::digest::digest_serde;
use larder_core::{Digest, ErrorKind, KeyDigest, Result};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};

fn written(write: impl FnOnce(&mut Digest)) -> Result<[u8; 32]> {
    let mut digest = Digest::new();
    write(&mut digest);
    digest.finish()
}

fn native<T: KeyDigest + ?Sized>(value: &T) -> [u8; 32] {
    written(|digest| _ = digest.value(value)).unwrap()
}

fn by_serde<T: Serialize + ?Sized>(value: &T) -> [u8; 32] {
    written(|digest| digest_serde(value, digest)).unwrap()
}

#[track_caller]
fn agree<T: KeyDigest + Serialize + Debug>(value: T) -> [u8; 32] {
    let digest = native(&value);
    assert_eq!(digest, by_serde(&value), "{value:?}");
    // Inside others as well, as neighbours of others.
    let pair = (&value, vec![Some(&value), None]);
    assert_eq!(native(&pair), by_serde(&pair), "{pair:?}");
    let items = [&value, &value];
    assert_eq!(native(&items[..]), by_serde(&items[..]), "{items:?}");
    digest
}

#[test]
fn what_the_standard_library_and_serde_both_have_agrees() {
    agree(true);
    agree('ä');
    agree((1_u8, 2_u16, 3_u32, 4_u64, 5_u128, 6_usize));
    agree((-1_i8, -2_i16, -3_i32, -4_i64, -5_i128, -6_isize));
    agree((1.5_f32, -2.5_f64, f64::NAN));
    agree(());
    agree("text");
    agree(String::from("text"));
    agree(CString::new("text").unwrap());
    agree(OsString::from("text"));
    agree(Path::new("some/path"));
    agree(PathBuf::from("some/path"));
    agree((Box::new(1), Rc::new(2), Arc::new(3), Cow::Borrowed("x")));
    agree(vec![1.0, 2.0]);
    agree(vec![(1_u8, "a")]);
    agree(vec![Wrapping(7_u32)]);
    agree(vec!['a', 'b']);
    agree(vec![true, false]);
    agree(vec![1_usize, 2]);
    agree(VecDeque::from([1, 2, 3]));
    agree(LinkedList::from([1, 2, 3]));
    agree([1_u16, 2, 3]);
    agree([0_u8; 0]);
    agree(vec![[0_u8; 0]; 3]);
    agree(Some(Some(1)));
    agree(None::<u8>);
    agree([Ok(1), Err("no")]);
    agree(HashMap::from([("a", 1), ("b", 2)]));
    agree(BTreeMap::from([("a", 1), ("b", 2)]));
    agree(HashSet::from([1, 2, 3]));
    agree(BTreeSet::from([1, 2, 3]));
    agree(BinaryHeap::from([1, 2, 3]));
    agree(Duration::new(1, 2));
    agree(SystemTime::UNIX_EPOCH + Duration::new(1, 2));
    agree((NonZeroU8::MIN, NonZeroI128::MAX, Saturating(1), Reverse(2)));
    agree((1..2, 1..=2, 1.., ..2));
    agree((Bound::Included(1), Bound::Excluded(1), Bound::<u8>::Unbounded));
    agree(IpAddr::from([127, 0, 0, 1]));
    agree((Ipv6Addr::LOCALHOST, SocketAddr::from(([127, 0, 0, 1], 80))));
    agree(SocketAddr::from((Ipv6Addr::LOCALHOST, 80)));
    agree(PhantomData::<fn()>);
    let longest = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    assert_eq!(native(&longest), by_serde(&longest));
}

#[test]
fn collections_of_equal_content_agree() {
    let in_order = native(&vec![1, 2, 3]);
    let mut wrapped = VecDeque::from([2, 3]);
    wrapped.push_front(1);
    assert!(!wrapped.as_slices().1.is_empty(), "it does not wrap around");
    assert_eq!(in_order, native(&wrapped));
    assert_eq!(in_order, native(&LinkedList::from([1, 2, 3])));
    assert_eq!(native(&HashSet::from([1, 2])), native(&BTreeSet::from([2, 1])));
    let sets = [HashSet::from([1]), HashSet::from([2])];
    let reversed = [HashSet::from([2]), HashSet::from([1])];
    assert_ne!(by_serde(&sets[..]), by_serde(&reversed[..]), "a slice of sets has an order");
    assert_ne!(native(&HashSet::from([1, 2])), native(&vec![1, 2]));
    assert_eq!(native(&HashMap::from([(1, 2), (3, 4)])), native(&BTreeMap::from([(3, 4), (1, 2)])));
    assert_ne!(native(&HashMap::from([(1, 2), (3, 4)])), native(&HashMap::from([(1, 4), (3, 2)])));
}

/// Writes its items one by one, as many `Serialize` by hand do.
struct OneByOne<'a, T>(&'a [T]);

impl<T: Serialize> Serialize for OneByOne<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(None)?;
        for item in self.0 {
            items.serialize_element(item)?;
        }
        items.end()
    }
}

/// Lengths around every limit: the buffer, a block in the stream, a piece for the hash.
#[test]
fn items_may_arrive_at_once_or_one_by_one() {
    for bytes in [0, 1, 490, 500, 510, 520, 16 << 10, 64 << 10, 128 << 10, 200_000] {
        for len in [bytes / 8, bytes / 8 + 1] {
            let numbers: Vec<u64> = (0..len as u64).collect();
            let at_once = native(&numbers);
            assert_eq!(at_once, by_serde(&numbers), "{len}");
            assert_eq!(at_once, by_serde(&OneByOne(&numbers)), "{len}");
            let (front, back) = numbers.split_at(len / 3);
            let in_parts = written(|digest| {
                digest.sequence().items(front).items(back);
            });
            assert_eq!(at_once, in_parts.unwrap(), "{len}");
            // With something in front, runs begin elsewhere in the buffer.
            for front in (0..40).map(|front| "x".repeat(front * 17)) {
                assert_eq!(
                    native(&(&front, &numbers, &front)),
                    by_serde(&(&front, OneByOne(&numbers), &front)),
                    "{len} after {}",
                    front.len()
                );
            }
        }
    }
    let mixed = serde_json::json!([1, 2, 2.5, "a", 3, 4, null, [5, 6], 7]);
    let items = mixed.as_array().unwrap();
    assert_eq!(by_serde(&mixed), by_serde(&OneByOne(items)));
}

#[test]
fn a_changed_byte_anywhere_is_seen() {
    for len in [10, 500, 20_000, 150_000] {
        let original = vec![0_u8; len];
        let text = "x".repeat(len);
        for at in [0, len / 2, len - 1] {
            let mut changed = original.clone();
            changed[at] = 1;
            assert_ne!(native(&original), native(&changed), "{at} of {len}");
            let mut changed = text.clone();
            changed.replace_range(at..=at, "y");
            assert_ne!(native(&text), native(&changed), "{at} of {len}");
        }
    }
}

#[test]
fn numbers_are_their_bits_and_types() {
    assert_ne!(native(&0.0), native(&-0.0));
    assert_eq!(native(&f64::NAN), native(&f64::NAN));
    assert_ne!(native(&f64::NAN), native(&-f64::NAN));
    let ones = [native(&1_u8), native(&1_u16), native(&1_i8), native(&1.0_f32), native(&1.0_f64)];
    assert_eq!(HashSet::from(ones).len(), ones.len());
    assert_ne!(native(&vec![1_u8, 0]), native(&vec![1_u16]));
}

#[derive(Serialize, larder_macros::KeyDigest, Default)]
#[key_digest(crate = larder_core)]
struct Model<'a, T> {
    name: &'a str,
    tags: HashSet<T>,
    settings: HashMap<String, Vec<u8>>,
    r#type: Shape,
}

#[derive(Serialize, larder_macros::KeyDigest, Default)]
#[key_digest(crate = larder_core)]
enum Shape {
    #[default]
    Point,
    Circle(f64),
    Square(f64),
    Ring(f64, f64),
    Text {
        width: f64,
    },
    Label {
        width: f64,
    },
}

#[derive(Serialize, larder_macros::KeyDigest)]
#[key_digest(crate = larder_core)]
struct Metres(f64);

#[derive(Serialize, larder_macros::KeyDigest)]
#[key_digest(crate = larder_core)]
struct Seconds(f64);

#[derive(Serialize, larder_macros::KeyDigest)]
#[key_digest(crate = larder_core)]
struct Nothing;

#[test]
fn the_derive_and_the_one_of_serde_agree() {
    let model = |numbers: &mut dyn Iterator<Item = u32>| Model {
        name: "m",
        tags: numbers.collect(),
        settings: HashMap::from([("a".into(), vec![1]), ("b".into(), vec![])]),
        r#type: Shape::Circle(1.0),
    };
    let digest = native(&model(&mut (0..50)));
    assert_eq!(digest, native(&model(&mut (0..50).rev())));
    assert_eq!(digest, by_serde(&model(&mut (0..50).rev())));
    assert_ne!(digest, native(&model(&mut (1..50))));
    assert_eq!(native(&Nothing), by_serde(&Nothing));
    assert_eq!(native(&vec![Metres(1.0)]), by_serde(&vec![Metres(1.0)]));
    assert_ne!(native(&Metres(1.0)), native(&Seconds(1.0)));
    let shapes = [
        Shape::Point,
        Shape::Circle(1.0),
        Shape::Square(1.0),
        Shape::Ring(1.0, 1.0),
        Shape::Text { width: 1.0 },
        Shape::Label { width: 1.0 },
    ];
    let digests: HashSet<_> = shapes.iter().map(native).collect();
    assert_eq!(digests.len(), shapes.len());
    assert_eq!(digests, shapes.iter().map(by_serde).collect());
}

#[derive(larder_macros::KeyDigest)]
#[key_digest(crate = larder_core)]
struct Lazy<T: Iterator, U> {
    rows: T::Item,
    json: serde_json::Value,
    marker: PhantomData<U>,
    #[key_digest(skip)]
    #[expect(dead_code, reason = "the digest must not read it")]
    rest: Option<T>,
}

#[derive(larder_macros::KeyDigest)]
#[key_digest(crate = larder_core)]
enum Never {}

#[test]
fn the_derive_skips_mixes_with_serde_and_asks_for_no_more_bounds_than_it_needs() {
    struct NotDigestible;
    let lazy = |rows, depth, rest: Option<std::vec::IntoIter<u8>>| {
        let json = serde_json::json!({ "depth": depth });
        native(&Lazy { rows, json, marker: PhantomData::<NotDigestible>, rest })
    };
    let digest = lazy(1, 2, None);
    assert_eq!(digest, lazy(1, 2, Some(vec![3].into_iter())));
    assert_ne!(digest, lazy(2, 2, None));
    assert_ne!(digest, lazy(1, 3, None));
    assert!(None::<Never>.is_none());
}

#[test]
fn paths_that_are_not_unicode_and_times_before_1970_have_a_digest() {
    #[cfg(unix)]
    {
        let path = |bytes: &'static [u8]| {
            Path::new(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes))
        };
        assert_ne!(native(path(b"\xff")), native(path(b"\xfe")));
        assert_ne!(native(path(b"\xff")), native(path("\u{fffd}".as_bytes())));
    }
    let second = Duration::from_secs(1);
    assert_ne!(
        native(&(SystemTime::UNIX_EPOCH - second)),
        native(&(SystemTime::UNIX_EPOCH + second))
    );
}

#[test]
fn what_serde_loses_is_kept() {
    let scoped = |scope| SocketAddrV6::new(Ipv6Addr::LOCALHOST, 80, 0, scope);
    assert_eq!(by_serde(&scoped(0)), by_serde(&scoped(1)));
    assert_ne!(native(&scoped(0)), native(&scoped(1)));
    let mut exhausted = 1..=1;
    exhausted.next();
    assert_ne!(native(&exhausted), native(&(1..=1)));
}

#[test]
fn a_serialize_that_fails_is_an_encode_error_wherever_it_is() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("the reason"))
        }
    }
    impl PartialEq for Fails {
        fn eq(&self, _: &Self) -> bool {
            false
        }
    }
    #[track_caller]
    fn fails(value: impl Serialize) {
        let error = written(|digest| {
            digest_serde(&value, digest);
            digest.value(&1);
        })
        .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode);
        assert_eq!(error.message(), "no cache key: the reason");
    }
    fails(Fails);
    fails([Some(Fails)]);
    fails(vec![Fails]);
    fails(BTreeMap::from([(1, Fails)]));
    let nested = written(|digest| {
        digest.map().pair("key", &1);
        digest.set().entry(&ByHand(|digest| digest_serde(&Fails, digest)));
    });
    assert!(nested.unwrap_err().is_encode());
}

/// An implementation by hand that writes whatever it likes.
struct ByHand<F: Fn(&mut Digest)>(F);

impl<F: Fn(&mut Digest)> KeyDigest for ByHand<F> {
    fn digest(&self, digest: &mut Digest) {
        (self.0)(digest);
    }
}

/// `numbers` values written by each item: as many values in all, differently grouped.
#[test]
fn an_implementation_may_write_no_value_or_several() {
    let grouped = |groups: &'static [&'static [Option<u8>]]| {
        let items: Vec<_> = groups
            .iter()
            .map(|group| ByHand(move |digest| group.iter().for_each(|it| _ = digest.value(it))))
            .collect();
        native(&items)
    };
    let digests = [
        grouped(&[&[None, None]]),
        grouped(&[&[None], &[None]]),
        grouped(&[&[], &[None], &[None]]),
        grouped(&[&[None], &[], &[None]]),
        grouped(&[&[None], &[None], &[]]),
        grouped(&[&[]]),
        grouped(&[]),
    ];
    assert_eq!(HashSet::from(digests).len(), digests.len());
    let numbers = |groups: &'static [&'static [u8]]| {
        let items: Vec<_> = groups
            .iter()
            .map(|group| ByHand(move |digest| group.iter().for_each(|it| it.digest(digest))))
            .collect();
        native(&items)
    };
    let digests =
        [numbers(&[&[1, 2], &[3]]), numbers(&[&[1], &[2, 3]]), numbers(&[&[1], &[2], &[3]])];
    assert_eq!(HashSet::from(digests).len(), digests.len());
    assert_eq!(digests[2], native(&vec![1_u8, 2, 3]));
}

#[test]
fn expanded_code_picks_the_own_implementation_else_serde() {
    macro_rules! picked {
        ($value:expr) => {
            written(|digest| {
                use larder_core::__private::digest_via::*;
                (&&&Wrap(&$value)).larder_digest(digest);
            })
            .unwrap()
        };
    }
    #[derive(Serialize)]
    struct SerdeOnly(u8);
    #[derive(Serialize)]
    struct Both(u8);
    impl KeyDigest for Both {
        fn digest(&self, digest: &mut Digest) {
            digest.structure("its own way").item(&self.0);
        }
    }
    assert_eq!(picked!(1), native(&1));
    assert_eq!(picked!(*"text"), native("text"));
    assert_eq!(picked!(SerdeOnly(1)), by_serde(&SerdeOnly(1)));
    assert_eq!(picked!(vec![SerdeOnly(1)]), by_serde(&vec![SerdeOnly(1)]));
    assert_eq!(picked!(Both(1)), native(&Both(1)));
    assert_ne!(picked!(Both(1)), by_serde(&Both(1)));
    assert_eq!(picked!(ByHand(|digest| _ = digest.bytes(b"x"))), {
        native(&ByHand(|digest| _ = digest.bytes(b"x")))
    });
}
