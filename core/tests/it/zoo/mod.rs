//! Awkward types: everything serde's attributes and hand-written impls do to a type, each with random values.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::collection::{btree_map, hash_map, hash_set, vec};
use proptest::option;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

macro_rules! zoo {
    ($($(#[$attribute:meta])* $kind:ident $name:ident $body:tt)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        $(#[$attribute])*
        pub $kind $name $body
    )*};
}

fn is_zero(x: &u32) -> bool {
    *x == 0
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(x: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(x)
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

/// Writes a number, reads a number; but not the same kind of number.
mod narrow {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(x: &u64, s: S) -> Result<S::Ok, S::Error> {
        if *x < 256 { s.serialize_u8(*x as u8) } else { s.serialize_u64(*x) }
    }
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        u64::deserialize(d)
    }
}

zoo! {
    struct Point { pub x: f64, pub name: String }
    #[serde(deny_unknown_fields)]
    struct Strict { pub a: u8, pub b: Option<Point> }
    struct Unit {}
    struct Skips {
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pub a: Option<u32>,
        #[serde(skip_serializing_if = "is_zero", default)]
        pub b: u32,
        pub c: u32,
    }
    struct Nested { pub skips: Vec<Skips>, pub by_name: HashMap<String, Skips> }
    struct Flat { pub a: u8, #[serde(flatten)] pub point: Point, #[serde(flatten)] pub rest: BTreeMap<String, i64> }
    struct Renamed { #[serde(rename = "type")] pub kind: u8, #[serde(with = "as_text")] pub big: u64, #[serde(with = "narrow")] pub small: u64 }
    struct Sided { #[serde(rename(serialize = "out", deserialize = "in"), alias = "out")] pub x: u16, pub y: u16 }
    #[serde(from = "(u8, u8)", into = "(u8, u8)")]
    struct Proxied { pub high: u8, pub low: u8 }
    #[serde(transparent)]
    struct Clear { pub inner: Vec<i16> }
    enum Plain { A, B(u8), C(u8, Box<str>), D { x: Point, y: Option<u32> } }
    enum Hidden { #[serde(skip)] Never, Second(u8), Third(u8) }
    #[serde(tag = "t")]
    enum Internal { A { x: u8 }, B, C(Point) }
    #[serde(tag = "t", content = "c")]
    enum Adjacent { A(u8), B, C(i8, String), D { x: Option<Option<u8>> } }
    #[serde(untagged)]
    enum Untagged { Nothing, Flag(bool), Text(String), Struct { x: i64, y: Option<Option<i64>> }, List(Vec<f32>) }
    enum Expr { Add(Box<Expr>, Box<Expr>), Neg(Box<Expr>), Lit(f64), Call { f: String, args: Vec<Expr> } }
    struct Tree { pub v: u32, pub left: Option<Box<Tree>>, pub kids: Vec<Tree> }
    struct Options { pub a: Option<Option<u8>>, pub b: Option<()>, pub c: Option<Option<Option<String>>>, pub d: Option<Unit> }
    struct Keys { pub by_pair: BTreeMap<(u8, i32), String>, pub by_char: HashMap<char, Plain>, pub ids: HashSet<u64>, pub odd: BTreeMap<Option<bool>, ()> }
    struct Bytes { pub raw: bytes::Bytes, pub list: Vec<u8>, pub array: [u8; 5], pub empty: Vec<()> }
    struct Floats { pub a: f32, pub b: f64 }
    struct Std {
        pub ip: std::net::IpAddr,
        pub at: std::time::SystemTime,
        pub took: std::time::Duration,
        pub path: std::path::PathBuf,
        pub nonzero: std::num::NonZeroU32,
        pub range: std::ops::Range<u8>,
        pub bound: std::ops::Bound<i8>,
        pub result: Result<u8, String>,
        pub array: [u16; 3],
        pub wrapping: std::num::Wrapping<i32>,
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Wrapped(pub Option<Clear>);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair(pub i128, pub u128);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generic<T> {
    pub v: T,
}

impl From<(u8, u8)> for Proxied {
    fn from((high, low): (u8, u8)) -> Self {
        Self { high, low }
    }
}

impl From<Proxied> for (u8, u8) {
    fn from(p: Proxied) -> Self {
        (p.high, p.low)
    }
}

pub fn point() -> impl Strategy<Value = Point> + Clone {
    (-1e9..1e9, ".{0,8}").prop_map(|(x, name)| Point { x, name })
}

pub fn strict() -> impl Strategy<Value = Strict> {
    (any::<u8>(), option::of(point())).prop_map(|(a, b)| Strict { a, b })
}

pub fn skips() -> impl Strategy<Value = Skips> {
    (any::<Option<u32>>(), 0..3u32, any::<u32>()).prop_map(|(a, b, c)| Skips { a, b, c })
}

pub fn nested() -> impl Strategy<Value = Nested> {
    (vec(skips(), 0..4), hash_map(".{0,3}", skips(), 0..4))
        .prop_map(|(skips, by_name)| Nested { skips, by_name })
}

pub fn flat() -> impl Strategy<Value = Flat> {
    (any::<u8>(), point(), btree_map("[b-m]{2}", any::<i64>(), 0..4))
        .prop_map(|(a, point, rest)| Flat { a, point, rest })
}

pub fn renamed() -> impl Strategy<Value = Renamed> {
    (any::<u8>(), any::<u64>(), 0..512u64).prop_map(|(kind, big, small)| Renamed {
        kind,
        big,
        small,
    })
}

pub fn plain() -> impl Strategy<Value = Plain> + Clone {
    prop_oneof![
        Just(Plain::A),
        any::<u8>().prop_map(Plain::B),
        (any::<u8>(), ".{0,4}").prop_map(|(a, b)| Plain::C(a, b.into())),
        (point(), any::<Option<u32>>()).prop_map(|(x, y)| Plain::D { x, y }),
    ]
}

pub fn internal() -> impl Strategy<Value = Internal> {
    prop_oneof![
        any::<u8>().prop_map(|x| Internal::A { x }),
        Just(Internal::B),
        point().prop_map(Internal::C)
    ]
}

pub fn adjacent() -> impl Strategy<Value = Adjacent> {
    prop_oneof![
        any::<u8>().prop_map(Adjacent::A),
        Just(Adjacent::B),
        (any::<i8>(), ".{0,4}").prop_map(|(a, b)| Adjacent::C(a, b)),
        any::<Option<Option<u8>>>().prop_map(|x| Adjacent::D { x }),
    ]
}

pub fn untagged() -> impl Strategy<Value = Untagged> {
    prop_oneof![
        Just(Untagged::Nothing),
        any::<bool>().prop_map(Untagged::Flag),
        ".{0,4}".prop_map(Untagged::Text),
        (any::<i64>(), any::<Option<Option<i64>>>()).prop_map(|(x, y)| Untagged::Struct { x, y }),
        vec(-1e9f32..1e9, 0..4).prop_map(Untagged::List),
    ]
}

pub fn expr() -> impl Strategy<Value = Expr> {
    (-1e9..1e9).prop_map(Expr::Lit).prop_recursive(6, 40, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Expr::Add(Box::new(a), Box::new(b))),
            inner.clone().prop_map(|a| Expr::Neg(Box::new(a))),
            ("[a-z]{0,3}", vec(inner, 0..3)).prop_map(|(f, args)| Expr::Call { f, args }),
        ]
    })
}

pub fn tree() -> impl Strategy<Value = Tree> {
    let leaf = any::<u32>().prop_map(|v| Tree { v, left: None, kids: vec![] });
    leaf.prop_recursive(6, 40, 3, |inner| {
        (any::<u32>(), option::of(inner.clone()), vec(inner, 0..3))
            .prop_map(|(v, left, kids)| Tree { v, left: left.map(Box::new), kids })
    })
}

pub fn options() -> impl Strategy<Value = Options> {
    (
        any::<Option<Option<u8>>>(),
        any::<Option<()>>(),
        any::<Option<Option<Option<String>>>>(),
        any::<bool>(),
    )
        .prop_map(|(a, b, c, d)| Options { a, b, c, d: d.then_some(Unit {}) })
}

pub fn keys() -> impl Strategy<Value = Keys> {
    (
        btree_map(any::<(u8, i32)>(), ".{0,4}", 0..5),
        hash_map(any::<char>(), plain(), 0..5),
        hash_set(any::<u64>(), 0..9),
        btree_map(any::<Option<bool>>(), Just(()), 0..4),
    )
        .prop_map(|(by_pair, by_char, ids, odd)| Keys { by_pair, by_char, ids, odd })
}

pub fn bytes() -> impl Strategy<Value = Bytes> {
    (vec(any::<u8>(), 0..40), vec(any::<u8>(), 0..40), any::<[u8; 5]>(), vec(Just(()), 0..40))
        .prop_map(|(raw, list, array, empty)| Bytes { raw: raw.into(), list, array, empty })
}

pub fn standard() -> impl Strategy<Value = Std> {
    use std::ops::Bound;
    use std::time::{Duration, SystemTime};

    let bound = prop_oneof![
        Just(Bound::Unbounded),
        any::<i8>().prop_map(Bound::Included),
        any::<i8>().prop_map(Bound::Excluded)
    ];
    let times = (0..u64::from(u32::MAX), 0..1_000_000_000u32)
        .prop_map(|(secs, nanos)| Duration::new(secs, nanos));
    let some = (any::<std::net::IpAddr>(), times.clone(), times, "[a-z/]{0,9}", 1..u32::MAX);
    let more =
        (any::<(u8, u8)>(), bound, any::<Result<u8, String>>(), any::<[u16; 3]>(), any::<i32>());
    (some, more).prop_map(|((ip, at, took, path, n), (range, bound, result, array, w))| Std {
        ip,
        at: SystemTime::UNIX_EPOCH + at,
        took,
        path: path.into(),
        nonzero: n.try_into().unwrap(),
        range: range.0..range.1,
        bound,
        result,
        array,
        wrapping: std::num::Wrapping(w),
    })
}
