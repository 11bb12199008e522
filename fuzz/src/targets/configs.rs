//! Stores, configurations, sizes and times as text.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use larder::compress::Compression;
use larder::units::{ByteSize, TimeSpan};
use larder::{Config, Error, StoreConfig};

use super::behind;

/// Stands in every secret, and nowhere else.
const CANARY: &str = "kAnArY-58c1";

/// The first byte says as what the rest is read.
pub(crate) fn check(bytes: &[u8]) {
    let [first, rest @ ..] = bytes else { return };
    let Ok(text) = str::from_utf8(rest) else { return };
    match first % 6 {
        0 => store(text),
        1 => document(Config::from_json(text)),
        2 => document(Config::from_toml(text)),
        3 => stays::<ByteSize>(text),
        4 => stays::<TimeSpan>(text),
        _ => stays::<Compression>(text),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let stores = [
        "./cache",
        "~/cache",
        "memory:",
        "sqlite:results/cache.db?cache_size=64M&read_only=true",
        "s3://bucket/prefix?region=eu-west-1&secret_access_key=a%20b",
        "https://user:password@host/path?password=x",
        "tiered:?near=memory:&far=%7B%22backend%22:%22local%22,%22location%22:%22./a%22%7D",
    ];
    let json = r#"{"memory": {"store": "memory:", "compress": "zstd:3", "hot_bytes": "1M", "verify": "full",
        "mmap_mode": "r", "on_store_error": "fail"}, "parallel": {"n_jobs": -1, "backend": "threading"}}"#;
    let toml = "[memory]\nstore = { backend = \"local\", location = \"x\" }\nverbose = 1\nhot_for = \"1h\"\n\
        lease = false\n[parallel]\nn_jobs = 2\nbatch_size = \"auto\"\n";
    let sizes = ["64M", "1.5 GiB", "0", "18446744073709551615"];
    let times = ["1h 30m", "250ms", "1.5d", "0s"];
    let compressions = ["zlib:9", "true", "false", "3", "zstd:3+shuffle", "none"];
    [
        behind(0, stores),
        behind(1, [json]),
        behind(2, [toml]),
        behind(3, sizes),
        behind(4, times),
        behind(5, compressions),
    ]
    .concat()
}

fn store(text: &str) {
    if text.contains(CANARY) {
        return;
    }
    let config: StoreConfig = match text.parse() {
        Ok(config) => config,
        Err(error) => return assert!(error.is_invalid(), "{error}"),
    };
    let bare = config.without_secrets();
    assert_eq!(bare.without_secrets(), bare, "what was left is a secret");
    reads_back(&bare);
    let json = serde_json::to_string(&config).expect("texts are JSON");
    assert_eq!(serde_json::from_str::<StoreConfig>(&json).expect("its own JSON"), config);

    // However deep it lies, and in whatever form.
    let secret = config.option("api_token", CANARY);
    let json = serde_json::to_string(&secret).expect("texts are JSON");
    let near = StoreConfig::new("tiered").option("near", "memory:").option("far", json);
    for shown in [&secret, &near] {
        for text in [shown.to_string(), format!("{shown:?}")] {
            assert!(!text.contains(CANARY), "a secret is shown: {text}");
        }
        reads_back(&shown.without_secrets());
    }
}

fn reads_back(bare: &StoreConfig) {
    let text = bare.to_string();
    let read: StoreConfig = text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(read.to_string(), text);
    assert_eq!(read.backend, bare.backend, "{text:?}");
    // A URL with a percent sign for a character is the same URL; what else a location is, is literal.
    if bare.location.as_ref().is_none_or(|location| !location.contains("//")) {
        assert_eq!(read.location, bare.location, "{text:?}");
    }
}

fn document(read: Result<Config, Error>) {
    match read {
        Ok(config) => {
            let json = serde_json::to_string(&config).expect("a configuration is JSON");
            let back = Config::from_json(&json).unwrap_or_else(|error| panic!("{json}: {error}"));
            assert_eq!(serde_json::to_string(&back).expect("as before"), json);
        }
        Err(error) => assert!(error.is_invalid(), "{error}"),
    }
}

fn stays<T: FromStr<Err = Error> + Display + PartialEq + Debug>(text: &str) {
    match text.parse::<T>() {
        Ok(value) => {
            let shown = value.to_string();
            let back: T = shown.parse().unwrap_or_else(|error| panic!("{shown:?}: {error}"));
            assert_eq!(back, value, "{shown:?}");
        }
        Err(error) => assert!(error.is_invalid(), "{error}"),
    }
}
