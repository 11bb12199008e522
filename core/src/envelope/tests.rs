use std::io::{self, Read, Write};

use super::*;
use crate::compress::Compressor;

fn key() -> Key {
    Key::new(&format!("package/function/0123456789abcdef/{}", "5e".repeat(32))).unwrap()
}

fn sealed(buffers: Vec<Bytes>) -> Vec<u8> {
    sealed_with(None, buffers)
}

fn sealed_with(compressor: Option<&dyn Compressor>, buffers: Vec<Bytes>) -> Vec<u8> {
    sealed_by(None, compressor, buffers)
}

fn sealed_by(
    signers: Option<&Signers>,
    compressor: Option<&dyn Compressor>,
    buffers: Vec<Bytes>,
) -> Vec<u8> {
    let value = Value {
        payload: b"the value".to_vec(),
        buffers,
        compressor: compressor.map(|c| (c, None)),
        ..Value::default()
    };
    let seal = Seal {
        subject: Subject::Entry(&key()),
        codec: Some(ShortName::new("postcard").unwrap()),
        created: UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_456),
        duration: Duration::from_millis(1500),
        metadata: b"{\"function\":\"f\"}\n",
        signers,
        value,
    };
    seal.seal().unwrap().into_payload().unwrap().into_bytes().unwrap().to_vec()
}

fn buffers_of(opened: &Opened) -> Vec<Bytes> {
    opened.value(None, Verify::Read).unwrap().1
}

fn metadata_range() -> Range<usize> {
    PRELUDE..PRELUDE + 17
}

#[test]
fn what_was_sealed_is_opened() {
    let buffers = vec![Bytes::from(vec![7; 100]), Bytes::new(), Bytes::from(vec![8; 64])];
    let bytes = Bytes::from(sealed(buffers.clone()));
    let opened = Opened::new(bytes.clone(), &key()).unwrap();
    assert_eq!(opened.payload(), "the value");
    assert_eq!(buffers_of(&opened), buffers);
    assert!(
        buffers_of(&opened)
            .iter()
            .all(|b| (b.as_ptr() as usize - bytes.as_ptr() as usize).is_multiple_of(64))
    );
    assert_eq!(opened.header.codec.unwrap().as_str(), "postcard");
    assert_eq!(opened.header.duration, Duration::from_millis(1500));
    assert_eq!(opened.header.created, UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_456));
    assert_eq!(opened.header.metadata(&bytes).unwrap(), b"{\"function\":\"f\"}\n");
}

/// Wherever it is: in the prelude, the table, the payload, a buffer, or the zeros between.
#[test]
fn every_flipped_byte_is_found() {
    for buffers in [vec![], [10, 100, 0, 64, 1].map(|len| Bytes::from(vec![7; len])).to_vec()] {
        let good = sealed(buffers);
        for at in 0..good.len() {
            for mask in [1u8, 0x80, 0xff] {
                let mut bad = good.clone();
                bad[at] ^= mask;
                let opened = Opened::new(bad.clone().into(), &key());
                if metadata_range().contains(&at) {
                    let header = opened.expect("a hit does not look at the metadata").header;
                    assert!(matches!(header.metadata(&bad), Err(Reject::Corrupt(_))), "byte {at}");
                    continue;
                }
                let value = opened.and_then(|opened| opened.value(None, Verify::Read));
                if at < 10 {
                    assert!(matches!(value, Err(Reject::Foreign(_))), "byte {at}: {value:?}");
                } else {
                    assert!(matches!(value, Err(Reject::Corrupt(_))), "byte {at}: {value:?}");
                }
            }
        }
    }
}

/// Bytes as they are, behind a byte of its own.
#[derive(Debug)]
struct Marking;

