//! References to results, as text and as JSON.

use larder::codec::{Codecs, decode};
use larder::{MemoizedResult, ShortName};

use super::behind;

/// The first byte says in which form the rest is.
pub(crate) fn check(bytes: &[u8]) {
    let [first, rest @ ..] = bytes else { return };
    let codec = match first % 4 {
        0 => return text(rest),
        1 => "json",
        2 => "cbor",
        _ => "postcard",
    };
    let codec = ShortName::new(codec).expect("it is a name");
    if let Ok(reference) = decode::<MemoizedResult<u32>>(codec, rest, &[], &Codecs::default()) {
        stays(&reference);
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let key = format!("app/f/0123456789abcdef/{}", "5a".repeat(32));
    let stores =
        ["./cache", "memory:", "sqlite:a%20b.db?cache_size=1M", "s3://bucket/prefix?token=x"];
    let texts = stores.map(|store| format!("{store}#{key}"));
    let json = texts.clone().map(|text| {
        let reference: MemoizedResult<u32> = text.parse().expect("it is one");
        serde_json::to_string(&reference).expect("it has an address")
    });
    let held = r#"{"Value":7}"#.to_owned();
    [behind(0, texts), behind(1, json), behind(1, [held])].concat()
}

fn text(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    match text.parse::<MemoizedResult<u32>>() {
        Ok(reference) => stays(&reference),
        Err(error) => assert!(error.is_invalid(), "{error}"),
    }
}

fn stays(reference: &MemoizedResult<u32>) {
    let Some(key) = reference.key() else {
        assert!(reference.get().is_ok(), "a held value is held");
        return;
    };
    let shown = reference.to_string();
    let back: MemoizedResult<u32> =
        shown.parse().unwrap_or_else(|error| panic!("{shown:?}: {error}"));
    assert_eq!((back.to_string(), back.key()), (shown.clone(), Some(key)));
    let json = serde_json::to_string(reference).expect("it has an address");
    let back: MemoizedResult<u32> = serde_json::from_str(&json).expect("its own JSON");
    assert_eq!((back.to_string(), back.key()), (shown, Some(key)));
}
