//! Bytes that nobody wrote: an error or some value, never a panic, an endless loop or a huge reservation.

use std::fmt::Debug;

use larder_core::ShortName;
use larder_core::codec::{
    Cbor, Codec, Codecs, EncodeOptions, Slot, Storable, Value, decode, encode,
};

use crate::watched;
use crate::zoo::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

/// Damages the bytes of some values everywhere: every truncation, every byte flipped in several ways, lengths blown up.
fn survives<T: Storable + Debug>(values: impl Strategy<Value = T>) {
    let codecs = Codecs::default();
    let mut runner = TestRunner::deterministic();
    for round in 0..12 {
        let value = values.new_tree(&mut runner).unwrap().current();
        let options = [EncodeOptions::default(), EncodeOptions::new(&Cbor)];
        let encoded = encode(&value, &options[round % 2]).unwrap();
        let read = |bytes: &[u8]| decode::<T>(encoded.codec, bytes, &[], &codecs);
        for cut in 0..encoded.payload.len() {
            if let Ok(value) = read(&encoded.payload[..cut]) {
                panic!("{cut} of {} bytes are {value:?}", encoded.payload.len());
            }
        }
        let longer = [&encoded.payload[..], &[0]].concat();
        assert!(read(&longer).unwrap_err().is_decode());
        for at in 0..encoded.payload.len() {
            let mut damaged = encoded.payload.clone();
            for mask in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                damaged[at] = encoded.payload[at] ^ mask;
                drop(read(&damaged));
            }
            damaged.splice(at..=at, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
            drop(read(&damaged));
            damaged.splice(at..at + 10, [0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
            drop(read(&damaged));
        }
    }
    assert!(watched::largest() <= 2 << 20, "{} bytes were asked for at once", watched::largest());
}

macro_rules! survive {
    ($($name:ident: $strategy:expr;)*) => {$(
        #[test]
        fn $name() {
            survives($strategy);
        }
    )*};
}

survive! {
    structs: strict();
    fields_left_out: nested();
    flattened: flat();
    enums: plain();
    enums_internally_tagged: internal();
    enums_adjacently_tagged: adjacent();
    enums_untagged: untagged();
    expressions: expr();
    trees: tree();
    options_of_options: options();
    maps: keys();
    bytes_and_nothings: bytes();
    of_the_standard_library: standard();
    lists_of_nothing: proptest::collection::vec(Just(()), 0..9);
    maps_that_reserve: reserving();
}

/// A map that reserves room for as many entries as it is told there are, as some do.
#[derive(Debug, PartialEq)]
struct Reserving(Vec<(u64, u64)>);

impl serde::Serialize for Reserving {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(k, v)| (k, v)))
    }
}

impl<'de> serde::Deserialize<'de> for Reserving {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Reserving;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Reserving, A::Error> {
                let mut entries = Vec::with_capacity(map.size_hint().unwrap_or(0));
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Reserving(entries))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

fn reserving() -> impl Strategy<Value = Reserving> {
    proptest::collection::vec(any::<(u64, u64)>(), 0..9).prop_map(Reserving)
}

/// On a thread with the smallest usual stack.
#[test]
fn bottomless_nesting_is_refused() {
    let ends = |codec: &'static str, bytes: Vec<u8>| {
        std::thread::Builder::new()
            .stack_size(2 << 20)
            .spawn(move || {
                let codec = ShortName::new(codec).unwrap();
                decode::<Tree>(codec, &bytes, &[], &Codecs::default()).unwrap_err()
            })
            .unwrap()
            .join()
            .unwrap()
    };
    // v = 0, left = Some(v = 0, left = Some( …
    assert!(ends("postcard", [0, 1].repeat(1_000_000)).is_decode());
    let level = b"\xa3\x61v\x00\x64left";
    assert!(ends("cbor", level.repeat(1_000_000)).is_decode());
    // A field nobody knows, passed over.
    assert!(ends("cbor", [&b"\xa1\x61z"[..], &[0x81; 1_000_000]].concat()).is_decode());
}

