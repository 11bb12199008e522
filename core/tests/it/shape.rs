//! Shapes: what is covered, what changes a fingerprint, what does not.

use std::collections::{BTreeMap, HashMap, HashSet};

use larder_core::shape::{Coverage, shape_of};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

fn coverage<T: DeserializeOwned + 'static>() -> &'static str {
    match shape_of::<T>().coverage() {
        Coverage::Whole => "whole",
        Coverage::SelfDescribing => "self-describing",
        Coverage::Opaque(why) => {
            assert!(!why.is_empty());
            "opaque"
        }
        _ => "new",
    }
}

macro_rules! all {
    ($coverage:literal: $($type:ty),* $(,)?) => {
        $(assert_eq!(coverage::<$type>(), $coverage, "{}: {:?}", stringify!($type), shape_of::<$type>().coverage());)*
    };
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its Deserialize is run")]
enum Chain {
    More(Box<Chain>),
    Fork(Vec<Chain>),
    Other(Option<Box<Ring>>),
    End(Deep),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its Deserialize is run")]
enum Ring {
    Back(Box<Chain>),
    Round(Box<Ring>),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its Deserialize is run")]
enum Deep {
    A,
    B(Deeper),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its Deserialize is run")]
enum Deeper {
    C,
    D,
    E(u8),
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its Deserialize is run")]
enum Only {
    Lists(Vec<Only>),
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Email;

impl TryFrom<String> for Email {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('@') { Ok(Self) } else { Err("no @") }
    }
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its Deserialize is run")]
struct User {
    email: Email,
    age: u8,
}

struct Picky;

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let first = <(u32, u32)>::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format_args!("{first:?} is not prime enough")))
    }
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only its Deserialize is run")]
struct HoldsPicky {
    picky: Picky,
    after: u8,
}

struct Panics;

impl<'de> Deserialize<'de> for Panics {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        assert!(number > 1000, "{number} is a sample");
        Ok(Self)
    }
}

/// A sequence of different things.
struct Mixed;

impl<'de> Deserialize<'de> for Mixed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Mixed;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number and a text")
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> Result<Mixed, A::Error> {
                let missing = || serde::de::Error::custom("want two");
                seq.next_element::<u8>()?.ok_or_else(missing)?;
                seq.next_element::<String>()?.ok_or_else(missing)?;
                Ok(Mixed)
            }
        }
        deserializer.deserialize_seq(Visitor)
    }
}

#[test]
fn awkward_types_are_covered_wholly() {
    use std::{net, num, ops, path, time};
    all!("whole":
        f64, (), u128, i128, char, String, Box<str>, Vec<f64>, Option<Option<u8>>, (u8, String), [u16; 3], [u8; 0],
        HashMap<String, Vec<u8>>, BTreeMap<(u8, i8), ()>, HashSet<u8>, std::sync::Arc<str>, std::borrow::Cow<'static, str>,
        num::NonZeroU32, num::NonZeroI128, time::Duration, time::SystemTime, path::PathBuf, net::IpAddr, net::SocketAddr,
        ops::Range<u8>, ops::Bound<u8>, Result<u8, String>, bytes::Bytes, num::Wrapping<u8>, std::cell::RefCell<u8>,
        uuid::Uuid, chrono::DateTime<chrono::Utc>, chrono::NaiveDate, chrono::NaiveTime, chrono::TimeDelta,
        crate::zoo::Point, crate::zoo::Strict, crate::zoo::Unit, crate::zoo::Skips, crate::zoo::Nested, crate::zoo::Renamed, crate::zoo::Proxied, crate::zoo::Wrapped,
        crate::zoo::Pair, crate::zoo::Plain, crate::zoo::Hidden, crate::zoo::Expr, crate::zoo::Tree, crate::zoo::Options, crate::zoo::Keys, crate::zoo::Bytes, crate::zoo::Std,
        (crate::zoo::Generic<u8>, crate::zoo::Generic<crate::zoo::Point>), Chain, Ring, Deep, Only, Email, User, Vec<Option<User>>,
    );
}

#[test]
fn types_that_look_at_the_data_are_self_describing() {
    all!("self-describing": serde_json::Value, Vec<serde_json::Value>, crate::zoo::Flat, crate::zoo::Internal, crate::zoo::Untagged);
}

#[test]
fn types_that_refuse_everything_are_opaque() {
    all!("opaque": HoldsPicky, (Mixed, u8), crate::zoo::Adjacent);
    // An alias is one more name in the list of fields, and nothing tells whose.
    all!("opaque": crate::zoo::Sided);
    let Coverage::Opaque(why) = shape_of::<HoldsPicky>().coverage() else { unreachable!() };
    assert!(why.contains("prime enough"), "{why}");
    // Nothing is left to ask where the refusal comes last.
    all!("whole": Picky, Panics);
}

