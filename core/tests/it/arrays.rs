//! Arrays of every element type, order and shape: through both codecs, inside of a value and beside it, and their digests.

use crate::elements::{bits, filled, stored};
use crate::properties::for_every_element;
use bytes::Bytes;
use larder_core::codec::{Codecs, EncodeOptions, Encoded, Storable, decode, encode};
use larder_core::digest::digest_serde;
use larder_core::shape::{Coverage, shape_of};
use larder_core::{Array, Digest, Element, Order};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

fn encoded<T: Storable>(value: &T) -> Encoded {
    encode(value, &EncodeOptions::default()).unwrap()
}

fn decoded<T: Storable>(encoded: &Encoded) -> T {
    decode(encoded.codec, &encoded.payload, &encoded.buffers, &Codecs::default()).unwrap()
}

/// Postcard cannot carry it: the first field is sometimes left out.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct SelfDescribing<T: Element> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<u8>,
    array: Array<T>,
}

fn round_trips<T: Element>(order: Order, shape: &[usize], seed: u64) {
    let array = filled::<T>(order, shape, seed);
    let beside = usize::from(size_of_val(&array[..]) >= 4096);

    let plain = encoded(&array);
    assert_eq!((plain.codec.as_str(), plain.buffers.len()), ("postcard", beside));
    let back: Array<T> = decoded(&plain);
    assert_eq!(bits(&back), bits(&array));
    if let [buffer] = &plain.buffers[..] {
        assert_eq!(buffer.as_ptr(), array.as_ptr().cast(), "written without a copy");
        assert_eq!(back.as_ptr(), array.as_ptr(), "read without a copy");
        assert!(plain.payload.len() < 64);
    }
    for note in [None, Some(3)] {
        let value = SelfDescribing { note, array: array.clone() };
        let encoded = encoded(&value);
        let codec = if note.is_none() { "cbor" } else { "postcard" };
        assert_eq!((encoded.codec.as_str(), encoded.buffers.len()), (codec, beside));
        let back: SelfDescribing<T> = decoded(&encoded);
        assert_eq!((back.note, bits(&back.array)), (note, bits(&array)));
    }

    let digest = |write: &dyn Fn(&mut Digest)| {
        let mut digest = Digest::new();
        write(&mut digest);
        digest.finish().unwrap()
    };
    let own = digest(&|digest| _ = digest.value(&array));
    assert_eq!(own, digest(&|digest| digest_serde(&array, digest)));
    assert_eq!(own, digest(&|digest| _ = digest.value(&back)));
    for order in [Order::C, Order::F] {
        let moved = array.to_order(order);
        assert_eq!(own, digest(&|digest| _ = digest.value(&moved)));
        let (ours, theirs) = (stored(array.logical()), stored(moved.logical()));
        assert_eq!(ours, theirs);
        assert_eq!(bits(&moved.to_order(array.order())), bits(&array));
    }
    assert_eq!(bits(&array.transpose().transpose()), bits(&array));
}

for_every_element!(round_trips, 40);

