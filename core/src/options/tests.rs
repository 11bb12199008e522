use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;
use crate::StoreConfig;
use crate::units::{ByteSize, TimeSpan};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Durability {
    None,
    Full,
    After(u32),
    Between { least: u8, most: u8 },
}

#[derive(Debug, PartialEq, Default, Deserialize)]
#[serde(default)]
struct Retry {
    times: u8,
    wait: TimeSpan,
}

#[derive(Debug, PartialEq, Default, Deserialize)]
#[serde(default)]
struct Options {
    on: bool,
    count: i16,
    huge: u64,
    ratio: f32,
    name: String,
    letter: Option<char>,
    region: Option<String>,
    size: ByteSize,
    tags: Vec<String>,
    ports: Vec<u16>,
    pair: (u8, bool),
    durability: Option<Durability>,
    retry: Retry,
    headers: BTreeMap<String, String>,
    inner: Option<StoreConfig>,
    token: Option<u8>,
    boxed: Option<Box<Options>>,
}

fn url(query: &str) -> Result<Options> {
    format!("mine:x?{query}").parse::<StoreConfig>()?.options()
}

fn json(options: &str) -> Result<Options> {
    from_options(&serde_json::from_str(options).unwrap())
}

#[test]
fn text_is_read_as_whatever_is_asked_for() {
    let query = "on=yes&count=-7&huge=18446744073709551615&ratio=1.5&name=17&letter=x&region=eu&size=10 MiB&tags=a, b\
        &ports=1,2&pair=3,on&durability=full&retry={\"times\": \"3\", \"wait\": \"1m\"}&headers={\"a\": \"b\"}\
        &inner=s3://b%3Fregion=us";
    let expected = Options {
        on: true,
        count: -7,
        huge: u64::MAX,
        ratio: 1.5,
        name: "17".into(),
        letter: Some('x'),
        region: Some("eu".into()),
        size: ByteSize(10 << 20),
        tags: vec!["a".into(), "b".into()],
        ports: vec![1, 2],
        pair: (3, true),
        durability: Some(Durability::Full),
        retry: Retry { times: 3, wait: "1m".parse().unwrap() },
        headers: BTreeMap::from([("a".into(), "b".into())]),
        inner: Some(StoreConfig::new("s3").at("s3://b").option("region", "us")),
        token: None,
        boxed: None,
    };
    assert_eq!(url(query).unwrap(), expected);
}

#[test]
fn types_of_documents_are_kept() {
    let options = json(
        r#"{"on": false, "count": 3, "huge": 18446744073709551615, "ratio": 2, "size": 4096, "tags": ["a,b"], "ports": [],
            "durability": {"after": 3}, "retry": {"wait": 1.5}, "inner": {"backend": "memory"}}"#,
    )
    .unwrap();
    assert_eq!(
        (options.count, options.huge, options.ratio, options.size.0),
        (3, u64::MAX, 2.0, 4096)
    );
    assert_eq!(options.tags, ["a,b"]);
    assert_eq!(options.durability, Some(Durability::After(3)));
    assert_eq!(options.retry.wait, "1500ms".parse().unwrap());
    assert_eq!(options.inner, Some(StoreConfig::new("memory")));
    let between = json(r#"{"durability": {"between": {"least": 1, "most": "2"}}}"#).unwrap();
    assert_eq!(between.durability, Some(Durability::Between { least: 1, most: 2 }));
}

#[test]
fn a_wrong_value_names_option_value_and_what_is_allowed() {
    for (query, message) in [
        ("on=maybe", "option `on` cannot be `maybe`: expected `true` or `false`"),
        (
            "count=40000",
            "option `count` cannot be `40000`: expected a whole number from -32768 to 32767",
        ),
        (
            "count=1.5",
            "option `count` cannot be `1.5`: expected a whole number from -32768 to 32767",
        ),
        ("ratio=half", "option `ratio` cannot be `half`: expected a number"),
        (
            "size=2X",
            "option `size` cannot be `2X`: expected a number of bytes such as `1500`, `512M` or `10 MiB`",
        ),
        (
            "ports=1,many",
            "option `ports` cannot be `many`: expected a whole number from 0 to 65535",
        ),
        (
            "durability=ful",
            "option `durability` cannot be `ful`: unknown (did you mean `full`?), known: `none`, `full`, `after`, `between`",
        ),
        ("retry=3", "option `retry` cannot be `3`: expected a table of options"),
        (
            "retry={\"times\":-1}",
            "option `retry.times` cannot be `-1`: expected a whole number from 0 to 255",
        ),
        (
            "retry={\"tims\":1}",
            "option `retry`: unknown option `tims` (did you mean `times`?), known: `times`, `wait`",
        ),
        (
            "inner=memory:%3Ftoken%3Dhid%26x",
            "option `inner` cannot be `memory:?…`: each option after `?` is written `name=value`",
        ),
        (
            "retry={\"token\": hid}",
            "option `retry`: expected JSON (expected value at line 1 column 11)",
        ),
        ("token=hid", "option `token` has a value it cannot have (a secret, not shown)"),
    ] {
        let error = url(query).unwrap_err();
        assert!(error.is_invalid());
        assert_eq!(error.message(), message, "{query}");
    }
    assert_eq!(
        json(r#"{"name": 3}"#).unwrap_err().message(),
        "option `name` cannot be `3`: expected text"
    );
    assert_eq!(
        json(r#"{"count": true}"#).unwrap_err().message(),
        "option `count` cannot be `true`: expected a whole number from -32768 to 32767"
    );
    assert!(
        json(r#"{"retry": {"wait": [1]}}"#)
            .unwrap_err()
            .message()
            .starts_with("option `retry.wait`: expected a length of time")
    );
}

#[test]
fn unknown_and_missing_options_are_named() {
    let error = url("nam=x").unwrap_err();
    assert!(
        error
            .message()
            .starts_with("unknown option `nam` (did you mean `name`?), known: `on`, `count`"),
        "{error}"
    );
    assert_eq!(error.get("backend"), Some("mine"));

    #[derive(Debug, Deserialize)]
    struct Needed {
        #[expect(dead_code, reason = "only asked for")]
        bucket: String,
    }
    let config = StoreConfig::new("mine");
    assert_eq!(
        config.options::<Needed>().unwrap_err().message(),
        "option `bucket` is needed and missing"
    );
    config.options::<()>().unwrap();
    let some = config.option("a", 1);
    assert_eq!(some.options::<()>().unwrap_err().message(), "unknown option `a`, there are none");
    assert_eq!(some.options::<BTreeMap<String, u8>>().unwrap()["a"], 1, "a map takes any option");
}

#[test]
fn the_options_of_a_struct_are_learnt_from_it() {
    assert_eq!(fields_of::<Retry>(), ["times", "wait"]);
    assert_eq!(fields_of::<()>(), Vec::<&str>::new());
    assert_eq!(fields_of::<BTreeMap<String, u8>>(), Vec::<&str>::new());
}

#[test]
fn null_is_no_value() {
    let error = serde_json::from_str::<OptionValue>("null").unwrap_err().to_string();
    assert!(error.contains("expected a boolean, a number, text, a list or a table"), "{error}");
}
