//! Values of every serde shape come back equal through a memoized call, whatever attributes their types have.

use std::collections::{BTreeMap, HashMap, HashSet};

use larder::memoize;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::common::{faulty_with, note_run, runs};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Awkward {
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    list: Vec<i64>,
    #[serde(flatten)]
    flat: Flat,
    untagged: Vec<Untagged>,
    tagged: Tagged,
    adjacent: Adjacent,
    #[serde(with = "as_text")]
    with: u64,
    #[serde(rename = "another name", alias = "old")]
    renamed: (u8, char, Option<Option<bool>>),
    map: BTreeMap<String, Plain>,
    unordered: HashMap<u16, HashSet<String>>,
    last: Option<Box<Awkward>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Flat {
    a: String,
    #[serde(flatten)]
    rest: BTreeMap<String, i32>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i64),
    Text(String),
    Pair { left: u8, right: String },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Tagged {
    UnitLike,
    WithFields { value: f64 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Nothing,
    Some(Vec<u8>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Plain {
    Unit,
    New(u128),
    Tuple(i8, f32),
    Struct { deep: Option<String> },
}

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("n{value}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.trim_start_matches('n').parse().map_err(de::Error::custom)
    }
}

fn plain() -> impl Strategy<Value = Plain> {
    prop_oneof![
        Just(Plain::Unit),
        any::<u128>().prop_map(Plain::New),
        (any::<i8>(), -1e30_f32..1e30).prop_map(|(a, b)| Plain::Tuple(a, b)),
        any::<Option<String>>().prop_map(|deep| Plain::Struct { deep }),
    ]
}

fn untagged() -> impl Strategy<Value = Untagged> {
    prop_oneof![
        any::<i64>().prop_map(Untagged::Number),
        any::<String>().prop_map(Untagged::Text),
        (any::<u8>(), any::<String>()).prop_map(|(left, right)| Untagged::Pair { left, right }),
    ]
}

fn flat() -> impl Strategy<Value = Flat> {
    // Names that are not those of other fields: serde itself cannot tell such a pair apart.
    let rest = prop::collection::btree_map("rest [a-z]{0,5}", any::<i32>(), 0..3);
    (any::<String>(), rest).prop_map(|(a, rest)| Flat { a, rest })
}

fn awkward() -> impl Strategy<Value = Awkward> {
    let tagged = prop_oneof![
        Just(Tagged::UnitLike),
        (-1e300..1e300).prop_map(|value| Tagged::WithFields { value }),
    ];
    let adjacent = prop_oneof![Just(Adjacent::Nothing), any::<Vec<u8>>().prop_map(Adjacent::Some),];
    let some = prop_oneof![Just(None), any::<bool>().prop_map(|bit| Some(Some(bit)))];
    let leaf = (
        (any::<Option<u32>>(), prop::collection::vec(any::<i64>(), 0..3), flat()),
        (prop::collection::vec(untagged(), 0..3), tagged, adjacent),
        (any::<u64>(), (any::<u8>(), any::<char>(), some)),
        prop::collection::btree_map(any::<String>(), plain(), 0..3),
        prop::collection::hash_map(
            any::<u16>(),
            prop::collection::hash_set(any::<String>(), 0..3),
            0..3,
        ),
    );
    let leaf = leaf.prop_map(
        |((left_out, list, flat), (untagged, tagged, adjacent), rest, map, unordered)| {
            let (with, renamed) = rest;
            Awkward {
                left_out,
                list,
                flat,
                untagged,
                tagged,
                adjacent,
                with,
                renamed,
                map,
                unordered,
                last: None,
            }
        },
    );
    leaf.prop_recursive(2, 4, 1, |inner| {
        (inner.clone(), inner)
            .prop_map(|(outer, last)| Awkward { last: Some(Box::new(last)), ..outer })
    })
}

thread_local! {
    static NEXT: std::cell::RefCell<Option<Awkward>> = const { std::cell::RefCell::new(None) };
}

#[memoize]
fn produced(_number: u64) -> Awkward {
    note_run();
    NEXT.with_borrow(|next| next.clone().expect("the test has set it"))
}

proptest! {
    #[test]
    fn every_value_comes_back_equal(value in awkward()) {
        for codec in ["postcard", "cbor"] {
            let (_store, memory) = faulty_with(|builder| builder.codec(codec));
            let function = memory.cache::<produced>();
            NEXT.set(Some(value.clone()));
            prop_assert_eq!(&function.call(1).unwrap(), &value);
            NEXT.set(None);
            prop_assert_eq!(runs(), 1);
            prop_assert_eq!(&function.call(1).unwrap(), &value, "from {}", codec);
            prop_assert_eq!(runs(), 0, "{} was not kept", codec);
            prop_assert_eq!(memory.stats().store_errors, 0);
        }
    }

    #[test]
    fn an_argument_of_any_shape_has_one_key(value in awkward()) {
        let (_store, memory) = faulty_with(|builder| builder);
        let keyed = memory.cache_fn("keyed", 1, (), |(), _: &Awkward| note_run()).unwrap();
        // A clone has hash maps of another seed.
        keyed.call(&value).unwrap();
        keyed.call(&value.clone()).unwrap();
        prop_assert_eq!(runs(), 1);
    }
}
