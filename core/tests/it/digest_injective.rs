//! Over random values of serde's whole data model: different values never share a digest, equal ones always do.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use larder_core::digest::{Digest, digest_serde};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde::ser::*;

/// Everything serde can say. Structs and variants have a field or more, tuple structs two or more: an empty one is a
/// unit struct to the digest, one with a single unnamed field a newtype, on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Value {
    Unit,
    Bool(bool),
    U8(u8),
    U16(u16),
    I64(i64),
    U128(u128),
    F64(u64),
    Char(char),
    Str(String),
    Bytes(Vec<u8>),
    None,
    Some(Box<Value>),
    Seq(Vec<Value>),
    Tuple(Vec<Value>),
    Map(Vec<(Value, Value)>),
    UnitStruct(&'static str),
    Newtype(&'static str, Box<Value>),
    TupleStruct(&'static str, Vec<Value>),
    Struct(&'static str, Vec<(&'static str, Value)>),
    UnitVariant(&'static str, &'static str),
    NewtypeVariant(&'static str, &'static str, Box<Value>),
    StructVariant(&'static str, &'static str, Vec<(&'static str, Value)>),
}
use Value as V;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            V::Unit => serializer.serialize_unit(),
            V::Bool(value) => value.serialize(serializer),
            V::U8(value) => value.serialize(serializer),
            V::U16(value) => value.serialize(serializer),
            V::I64(value) => value.serialize(serializer),
            V::U128(value) => value.serialize(serializer),
            V::F64(bits) => f64::from_bits(*bits).serialize(serializer),
            V::Char(value) => value.serialize(serializer),
            V::Str(value) => value.serialize(serializer),
            V::Bytes(value) => serializer.serialize_bytes(value),
            V::None => serializer.serialize_none(),
            V::Some(value) => serializer.serialize_some(value),
            V::Seq(items) => items.serialize(serializer),
            V::Tuple(items) => {
                let mut tuple = serializer.serialize_tuple(items.len())?;
                items.iter().try_for_each(|item| tuple.serialize_element(item))?;
                tuple.end()
            }
            V::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
            }
            V::UnitStruct(name) => serializer.serialize_unit_struct(name),
            V::Newtype(name, value) => serializer.serialize_newtype_struct(name, value),
            V::TupleStruct(name, items) => {
                let mut fields = serializer.serialize_tuple_struct(name, items.len())?;
                items.iter().try_for_each(|item| fields.serialize_field(item))?;
                fields.end()
            }
            V::Struct(name, items) => {
                let mut fields = serializer.serialize_struct(name, items.len())?;
                items.iter().try_for_each(|(name, item)| fields.serialize_field(name, item))?;
                fields.end()
            }
            V::UnitVariant(of, name) => serializer.serialize_unit_variant(of, 0, name),
            V::NewtypeVariant(of, name, value) => {
                serializer.serialize_newtype_variant(of, 0, name, value)
            }
            V::StructVariant(of, name, items) => {
                let mut fields = serializer.serialize_struct_variant(of, 0, name, items.len())?;
                items.iter().try_for_each(|(name, item)| fields.serialize_field(name, item))?;
                fields.end()
            }
        }
    }
}

fn digest(value: &impl Serialize) -> [u8; 32] {
    let mut digest = Digest::new();
    digest_serde(value, &mut digest);
    digest.finish().unwrap()
}

/// Small alphabets, so that values come close to each other, with bytes that are tags themselves.
fn value() -> impl Strategy<Value = Value> {
    let name = || select(vec!["", "a", "b", "ab"]);
    let leaf = prop_oneof![
        Just(V::Unit),
        any::<bool>().prop_map(V::Bool),
        (0..30_u8).prop_map(V::U8),
        (0..3_u16).prop_map(V::U16),
        (-1..3_i64).prop_map(V::I64),
        (0..3_u128).prop_map(V::U128),
        select(vec![0.0_f64, -0.0, 1.0, f64::NAN]).prop_map(|float| V::F64(float.to_bits())),
        select(vec!['\0', 'a']).prop_map(V::Char),
        select(vec!["", "a", "b", "ab", "\x1c"]).prop_map(|text| V::Str(text.into())),
        vec(0..30_u8, 0..3).prop_map(V::Bytes),
        Just(V::None),
        name().prop_map(V::UnitStruct),
        (name(), name()).prop_map(|(of, name)| V::UnitVariant(of, name)),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let fields = vec((name(), inner.clone()), 1..3);
        prop_oneof![
            inner.clone().prop_map(|value| V::Some(value.into())),
            vec(inner.clone(), 0..4).prop_map(V::Seq),
            vec(inner.clone(), 0..4).prop_map(V::Tuple),
            vec((inner.clone(), inner.clone()), 0..3).prop_map(|mut entries| {
                entries.sort_by_cached_key(|entry| format!("{entry:?}"));
                V::Map(entries)
            }),
            (name(), inner.clone()).prop_map(|(name, value)| V::Newtype(name, value.into())),
            (name(), vec(inner.clone(), 2..4))
                .prop_map(|(name, items)| V::TupleStruct(name, items)),
            (name(), fields.clone()).prop_map(|(name, fields)| V::Struct(name, fields)),
            (name(), name(), inner).prop_map(|(of, name, value)| V::NewtypeVariant(
                of,
                name,
                value.into()
            )),
            (name(), name(), fields)
                .prop_map(|(of, name, fields)| V::StructVariant(of, name, fields)),
        ]
    })
}

/// All values of all cases so far, so that every one is compared with every other.
static SEEN: LazyLock<Mutex<HashMap<[u8; 32], Value>>> = LazyLock::new(Mutex::default);

proptest! {
    #[test]
    fn different_values_never_share_a_digest(values in vec(value(), 1..64)) {
        let mut seen = SEEN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for value in values {
            let first = seen.entry(digest(&value)).or_insert_with(|| value.clone());
            prop_assert_eq!(&*first, &value);
        }
    }

    #[test]
    fn a_map_rebuilt_in_another_order_has_the_same_digest(
        entries in proptest::collection::hash_map(value(), value(), 0..20),
    ) {
        let mut rebuilt: Vec<_> = entries.clone().into_iter().collect();
        rebuilt.reverse();
        // A map of its own random state, behind a struct as an argument would be.
        let rebuilt: HashMap<_, _> = rebuilt.into_iter().collect();
        prop_assert_eq!(digest(&Some(entries)), digest(&Some(rebuilt)));
    }
}