#[test]
fn values_as_deep_as_allowed_fit_on_a_small_stack() {
    let deepest = || {
        (0..126).fold(Tree { v: 0, left: None, kids: vec![] }, |inner, _| Tree {
            v: 1,
            left: Some(Box::new(inner)),
            kids: vec![],
        })
    };
    let small = std::thread::Builder::new().stack_size(2 << 20);
    let thread = small.spawn(move || {
        for options in [EncodeOptions::default(), EncodeOptions::new(&Cbor)] {
            let encoded = encode(&deepest(), &options).unwrap();
            let back: Tree =
                decode(encoded.codec, &encoded.payload, &[], &Codecs::default()).unwrap();
            assert_eq!(back, deepest());
        }
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn postcard_bytes_are_not_read_as_a_type_that_never_wrote_them() {
    let postcard = ShortName::new("postcard").unwrap();
    let codecs = Codecs::default();
    for bytes in [&[0u8][..], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]] {
        let error = decode::<Vec<()>>(postcard, bytes, &[], &codecs).unwrap_err();
        assert!(error.message().contains("not stored as postcard"), "{error}");
    }
    let error =
        decode::<u8>(postcard, &[1], &[bytes::Bytes::from_static(b"x")], &codecs).unwrap_err();
    assert!(error.is_decode() && error.message().contains("1 buffers"), "{error}");
}

/// Breaks its contract in the way its name says.
#[derive(Debug)]
struct Broken(&'static str);

impl Codec for Broken {
    fn name(&self) -> &str {
        self.0
    }
    fn encode(&self, value: &Value<'_>, out: &mut Vec<u8>) -> larder_core::Result<()> {
        Cbor.encode(value, out)
    }
    fn decode(&self, bytes: &[u8], slot: &mut Slot<'_>) -> larder_core::Result<()> {
        match self.0 {
            "fills-nothing" => Ok(()),
            "fills-another" => Cbor.decode(b"\x07", slot),
            _ => Cbor.decode(bytes, slot),
        }
    }
}

#[test]
fn a_codec_that_breaks_its_contract_stores_nothing() {
    let bug = encode(&3u8, &EncodeOptions::new(&Broken("fills-nothing"))).unwrap_err();
    assert!(bug.is_bug() && bug.get("codec") == Some("fills-nothing"), "{bug}");
    let other = encode(&3u8, &EncodeOptions::new(&Broken("fills-another"))).unwrap_err();
    assert!(other.is_encode() && other.message().contains("come back different"), "{other}");
    let unnamed = encode(&3u8, &EncodeOptions::new(&Broken("No Name"))).unwrap_err();
    assert!(unnamed.is_invalid(), "{unnamed}");
}

#[test]
fn codecs_are_told_apart_by_name() {
    let mut codecs = Codecs::default();
    codecs.register(Broken("yours")).unwrap();
    assert_eq!(codecs.names().collect::<Vec<_>>(), ["cbor", "json", "postcard", "yours"]);
    let taken = codecs.register(Broken("cbor")).unwrap_err();
    assert!(taken.message().starts_with("there is a codec named \"cbor\" already"), "{taken}");
    assert!(codecs.replace(Broken("yours")).unwrap() && !codecs.replace(Broken("mine")).unwrap());
    let own = codecs.replace(Broken("cbor")).unwrap_err();
    assert!(own.is_invalid() && own.message().contains("one of larder's own"), "{own}");
    let unknown =
        decode::<u8>(ShortName::new("postcart").unwrap(), &[1], &[], &codecs).unwrap_err();
    assert_eq!(
        unknown.message(),
        "unknown codec `postcart` (did you mean `postcard`?), known: `cbor`, `json`, `mine`, `postcard`, `yours`"
    );
}
