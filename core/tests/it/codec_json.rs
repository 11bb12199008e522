//! The codec `json`: a value comes back equal, or the error says what JSON has no word for.

use std::collections::BTreeMap;
use std::fmt::Debug;

use crate::zoo::*;
use larder_core::ShortName;
use larder_core::codec::{Codecs, EncodeOptions, Json, Storable, decode, encode};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

fn json<T: Storable>(value: &T) -> larder_core::Result<String> {
    let encoded = encode(value, &EncodeOptions::new(&Json))?;
    assert_eq!(encoded.codec.as_str(), "json");
    Ok(String::from_utf8(encoded.payload).unwrap())
}

fn read<T: Storable>(text: &str) -> larder_core::Result<T> {
    decode(ShortName::new("json").unwrap(), text.as_bytes(), &[], &Codecs::default())
}

fn equal_or_refused<T: Storable + PartialEq + Debug>(value: &T) {
    match json(value) {
        Ok(text) => assert_eq!(&read::<T>(&text).unwrap(), value),
        Err(error) => assert!(error.is_encode(), "{error:?}"),
    }
}

fn comes_back<T: Storable + PartialEq + Debug>(value: &T) {
    let text = json(value).unwrap();
    assert_eq!(&read::<T>(&text).unwrap(), value);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn plain_values_come_back(strict in strict(), nested in nested(), plain in plain(), tree in tree(), expr in expr(), numbers in any::<(f64, f32, i64, u64, char, String)>()) {
        comes_back(&strict);
        comes_back(&nested);
        comes_back(&plain);
        comes_back(&tree);
        comes_back(&expr);
        if numbers.0.is_finite() && numbers.1.is_finite() {
            comes_back(&numbers);
        }
    }

    #[test]
    fn awkward_values_come_back_or_are_refused(flat in flat(), options in options(), keys in keys(), bytes in bytes(), standard in standard(), wide in any::<(i128, u128)>()) {
        equal_or_refused(&flat);
        equal_or_refused(&options);
        equal_or_refused(&keys);
        equal_or_refused(&bytes);
        equal_or_refused(&standard);
        equal_or_refused(&Pair(wide.0, wide.1));
    }
}

#[test]
fn it_is_the_json_that_everyone_writes() {
    let map = BTreeMap::from([(1u8, Some(0.5)), (2, None)]);
    assert_eq!(json(&map).unwrap(), r#"{"1":0.5,"2":null}"#);
    assert_eq!(json(&(true, 'x', "null".to_owned(), -0.0)).unwrap(), r#"[true,"x","null",-0.0]"#);
    assert_eq!(json(&BTreeMap::from([(true, 1), (false, 2)])).unwrap(), r#"{"false":2,"true":1}"#);
    assert_eq!(json(&BTreeMap::from([('ä', 1)])).unwrap(), r#"{"ä":1}"#);
}

#[test]
fn what_json_has_no_word_for_is_named() {
    let why = |refused: larder_core::Result<String>| {
        let error = refused.unwrap_err();
        assert!(error.is_encode(), "{error:?}");
        error.to_string()
    };
    let nan = why(json(&vec![1.0, f64::NAN]));
    assert!(nan.contains("JSON cannot hold the number NaN") && nan.contains("Vec<f64>"), "{nan}");
    let infinite = why(json(&Some(f32::NEG_INFINITY)));
    assert!(infinite.contains("JSON cannot hold the number -inf"), "{infinite}");
    for nothing in [why(json(&Some(None::<u8>))), why(json(&Some(())))] {
        assert!(nothing.contains("JSON cannot hold a `Some` of nothing"), "{nothing}");
    }
    let key = why(json(&BTreeMap::from([((1, 2), 3)])));
    assert!(key.contains("JSON cannot hold it: key must be a string"), "{key}");
}

#[test]
fn a_field_renamed_since_behind_a_default_is_noticed() {
    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct Before {
        size: u32,
    }
    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(default)]
    struct After {
        length: u32,
    }
    #[derive(Debug, Serialize, Deserialize)]
    struct Outer<T> {
        #[serde(flatten)]
        inner: T,
    }
    let text = json(&Outer { inner: Before { size: 3 } }).unwrap();
    assert_eq!(text, r#"{"size":3}"#);
    read::<Outer<Before>>(&text).unwrap();
    let error = read::<Outer<After>>(&text).unwrap_err();
    assert!(error.is_decode() && error.message().contains("has changed"), "{error}");
}

#[test]
fn other_text_is_refused() {
    for text in ["", "[1,2", "[1,2]x", "[1,2] 3", "{}", "[1.5]", "[300]", "\u{feff}[1]"] {
        let error = read::<Vec<u8>>(text).unwrap_err();
        assert!(error.is_decode(), "{text:?}: {error:?}");
    }
    assert_eq!(read::<Vec<u8>>(" [1, 2]\n").unwrap(), [1, 2]);
}
