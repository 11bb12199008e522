//! What was sealed is opened, and nothing else is.

use super::*;

fn key() -> Key {
    Key::new(&format!("package/function/0123456789abcdef/{}", "5e".repeat(32))).unwrap()
}

fn sealed(buffers: Vec<Bytes>) -> Vec<u8> {
    let seal = Seal {
        subject: Subject::Entry(&key()),
        codec: Some(ShortName::new("postcard").unwrap()),
        compressor: None,
        created: UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_456),
        duration: Duration::from_millis(1500),
        metadata: b"{\"function\":\"f\"}\n",
        payload: b"the value".to_vec(),
        raw_len: 9,
        buffers,
    };
    seal.seal().into_bytes().unwrap().to_vec()
}

#[test]
fn a_large_payload_is_not_copied_and_sealed_as_a_small_one() {
    let payload = vec![3; COPIED + 1];
    let at = payload.as_ptr();
    let seal = Seal {
        subject: Subject::Dump([7; 16]),
        codec: None,
        compressor: None,
        created: UNIX_EPOCH,
        duration: Duration::ZERO,
        metadata: b"{}\n",
        raw_len: payload.len() as u64,
        payload,
        buffers: vec![Bytes::from_static(b"buffer")],
    };
    let sealed = seal.seal();
    let crate::Segment::Bytes(second) = &sealed.segments()[1];
    assert_eq!(second.as_ptr(), at);
    let bytes = sealed.into_bytes().unwrap();
    let header = Header::of_any(&bytes, &Subject::DUMP).unwrap();
    assert_eq!(header.digest, [7; 16]);
    let opened = Opened::with_header(header, bytes).unwrap();
    assert_eq!(opened.payload(), vec![3; COPIED + 1]);
    assert_eq!(opened.buffers().unwrap(), [b"buffer".as_slice()]);
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
    assert_eq!(opened.buffers().unwrap(), buffers);
    assert!(
        opened
            .buffers()
            .unwrap()
            .iter()
            .all(|b| (b.as_ptr() as usize - bytes.as_ptr() as usize).is_multiple_of(64))
    );
    assert_eq!(opened.header.codec.unwrap().as_str(), "postcard");
    assert_eq!(opened.header.duration, Duration::from_millis(1500));
    assert_eq!(opened.header.created, UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_456));
    assert_eq!(opened.header.metadata(&bytes).unwrap(), b"{\"function\":\"f\"}\n");
}

#[test]
fn every_flipped_byte_is_found() {
    let good = sealed(Vec::new());
    for at in 0..good.len() {
        for mask in [1u8, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= mask;
            let opened = Opened::new(bad.clone().into(), &key());
            if metadata_range().contains(&at) {
                let header = opened.expect("a hit does not look at the metadata").header;
                assert!(matches!(header.metadata(&bad), Err(Reject::Corrupt(_))), "byte {at}");
            } else if at < 10 {
                assert!(matches!(opened, Err(Reject::Foreign(_))), "byte {at}: {opened:?}");
            } else {
                assert!(matches!(opened, Err(Reject::Corrupt(_))), "byte {at}: {opened:?}");
            }
        }
    }
}

#[test]
fn every_flipped_byte_of_a_buffer_is_found() {
    let good = sealed(vec![Bytes::from(vec![7; 10])]);
    for at in good.len() - 10..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(matches!(
            Opened::new(bad.into(), &key()).unwrap().buffers(),
            Err(Reject::Corrupt(_))
        ));
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
        let sum = checksum(&bad[..120], &[&payload]);
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
    new[10] = 1;
    let sum = checksum(&new[..120], &[&new[metadata_range().end..]]);
    new[120..128].copy_from_slice(&sum.to_le_bytes());
    assert!(matches!(Opened::new(new.into(), &key()), Err(Reject::Foreign(_))));
}
