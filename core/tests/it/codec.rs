//! Every value comes back equal or is refused: random values of awkward types through the default codec.

use std::fmt::Debug;

use crate::zoo::*;
use larder_core::codec::{Cbor, Codecs, EncodeOptions, Encoded, Storable, decode, encode};
use proptest::prelude::*;

fn through<T: Storable>(encoded: &Encoded) -> T {
    decode(encoded.codec, &encoded.payload, &encoded.buffers, &Codecs::default()).unwrap()
}

/// Through the default and through `cbor`; the codec that the default came to.
fn comes_back<T: Storable + PartialEq + Debug>(value: &T) -> String {
    let by_default = encode(value, &EncodeOptions::default()).unwrap();
    assert_eq!(&through::<T>(&by_default), value);
    let by_name = encode(value, &EncodeOptions::new(&Cbor)).unwrap();
    assert_eq!(by_name.codec.as_str(), "cbor");
    assert_eq!(&through::<T>(&by_name), value);
    by_default.codec.to_string()
}

macro_rules! come_back {
    ($($name:ident: $strategy:expr, $codec:literal $(| $or:literal)?;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig::with_cases(64))]
            $(#[test] fn $name(value in $strategy) {
                let codec = comes_back(&value);
                prop_assert!(matches!(&codec[..], $codec $(| $or)?), "{codec}");
            })*
        }
    };
}

come_back! {
    structs: strict(), "postcard";
    fields_left_out: skips(), "postcard" | "cbor";
    fields_left_out_inside: nested(), "postcard" | "cbor";
    flattened: flat(), "cbor";
    renamed_and_with: renamed(), "postcard" | "cbor";
    other_names_in_writing: any::<(u16, u16)>().prop_map(|(x, y)| Sided { x, y }), "cbor";
    proxies: any::<(u8, u8)>().prop_map(Proxied::from), "postcard";
    newtypes: any::<Option<Vec<i16>>>().prop_map(|inner| Wrapped(inner.map(|inner| Clear { inner }))), "postcard";
    wide_numbers: any::<(i128, u128)>().prop_map(|(a, b)| Pair(a, b)), "postcard";
    enums: plain(), "postcard";
    enums_internally_tagged: internal(), "cbor";
    enums_adjacently_tagged: adjacent(), "cbor";
    enums_untagged: untagged(), "cbor";
    expressions: expr(), "postcard";
    trees: tree(), "postcard";
    options_of_options: options(), "postcard";
    maps_by_anything: keys(), "postcard";
    bytes_and_nothings: bytes(), "cbor";
    of_the_standard_library: standard(), "postcard";
    characters: any::<(char, Option<char>, String)>(), "postcard";
    generics: any::<(Option<u8>, i64)>().prop_map(|(a, b)| (Generic { v: a }, Generic { v: b })), "postcard";
    hidden_variants: any::<u8>().prop_map(Hidden::Second), "cbor";
    numbers: any::<(i8, i16, i32, i64, u8, u16, u32, u64, bool)>(), "postcard";
}

#[test]
fn floats_keep_their_bits() {
    for bits in [0x7fc0_0001u32, 0xff80_0000, 0x8000_0000, 1, 0x7fa0_0000] {
        let floats =
            Floats { a: f32::from_bits(bits), b: f64::from_bits(u64::from(bits) << 32 | 5) };
        for options in [EncodeOptions::default(), EncodeOptions::new(&Cbor)] {
            let back: Floats = through(&encode(&floats, &options).unwrap());
            assert_eq!(
                (back.a.to_bits(), back.b.to_bits()),
                (floats.a.to_bits(), floats.b.to_bits())
            );
        }
    }
}

#[test]
fn a_field_left_out_is_not_for_postcard() {
    assert_eq!(comes_back(&Skips { a: Some(1), b: 2, c: 3 }), "postcard");
    assert_eq!(comes_back(&Skips { a: None, b: 2, c: 3 }), "cbor");
}

#[test]
fn json_values_and_identifiers_and_dates() {
    comes_back(&serde_json::json!({"a": [1, -2, 0.5, null, {"b": "c"}], "d": true, "e": u64::MAX}));
    comes_back(&Some(serde_json::Value::Null));
    assert_eq!(comes_back(&uuid::Uuid::from_u128(7)), "postcard");
    let date: chrono::DateTime<chrono::Utc> = "2024-02-29T12:34:56.789Z".parse().unwrap();
    assert_eq!(comes_back(&vec![(date, date.date_naive())]), "postcard");
}

