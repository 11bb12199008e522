//! Values as each codec writes them.

use std::collections::BTreeMap;
use std::fmt::Debug;

use larder::ShortName;
use larder::codec::{Cbor, Codec, Codecs, EncodeOptions, Json, Postcard, Storable, decode, encode};
use serde::{Deserialize, Serialize};

use crate::same::comes_back;

/// Leaves fields out, which postcard cannot say.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    deep: Vec<Option<Option<u16>>>,
    shape: Shape,
    large: (u128, i128),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Unit,
    New(i64),
    Tuple(u8, char),
    Fields { a: Option<bool>, b: Vec<Shape> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Tree {
    v: u8,
    left: Option<Box<Tree>>,
    kids: Vec<Tree>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(i32),
    Text(String),
    Many(Vec<Untagged>),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Empty,
    One { value: u64 },
    Many { values: Vec<Tagged> },
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    first: i8,
    #[serde(flatten)]
    rest: BTreeMap<String, u32>,
}

/// Equal to the bit.
#[derive(Debug, Serialize, Deserialize)]
struct Numbers(f32, f64);

impl PartialEq for Numbers {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits() && self.1.to_bits() == other.1.to_bits()
    }
}

const CODECS: [&str; 3] = ["postcard", "cbor", "json"];

/// The first byte says which type and which codec.
pub(crate) fn check(bytes: &[u8]) {
    let [first, rest @ ..] = bytes else { return };
    let codec = CODECS[usize::from(first >> 4) % 3];
    match first % 16 {
        0 => read::<Record>(codec, rest),
        1 => read::<Shape>(codec, rest),
        2 => read::<Tree>(codec, rest),
        3 => read::<Untagged>(codec, rest),
        4 => read::<Tagged>(codec, rest),
        5 => read::<Flat>(codec, rest),
        6 => read::<Numbers>(codec, rest),
        7 => read::<BTreeMap<(u8, bool), String>>(codec, rest),
        8 => read::<BTreeMap<i16, Vec<char>>>(codec, rest),
        9 => read::<Vec<Result<u8, String>>>(codec, rest),
        10 => read::<(i128, u64, i64, char, bool, String)>(codec, rest),
        11 => read::<Vec<Option<()>>>(codec, rest),
        12 => read::<std::time::SystemTime>(codec, rest),
        13 => read::<(std::time::Duration, std::net::IpAddr)>(codec, rest),
        14 => read::<BTreeMap<String, BTreeMap<String, Option<f64>>>>(codec, rest),
        _ => read::<Vec<Vec<String>>>(codec, rest),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let shape = || Shape::Fields { a: None, b: vec![Shape::New(-5), Shape::Tuple(1, 'ß')] };
    let note = Some("a note".to_owned());
    let (deep, large) = (vec![Some(None), None, Some(Some(7))], (u128::MAX, -1));
    let leaf = || Tree { v: 1, left: None, kids: vec![] };
    let many = Untagged::Many(vec![Untagged::Number(1), Untagged::Text("text".to_owned())]);
    let tagged = Tagged::Many { values: vec![Tagged::Empty, Tagged::One { value: 1 }] };
    let rest = BTreeMap::from([("second".to_owned(), 2)]);
    let keys = BTreeMap::from([((1, true), "one".to_owned()), ((2, false), String::new())]);
    [
        written(0, &Record { name: "name".to_owned(), note, deep, shape: Shape::Unit, large }),
        written(1, &shape()),
        written(2, &Tree { v: 0, left: Some(Box::new(leaf())), kids: vec![leaf()] }),
        written(3, &many),
        written(4, &tagged),
        written(5, &Flat { first: -1, rest }),
        written(6, &Numbers(1.5, -0.0)),
        written(7, &keys),
        written(8, &BTreeMap::from([(-7i16, vec!['a', 'é'])])),
        written(9, &vec![Ok(1u8), Err("why".to_owned())]),
        written(10, &(i128::MIN, 1u64, -1i64, 'x', true, "text".to_owned())),
        written(11, &vec![Some(()), None]),
        written(12, &(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1))),
        written(13, &(std::time::Duration::from_millis(1), std::net::IpAddr::from([127, 0, 0, 1]))),
        written(
            14,
            &BTreeMap::from([("a".to_owned(), BTreeMap::from([("b".to_owned(), Some(0.5))]))]),
        ),
        written(15, &vec![vec!["text".to_owned()], vec![]]),
    ]
    .concat()
}

/// With each codec that can.
fn written<T: Storable>(kind: u8, value: &T) -> Vec<Vec<u8>> {
    let codecs: [&dyn Codec; 3] = [&Postcard, &Cbor, &Json];
    let written = codecs.iter().filter_map(|codec| {
        let encoded = encode(value, &EncodeOptions::new(*codec)).ok()?;
        let number = CODECS.iter().position(|name| *name == encoded.codec.as_str())? as u8;
        Some([&[kind | number << 4], &encoded.payload[..]].concat())
    });
    written.collect()
}

fn read<T: Storable + PartialEq + Debug>(codec: &str, payload: &[u8]) {
    let codec = ShortName::new(codec).expect("it is a name");
    match decode::<T>(codec, payload, &[], &Codecs::default()) {
        Ok(value) => comes_back(&value),
        Err(error) => assert!(error.is_decode(), "{error}"),
    }
}