fn all_differ(fingerprints: &[[u8; 16]]) {
    let distinct: HashSet<_> = fingerprints.iter().collect();
    assert_eq!(distinct.len(), fingerprints.len(), "{fingerprints:x?}");
}

macro_rules! version {
    ($name:ident { $($s:tt)* } { $($e:tt)* }) => {
        mod $name {
            #[derive(serde::Deserialize)]
            #[expect(dead_code, reason = "only its Deserialize is run")]
            pub(super) struct S { $($s)* }
            #[derive(serde::Deserialize)]
            #[expect(dead_code, reason = "only its Deserialize is run")]
            pub(super) enum E { $($e)* }
            #[derive(serde::Deserialize)]
            #[expect(dead_code, reason = "only its Deserialize is run")]
            pub(super) struct Deep { list: Vec<Option<(u8, std::collections::BTreeMap<String, Result<S, E>>)>> }
            /// One name and its variants for two types: each counts by itself.
            #[derive(serde::Deserialize)]
            #[expect(dead_code, reason = "only its Deserialize is run")]
            pub(super) struct Two { a: Result<u8, u8>, b: Result<S, E> }
        }
    };
}
version!(original { x: f64, y: f64 } { A, B(u8) });
version!(reordered { y: f64, x: f64 } { B(u8), A });
version!(renamed { x: f64, z: f64 } { A, C(u8) });
version!(retyped { x: f64, y: f32 } { A, B(i8) });
version!(longer { x: f64, y: f64, z: u8 } { A, B(u8), C });
version!(wrapped { x: f64, y: Option<f64> } { A, B(Option<u8>) });
version!(restructured { x: f64, y: (f64,) } { A, B { x: u8 } });
version!(same { x: f64, y: f64 } { A, B(u8) });

#[test]
fn every_change_at_any_depth_changes_the_fingerprint() {
    macro_rules! versions {
        ($($type:ident)*) => {$(
            let of = |which: &str| match which {
                "same" => shape_of::<same::$type>().fingerprint(),
                _ => shape_of::<original::$type>().fingerprint(),
            };
            all_differ(&[
                of("original"),
                shape_of::<reordered::$type>().fingerprint(),
                shape_of::<renamed::$type>().fingerprint(),
                shape_of::<retyped::$type>().fingerprint(),
                shape_of::<longer::$type>().fingerprint(),
                shape_of::<wrapped::$type>().fingerprint(),
                shape_of::<restructured::$type>().fingerprint(),
            ]);
            assert_eq!(of("original"), of("same"), "another module is no change");
        )*};
    }
    versions!(S E Deep Two);
}

#[test]
fn leaves_and_containers_are_told_apart() {
    macro_rules! fingerprints { ($($type:ty),* $(,)?) => { all_differ(&[$(shape_of::<$type>().fingerprint()),*]) }; }
    fingerprints!(
        bool, i8, i16, i32, i64, i128, u8, u16, u32, u64, u128, f32, f64, char, String, (), bytes::Bytes, Option<u8>, Vec<u8>,
        [u8; 1], [u8; 2], (u8, u16), (u16, u8), BTreeMap<u8, u8>, Vec<(u8, u8)>, Vec<Vec<u8>>, Option<Vec<u8>>,
        Vec<Option<u8>>, crate::zoo::Generic<u8>, crate::zoo::Generic<u16>, (crate::zoo::Generic<u8>, crate::zoo::Generic<u16>),
        (crate::zoo::Generic<u16>, crate::zoo::Generic<u8>), serde_json::Value, HoldsPicky, crate::zoo::Flat, (Mixed, u8), (Mixed, u16),
    );
}

/// Fingerprints stand in the keys of stored entries: these may never change.
#[test]
fn golden() {
    let hex = |print: [u8; 16]| print.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let golden = [
        ("f64", shape_of::<f64>().fingerprint(), "3766c6bbcb3e712ef133b3cd9ad37b82"),
        (
            "Plain",
            shape_of::<crate::zoo::Plain>().fingerprint(),
            "eefe1c48c6bf3cba66bd87b53f901957",
        ),
        ("Expr", shape_of::<crate::zoo::Expr>().fingerprint(), "1c1edac944ccac74b701e6429f883f7c"),
        ("Tree", shape_of::<crate::zoo::Tree>().fingerprint(), "b778db8840da9bac5b87eb50e0f929e8"),
        ("Keys", shape_of::<crate::zoo::Keys>().fingerprint(), "b006025cd7a5742722ed9dbc65825bf5"),
    ];
    for (name, print, expected) in golden {
        assert_eq!(hex(print), expected, "{name}");
    }
}