#[test]
fn everything_inside_flattened_fields_but_128_bits() {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Inner<N> {
        number: N,
        letter: char,
        raw: bytes::Bytes,
        variants: [Option<Plain>; 3],
    }
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Outer<N> {
        #[serde(flatten)]
        inner: Inner<N>,
    }
    fn outer<N>(number: N) -> Outer<N> {
        let variants = [Some(Plain::B(3)), None, Some(Plain::C(1, "b".into()))];
        Outer { inner: Inner { number, letter: 'x', raw: vec![1, 2].into(), variants } }
    }
    assert_eq!(comes_back(&outer(i64::MIN)), "cbor");
    // serde's own buffer for flattened fields has no 128-bit numbers.
    let error = encode(&outer(5i128), &EncodeOptions::default()).unwrap_err();
    assert!(error.is_encode() && error.message().contains("cannot be read back"), "{error}");
}

mod refused {
    use super::*;
    use serde::{Deserialize, Serialize};

    fn why<T: Storable + Debug>(value: &T) -> String {
        let error = encode(value, &EncodeOptions::default()).unwrap_err();
        assert!(error.is_encode(), "{error:?}");
        error.to_string()
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Twins {
        Small(u8),
        Large(i64),
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(untagged)]
    enum Precision {
        Single(f32),
        Double(f64),
    }

    fn five() -> u8 {
        5
    }
    fn is_zero(x: &u8) -> bool {
        *x == 0
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Revived {
        #[serde(skip_serializing_if = "is_zero", default = "five")]
        x: u8,
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct OneWay {
        #[serde(rename(serialize = "out", deserialize = "in"))]
        x: u8,
    }

    #[test]
    fn values_that_would_come_back_different() {
        encode(&Twins::Large(-1), &EncodeOptions::default()).unwrap();
        encode(&Twins::Small(1), &EncodeOptions::default()).unwrap();
        let double = why(&Precision::Double(0.1));
        assert!(double.contains("come back different") && double.contains("Precision"), "{double}");
        encode(&Precision::Single(0.1), &EncodeOptions::default()).unwrap();
        assert!(why(&Revived { x: 0 }).contains("come back different"));
        encode(&Revived { x: 1 }, &EncodeOptions::default()).unwrap();
        assert!(why(&OneWay { x: 0 }).contains("cannot be read back"));
    }

    #[test]
    #[cfg(unix)]
    fn values_without_bytes() {
        use std::os::unix::ffi::OsStringExt;
        let path = std::path::PathBuf::from(std::ffi::OsString::from_vec(vec![0xff]));
        assert!(why(&path).contains("UTF-8"), "{}", why(&path));
    }

    #[test]
    fn values_nested_too_deep() {
        let nest = |levels| {
            (0..levels).fold(Tree { v: 0, left: None, kids: vec![] }, |inner, _| Tree {
                v: 0,
                left: Some(Box::new(inner)),
                kids: vec![],
            })
        };
        assert_eq!(comes_back(&nest(120)), "postcard");
        assert!(why(&nest(1000)).contains("deeper than 256"), "{}", why(&nest(1000)));
    }
}

mod changed {
    use super::*;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Inner {
        size: u32,
    }
    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Renamed {
        length: u32,
    }
    #[derive(Debug, Serialize, Deserialize)]
    struct Outer<T> {
        #[serde(flatten)]
        inner: T,
    }

    /// A flattened field has no traceable shape, and a default hides that it is missing.
    #[test]
    fn a_flattened_field_renamed_since_is_noticed() {
        let old = encode(&Outer { inner: Inner { size: 3 } }, &EncodeOptions::default()).unwrap();
        let codecs = Codecs::default();
        decode::<Outer<Inner>>(old.codec, &old.payload, &[], &codecs).unwrap();
        let error = decode::<Outer<Renamed>>(old.codec, &old.payload, &[], &codecs).unwrap_err();
        assert!(error.is_decode() && error.message().contains("has changed"), "{error}");
    }
}