#[test]
fn to_other_serializers_an_array_is_whole() {
    let array = Array::from_shape_vec_in(Order::F, [2, 2], vec![1.5, 2.0, 3.0, 4.0]).unwrap();
    let json = serde_json::to_string(&array).unwrap();
    assert_eq!(json, r#"{"element":"f64","order":"F","shape":[2,2],"elements":[1.5,2.0,3.0,4.0]}"#);
    assert_eq!(bits(&serde_json::from_str::<Array<f64>>(&json).unwrap()), bits(&array));
    for (bad, why) in [
        (json.replace("f64", "f32"), "unknown variant `f32`, expected `f64`"),
        (json.replace("[2,2]", "[2,3]"), "has 6 elements, not 4"),
        (json.replace("[2,2]", "[4611686018427387904,4]"), "larger than memory"),
        (json.replace("\"F\"", "\"G\""), "unknown variant `G`"),
    ] {
        let error = serde_json::from_str::<Array<f64>>(&bad).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn the_element_type_is_part_of_the_shape() {
    let prints = [
        shape_of::<Array<f64>>(),
        shape_of::<Array<u64>>(),
        shape_of::<Array<usize>>(),
        shape_of::<Vec<f64>>(),
    ];
    assert!(prints.iter().all(|shape| *shape.coverage() == Coverage::Whole));
    let mut distinct: Vec<_> = prints.iter().map(|shape| shape.fingerprint()).collect();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), prints.len());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Doubles(Array<f64>),
    Numbers(Array<u64>),
}

#[test]
fn an_untagged_enum_tells_arrays_by_their_elements() {
    for len in [3, 4000] {
        let value = Untagged::Numbers((0..len).collect());
        let encoded = encoded(&value);
        assert_eq!(encoded.codec.as_str(), "cbor");
        assert_eq!(decoded::<Untagged>(&encoded), value);
    }
}

#[test]
fn arrays_in_a_hash_map_keep_their_buffers_through_the_self_describing_codec() {
    let value: std::collections::HashMap<String, Untagged> = (0..50u64)
        .map(|i| (format!("key {i}"), Untagged::Numbers(vec![i / 2; 600].into())))
        .collect();
    let encoded = encoded(&value);
    assert_eq!((encoded.codec.as_str(), encoded.buffers.len()), ("cbor", 50));
    assert_eq!(decoded::<std::collections::HashMap<String, Untagged>>(&encoded), value);
}

#[test]
fn clones_and_slices_share_what_is_written() {
    let array = Array::from(vec![1.0f64; 10_000]);
    let halves = (array.slice(..5000).unwrap(), array.slice(5000..).unwrap());
    let encoded = encoded(&(array.clone(), halves, array.clone()));
    let lengths: Vec<_> = encoded.buffers.iter().map(Bytes::len).collect();
    assert_eq!(lengths, [80_000, 40_000, 40_000]);
    type Value = (Array<f64>, (Array<f64>, Array<f64>), Array<f64>);
    let (first, _, last) = decoded::<Value>(&encoded);
    assert_eq!(first.as_ptr(), last.as_ptr());
}

/// JSON as a codec, as a user would add it.
#[derive(Debug)]
struct Json;

impl larder_core::codec::Codec for Json {
    fn name(&self) -> &str {
        "text"
    }

    fn encode(
        &self,
        value: &larder_core::codec::Value<'_>,
        out: &mut Vec<u8>,
    ) -> larder_core::Result<()> {
        serde_json::to_writer(out, value).unwrap();
        Ok(())
    }

    fn decode(
        &self,
        bytes: &[u8],
        slot: &mut larder_core::codec::Slot<'_>,
    ) -> larder_core::Result<()> {
        slot.fill(&mut serde_json::Deserializer::from_slice(bytes)).unwrap();
        Ok(())
    }
}

#[test]
fn a_codec_of_ones_own_writes_arrays_whole() {
    let twins = vec![Array::from(vec![7u32; 2000]), Array::from(vec![7u32; 2000])];
    let encoded = encode(&twins, &EncodeOptions::new(&Json)).unwrap();
    assert!(encoded.buffers.is_empty() && encoded.payload.starts_with(b"[{\"element\":\"u32\""));
    let mut codecs = Codecs::default();
    codecs.register(Json).unwrap();
    let back: Vec<Array<u32>> = decode(encoded.codec, &encoded.payload, &[], &codecs).unwrap();
    assert_eq!(back, twins);
}

/// A `Serialize` that encodes a value of its own on the way, and one that panics.
struct Nested(Array<u64>);

impl Serialize for Nested {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = encode(&Array::from(vec![1u8; 5000]), &EncodeOptions::default()).unwrap();
        assert_eq!(inner.buffers.len(), 1);
        assert!(self.0.len() != 1000, "this one panics");
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Array::deserialize(deserializer).map(Self)
    }
}

#[test]
fn encoders_nest_and_panics_leave_nothing_behind() {
    let encoded_nested = encoded(&Nested(vec![5; 2000].into()));
    assert_eq!(encoded_nested.buffers.len(), 1);
    assert_eq!(decoded::<Nested>(&encoded_nested).0[..], [5; 2000]);

    std::panic::catch_unwind(|| encoded(&Nested(vec![5; 1000].into()))).unwrap_err();
    let json = serde_json::to_string(&Array::from(vec![0u8; 5000])).unwrap();
    assert!(json.contains("[0,0,0"), "no encoder is active any more");
}

#[test]
fn vectors_with_bulk_stand_beside_the_value() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Model {
        #[serde(with = "larder_core::bulk")]
        counts: Vec<u32>,
        #[serde(with = "larder_core::bulk")]
        mask: Box<[bool]>,
        #[serde(with = "larder_core::bulk")]
        short: Vec<i16>,
    }
    let model = Model { counts: vec![70_000; 5000], mask: [true; 5000].into(), short: vec![-1; 3] };
    let beside = encoded(&model);
    assert_eq!((beside.codec.as_str(), beside.buffers.len()), ("postcard", 2));
    assert_eq!((beside.buffers[0].len(), beside.buffers[1].len()), (20_000, 5000));
    assert_eq!(decoded::<Model>(&beside), model);

    let table = Array::from_shape_vec([2, 2], vec![1_u32; 4]).unwrap();
    let table = serde_json::to_value(table).unwrap();
    let error = larder_core::bulk::deserialize::<Vec<u32>, _>(table).unwrap_err();
    assert!(error.to_string().contains("an array of 2 dimensions is no array of 1"), "{error}");
}
