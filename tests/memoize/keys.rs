//! What the key is made of, and the other options that decide on hit or miss.

use std::time::Duration;

use larder::{Lookup, Metadata, MissReason, memoize};

use crate::{memory, ran, runs};

/// Neither `Debug` nor anything that could be digested.
struct Connection(u8);

#[memoize(ignore(connection, arg2))]
fn query(connection: &Connection, table: &str, (low, _high): (u8, u8)) -> usize {
    ran();
    table.len() + usize::from(connection.0) + usize::from(low)
}

#[test]
fn ignored_arguments_are_neither_digested_nor_written_down() {
    let memory = memory();
    let handle = memory.cache::<query>();
    runs();
    assert_eq!(handle.call(&Connection(0), "abc", (0, 1)).unwrap(), 3);
    assert_eq!(handle.call(&Connection(1), "abc", (2, 3)).unwrap(), 3);
    assert_eq!(runs(), 1);
    let Lookup::Hit(entry) = handle.with(&Connection(2), "abc", (4, 5)).lookup().unwrap() else {
        panic!("just computed")
    };
    let written: Vec<_> = entry.metadata.arguments.iter().map(|a| (&*a.name, &*a.value)).collect();
    assert_eq!(written, [("table", "\"abc\"")]);
}

mod one {
    #[larder::memoize(ignore(a), version = 1, name = "rules")]
    pub(super) fn f(a: u8, b: u8) -> (u8, u8) {
        (a, b)
    }
}
mod other {
    #[larder::memoize(ignore(b), version = 1, name = "rules")]
    pub(super) fn f(a: u8, b: u8) -> (u8, u8) {
        (a, b)
    }
}
mod third {
    #[larder::memoize(key = |b| *b, version = 1, name = "rules")]
    pub(super) fn f(a: u8, b: u8) -> (u8, u8) {
        (a, b)
    }
}

#[test]
fn another_rule_for_the_key_is_another_version() {
    let memory = memory();
    let keys = [
        memory.cache::<one::f>().with(1, 2).key().unwrap(),
        memory.cache::<other::f>().with(2, 1).key().unwrap(),
        memory.cache::<third::f>().with(1, 2).key().unwrap(),
    ];
    assert_eq!(keys[0].digest(), keys[1].digest(), "both digest the number 2 alone");
    assert_ne!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
}

#[memoize(key = |digest, path| (path.to_lowercase(), digest.0 % 10))]
fn keyed(path: &str, ignored: f32, digest: (u8,)) -> String {
    ran();
    format!("{path} {ignored} {digest:?}")
}

#[test]
fn a_key_of_ones_own() {
    let memory = memory();
    let handle = memory.cache::<keyed>();
    runs();
    assert_eq!(handle.call("Path", 0.5, (1,)).unwrap(), "Path 0.5 (1,)");
    assert_eq!(handle.call("pATH", 1.5, (11,)).unwrap(), "Path 0.5 (1,)");
    assert_eq!(runs(), 1);
    assert_eq!(handle.call("path", 0.5, (2,)).unwrap(), "path 0.5 (2,)");
    assert_eq!(runs(), 1);
    let Lookup::Hit(entry) = handle.with("path", 0.5, (2,)).lookup().unwrap() else {
        panic!("just computed")
    };
    let written: Vec<_> = entry.metadata.arguments.iter().map(|a| &*a.name).collect();
    assert_eq!(written, ["path", "digest"]);
}

#[memoize(key = |text| -> &str { text.trim() })]
fn borrowed_key(text: &str) -> usize {
    ran();
    text.len()
}

#[test]
fn a_key_may_borrow_from_the_arguments() {
    let memory = memory();
    runs();
    let handle = memory.cache::<borrowed_key>();
    assert_eq!([handle.call(" a").unwrap(), handle.call("a  ").unwrap()], [2, 2]);
    assert_eq!(runs(), 1);
}

#[memoize(expires_after = Duration::ZERO)]
fn expired_at_once(x: u8) -> u8 {
    ran();
    x
}

#[memoize(expires_after = "1h 30m")]
fn expires_later(x: u8) -> u8 {
    ran();
    x
}

fn of_this_process(entry: &Metadata) -> bool {
    entry.process == std::process::id()
}

#[memoize(validate = of_this_process)]
fn accepted(x: u8) -> u8 {
    ran();
    x
}

#[memoize(validate = |entry| entry.arguments.is_empty())]
fn rejected(x: u8) -> u8 {
    ran();
    x
}

#[test]
fn expiry_and_validation_decide_on_a_hit() {
    let memory = memory();
    memory.scope(|| {
        runs();
        for _ in 0..2 {
            assert_eq!((accepted(1), expires_later(1)), (1, 1));
        }
        assert_eq!(runs(), 2);
        for _ in 0..2 {
            assert_eq!((rejected(1), expired_at_once(1)), (1, 1));
        }
        assert_eq!(runs(), 4);
    });
    let expired = memory.cache::<expired_at_once>().with(1).lookup().unwrap();
    assert_eq!(expired, Lookup::Miss(MissReason::Expired));
    let rejected = memory.cache::<rejected>().with(1).lookup().unwrap();
    assert_eq!(rejected, Lookup::Miss(MissReason::Rejected));
}

#[memoize(codec = "no-such-codec")]
fn unknown_codec(x: u8) -> u8 {
    x
}

#[memoize(compress = "no-such-compressor")]
fn unknown_compressor(x: u8) -> u8 {
    x
}

#[test]
fn codec_and_compressor_reach_the_memory() {
    let codec = memory().try_cache::<unknown_codec>().unwrap_err();
    assert!(codec.to_string().contains("no-such-codec"), "{codec}");
    assert_eq!((unknown_codec(1), unknown_compressor(1)), (1, 1), "without a memory");
    let compressor = memory().try_cache::<unknown_compressor>().unwrap_err();
    assert!(compressor.to_string().contains("no-such-compressor"), "{compressor}");
}

#[memoize(verbose = 11, expires_after = "1d", validate = of_this_process, codec = "postcard", compress = "none")]
fn every_option(x: u8) -> u8 {
    x
}

#[test]
fn options_are_written_down() {
    use larder::Memoize;
    let options = every_option::OPTIONS;
    assert_eq!(options.verbose, Some(11));
    assert_eq!(options.expires_after, Some(Duration::from_secs(86_400)));
    assert!(options.validate.is_some());
    assert_eq!((options.codec, options.compress), (Some("postcard"), Some("none")));
    let none = query::OPTIONS;
    assert_eq!(
        (none.verbose, none.expires_after, none.codec, none.compress),
        (None, None, None, None)
    );
    assert!(none.validate.is_none());
    assert_eq!(memory().cache::<every_option>().call(3).unwrap(), 3);
}