impl Compressor for Marking {
    fn name(&self) -> &str {
        "marking"
    }
    fn magic(&self) -> &[u8] {
        b"!"
    }
    fn extensions(&self) -> &[&str] {
        &[]
    }
    fn levels(&self) -> Option<std::ops::RangeInclusive<i32>> {
        None
    }
    fn compress(
        &self,
        _: Option<i32>,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        output.write_all(b"!")?;
        io::copy(input, output).map(drop)
    }
    fn decompress(&self, _: &mut dyn Read, _: &mut dyn Write) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[test]
fn compressed_buffers_are_a_part_of_the_payload() {
    let buffers = vec![Bytes::from(vec![7; 100]), Bytes::from(vec![8; 64])];
    let opened = Opened::new(sealed_with(Some(&Marking), buffers.clone()).into(), &key()).unwrap();
    let stored = opened.payload();
    let mut expected = [&[7; 100][..], &[0; 28], &[8; 64], b"the value"].concat();
    assert_eq!(stored, [b"!", &expected[..]].concat());
    assert_eq!(opened.header.raw_len, 201);
    assert_eq!(opened.header.compressor.unwrap().as_str(), "marking");
    let value = |stream: &[u8]| opened.value(Some(stream.to_vec().into()), Verify::Read);
    assert_eq!(value(&expected).unwrap(), ("the value".into(), buffers));
    assert_eq!(
        value(&expected[..150]).unwrap_err(),
        Reject::Corrupt("a buffer lies outside of it")
    );
    expected[130] = 9;
    assert_eq!(value(&expected).unwrap_err(), Reject::Corrupt("a buffer's checksum is wrong"));
}

#[test]
fn shuffled_buffers_come_back_from_a_stream_and_from_an_entry() {
    let numbers = |len: u32| Bytes::from((0..len).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
    let buffers = vec![Bytes::from(vec![7; 100]), numbers(1000), numbers(3)];
    let seal = |compressor: Option<&dyn Compressor>| {
        let value = Value {
            payload: b"the value".to_vec(),
            buffers: buffers.clone(),
            element_sizes: vec![1, 4, 4],
            shuffle: true,
            compressor: compressor.map(|compressor| (compressor, None)),
            near: None,
        };
        let seal = Seal {
            subject: Subject::Entry(&key()),
            codec: None,
            created: UNIX_EPOCH,
            duration: Duration::ZERO,
            metadata: b"{}\n",
            signers: None,
            value,
        };
        let sealed = seal.seal().unwrap();
        let mut read = Vec::new();
        sealed.reader().read_to_end(&mut read).unwrap();
        assert_eq!(sealed.into_payload().unwrap().into_bytes().unwrap(), read);
        Opened::new(read.into(), &key()).unwrap()
    };
    let expected = (Bytes::from_static(b"the value"), buffers.clone());

    let opened = seal(Some(&Marking));
    let stream = opened.payload().slice(1..);
    assert_eq!(stream[128..132], [0, 1, 2, 3], "the lowest bytes of all numbers come first");
    assert_eq!(opened.value(Some(stream.to_vec().into()), Verify::Read).unwrap(), expected);
    let mut bad = stream.to_vec();
    bad[130] ^= 1;
    let bad = opened.value(Some(bad.into()), Verify::Read).unwrap_err();
    assert_eq!(bad, Reject::Corrupt("a buffer's checksum is wrong"));

    let opened = seal(None);
    assert_eq!(opened.value(None, Verify::Read).unwrap(), expected);
    assert_eq!(opened.into_value(Verify::Read).unwrap(), expected);
}

#[test]
fn mapped_buffers_are_checked_when_that_is_asked_for() {
    let mut bad = sealed(vec![Bytes::from(vec![7; 100])]);
    *bad.last_mut().unwrap() = 8;
    let read = Opened::new(bad.clone().into(), &key()).unwrap();
    let mapped = Opened::new(crate::store::mapped_bytes(bad), &key()).unwrap();
    assert!(read.value(None, Verify::Read).is_err());
    assert!(mapped.value(None, Verify::Read).is_ok());
    assert!(mapped.value(None, Verify::Full).is_err());
}

#[test]
fn a_long_payload_is_a_piece_of_its_own_under_the_same_checksum() {
    let payload: Vec<u8> = (0..200_000u32).map(|i| i as u8).collect();
    for buffers in [vec![], vec![Bytes::from(vec![7; 100])]] {
        let value =
            Value { payload: payload.clone(), buffers: buffers.clone(), ..Value::default() };
        let seal = Seal {
            subject: Subject::Entry(&key()),
            codec: None,
            created: UNIX_EPOCH,
            duration: Duration::ZERO,
            metadata: b"{}\n",
            signers: None,
            value,
        };
        let sealed = seal.seal().unwrap().into_payload().unwrap();
        assert_eq!(sealed.segments()[1].len(), 200_000);
        let opened = Opened::new(sealed.into_bytes().unwrap(), &key()).unwrap();
        let expected = (Bytes::from(payload.clone()), buffers);
        assert_eq!(opened.value(None, Verify::Read).unwrap(), expected);
    }
}

#[test]
fn every_truncation_and_every_extension_is_found() {
    let good = sealed(vec![Bytes::from(vec![7; 10])]);
    for len in 0..good.len() {
        let cut = Opened::new(good[..len].to_vec().into(), &key());
        assert!(matches!(cut, Err(Reject::Corrupt(_))), "{len}: {cut:?}");
    }
    let long = [&good[..], b"x"].concat();
    assert!(matches!(Opened::new(long.into(), &key()), Err(Reject::Corrupt(_))));
}

#[test]
fn another_keys_entry_is_refused() {
    let other =
        Key::new(&format!("package/function/0123456789abcdef/{}", "5f".repeat(32))).unwrap();
    assert_eq!(
        Opened::new(sealed(Vec::new()).into(), &other).unwrap_err(),
        Reject::Corrupt("it is another key's")
    );
}

#[test]
fn hostile_lengths_are_refused() {
    for (at, width) in [(12, 4), (16, 8), (32, 4)] {
        let mut bad = sealed(Vec::new());
        bad[at..at + width].fill(0xff);
        let payload = bad[PRELUDE..].to_vec();
        let sum = checksum(&bad[..120], &payload);
        bad[120..128].copy_from_slice(&sum.to_le_bytes());
        assert!(
            matches!(Opened::new(bad.into(), &key()), Err(Reject::Corrupt(_))),
            "field at {at}"
        );
    }
}

#[test]
fn an_unknown_flag_with_a_right_checksum_is_of_a_newer_version() {
    let mut new = sealed(Vec::new());
    new[10] = 2;
    let sum = checksum(&new[..120], &new[metadata_range().end..]);
    new[120..128].copy_from_slice(&sum.to_le_bytes());
    assert!(matches!(Opened::new(new.into(), &key()), Err(Reject::Foreign(_))));
}

fn signers() -> Signers {
    Signers::new(b"the secret of these tests", &[])
}

/// What somebody makes who knows everything but the secret: the checksum is right.
fn with_right_sum(mut bytes: Vec<u8>) -> Vec<u8> {
    let header = Header::of_any(&bytes, &Subject::ENTRY).unwrap();
    let Some(covered) = bytes.get(header.metadata_end()..header.payload().end) else {
        return bytes;
    };
    let sum = checksum(&bytes[..SUMMED], covered);
    bytes[SUMMED..PRELUDE].copy_from_slice(&sum.to_le_bytes());
    bytes
}

#[test]
fn no_byte_of_a_signed_entry_can_be_changed_without_the_secret() {
    let buffers = || [100, 64, 1].map(|len| Bytes::from(vec![7; len])).to_vec();
    let good = sealed_by(Some(&signers()), None, buffers());
    let open = |bytes: Vec<u8>| {
        Opened::new(bytes.into(), &key())
            .and_then(|opened| opened.check_signature(&key(), &signers()).map(|()| opened))
    };
    let opened = open(good.clone()).unwrap();
    assert_eq!((opened.payload(), buffers_of(&opened)), ("the value".into(), buffers()));
    let mut forged = 0;
    for at in (0..good.len()).filter(|at| !(SUMMED..PRELUDE).contains(at)) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        if at < 10 {
            continue; // another format: nothing to sum up
        }
        match open(with_right_sum(bad)) {
            Err(Reject::Forged) => forged += 1,
            // Lengths lead out of the entry; the flag says that there is no signature; names are none.
            Err(_) if (10..40).contains(&at) || (56..120).contains(&at) => {}
            other => panic!("byte {at}: {other:?}"),
        }
    }
    assert!(forged > good.len() - 100, "{forged} of {}", good.len());
}

#[test]
fn the_front_of_a_signed_entry_can_be_believed_alone() {
    let good = sealed_by(Some(&signers()), None, Vec::new());
    let check = |front: &[u8], key: &Key, signers: &Signers| {
        let header = Header::of_any(front, &Subject::ENTRY).unwrap();
        header.check_front(front, key, signers).map(drop)
    };
    let end = Header::of_any(&good, &Subject::ENTRY).unwrap().head_end();
    check(&good[..end], &key(), &signers()).unwrap();
    assert!(matches!(check(&good[..end - 1], &key(), &signers()), Err(Reject::Corrupt(_))));
    for at in [40, 56, 72, 104, PRELUDE + 1, end - 1] {
        let mut bad = good[..end].to_vec();
        bad[at] ^= 1;
        assert_eq!(check(&bad, &key(), &signers()), Err(Reject::Forged), "byte {at}");
    }
    let mut moved = key().as_str().to_owned();
    moved.replace_range(..1, "q");
    assert_eq!(check(&good, &Key::new(&moved).unwrap(), &signers()), Err(Reject::Forged));
    let others = Signers::new(b"another secret of these tests", &[]);
    assert_eq!(check(&good, &key(), &others), Err(Reject::Forged));
    let rotated = Signers::new(b"another secret of these tests", &[b"the secret of these tests"]);
    check(&good, &key(), &rotated).unwrap();
    assert_eq!(check(&sealed(Vec::new()), &key(), &signers()), Err(Reject::Unsigned));
}

#[test]
fn a_signature_covers_large_and_compressed_values_and_changes_nothing_else() {
    let large: Vec<u8> = (0..200_000u32).map(|i| i as u8).collect();
    for (compressor, shuffle) in [(None, false), (Some(&Marking as &dyn Compressor), true)] {
        let value = || Value {
            payload: large.clone(),
            buffers: vec![Bytes::from(large.clone())],
            element_sizes: vec![4],
            shuffle,
            compressor: compressor.map(|compressor| (compressor, None)),
            near: None,
        };
        let seal = |signers| {
            let seal = Seal {
                subject: Subject::Entry(&key()),
                codec: None,
                created: UNIX_EPOCH,
                duration: Duration::ZERO,
                metadata: b"{}\n",
                signers,
                value: value(),
            };
            let bytes = seal.seal().unwrap().into_payload().unwrap().into_bytes().unwrap();
            Opened::new(bytes, &key()).unwrap()
        };
        let (signed, plain) = (seal(Some(&signers())), seal(None));
        signed.check_signature(&key(), &signers()).unwrap();
        assert_eq!(plain.check_signature(&key(), &signers()), Err(Reject::Unsigned));
        assert_eq!(signed.payload(), plain.payload());
        assert_eq!(signed.header.metadata(&signed.bytes), plain.header.metadata(&plain.bytes));
    }
}
