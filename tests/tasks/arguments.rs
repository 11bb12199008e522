//! What crosses, and how it arrives.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use larder::codec::{Cbor, EncodeOptions, Json, Postcard};
use larder::parallel::tasks::{self, TaskBuffer};
use larder::{Array, task};
use serde::{Deserialize, Serialize};

use crate::{across, refused, there};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Config {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    limit: Option<u8>,
    data: Array<f64>,
}

fn config() -> Config {
    Config { name: "c".into(), limit: None, data: (0..1000).map(f64::from).collect() }
}

#[task]
#[expect(clippy::ptr_arg, clippy::too_many_arguments, reason = "one of each kind")]
fn borrowed(
    data: &[f64],
    flags: &[bool],
    text: &str,
    path: &Path,
    config: &Config,
    words: &[String],
    vector: &Vec<i64>,
    one: &u8,
) -> (f64, usize, String, PathBuf, Config, String, i64, u8) {
    (
        data.iter().sum(),
        flags.iter().filter(|flag| **flag).count(),
        text.to_owned(),
        path.to_owned(),
        config.clone(),
        words.concat(),
        vector.iter().sum(),
        *one,
    )
}

#[test]
fn references_arrive_as_references() {
    let (data, flags): (Vec<f64>, Vec<bool>) =
        (0..5000).map(|i| (f64::from(i), i % 3 == 0)).unzip();
    let (text, words) = ("ü".repeat(3000), ["a".to_owned(), "b".to_owned()]);
    let (path, vector) = (Path::new("/x/y"), vec![-1, 2]);
    for (data, flags, text) in [(&data[..], &flags[..], &*text), (&[], &[], "")] {
        let config = config();
        let call = || borrowed::delayed(data, flags, text, path, &config, &words, &vector, &7);
        assert_eq!(across(call()), call().call());
    }
}

#[task]
fn optional(
    data: Option<&[u32]>,
    text: Option<&str>,
    path: Option<&Path>,
    config: Option<&Config>,
    words: Option<&[String]>,
) -> String {
    format!("{data:?} {text:?} {path:?} {config:?} {words:?}")
}

#[test]
fn so_do_options_of_them() {
    let (words, config) = (["a".to_owned()], config());
    let all = || {
        optional::delayed(
            Some(&[1, 2]),
            Some("t"),
            Some(Path::new("p")),
            Some(&config),
            Some(&words),
        )
    };
    assert_eq!(across(all()), all().call());
    let none = || optional::delayed(None, None, None, None, None);
    assert_eq!(across(none()), none().call());
}

#[task]
#[expect(clippy::too_many_arguments, reason = "one of each kind")]
fn owned(
    data: Vec<f32>,
    array: Array<u16>,
    text: String,
    path: PathBuf,
    map: BTreeMap<String, Option<Vec<Config>>>,
    shared: Arc<str>,
    cow: Cow<'_, str>,
    fixed: Cow<'static, [u8]>,
    tuple: (char, [u64; 2]),
) -> String {
    format!("{data:?} {array:?} {text} {path:?} {map:?} {shared} {cow} {fixed:?} {tuple:?}")
}

#[test]
fn values_arrive_as_equal_values() {
    let cow = "cow".to_owned();
    let call = |n: u16| {
        owned::delayed(
            (0..n).map(f32::from).collect(),
            (0..n).collect(),
            "x".repeat(n.into()),
            "p".into(),
            [("k".to_owned(), Some(vec![config()])), ("none".to_owned(), None)].into(),
            "shared".into(),
            Cow::Borrowed(&cow),
            Cow::Borrowed(b"bytes"),
            ('ü', [1, u64::MAX]),
        )
    };
    for n in [0, 3, 5000] {
        assert_eq!(across(call(n)), call(n).call());
    }
}

#[test]
#[cfg(unix)]
fn a_path_need_not_be_text() {
    use std::os::unix::ffi::OsStrExt;

    #[task]
    fn bytes_of(path: &Path, owned: PathBuf) -> (Vec<u8>, Vec<u8>) {
        (path.as_os_str().as_bytes().to_vec(), owned.into_os_string().as_bytes().to_vec())
    }
    let path = Path::new(std::ffi::OsStr::from_bytes(b"\xff/\xfe"));
    let same = path.as_os_str().as_bytes().to_vec();
    assert_eq!(across(bytes_of::delayed(path, path.to_owned())), (same.clone(), same));
}

#[test]
fn every_codec_will_do() {
    let words = ["a".to_owned()];
    let call = optional::delayed(Some(&[1]), None, None, None, Some(&words));
    let task = call.portable().unwrap();
    let returned = there(task, &Json).unwrap();
    assert_eq!(returned.codec.as_str(), "json");
    assert_eq!(
        returned.payload,
        serde_json::to_vec(&optional(Some(&[1]), None, None, None, Some(&words))).unwrap()
    );
    assert_eq!(there(task, &Cbor).unwrap().codec.as_str(), "cbor");
}

#[task]
fn places(data: &[f64], text: &str, array: &Array<f64>, own: Vec<u64>) -> [usize; 4] {
    [data.as_ptr().addr(), text.as_ptr().addr(), array.as_ptr().addr(), own.as_ptr().addr()]
}

#[test]
fn large_arrays_and_texts_are_neither_copied_out_nor_in() {
    let (data, text) = (vec![1.5; 1000], "t".repeat(5000));
    let array = Array::from(vec![2.5; 1000]);
    let own = vec![7u64; 1000];
    let at =
        [data.as_ptr().addr(), text.as_ptr().addr(), array.as_ptr().addr(), own.as_ptr().addr()];
    let call = places::delayed(&data, &text, &array, own);
    let encoded = call.portable().unwrap().encode(&Postcard).unwrap();
    assert!(encoded.payload.len() < 100, "{} bytes", encoded.payload.len());
    let out: Vec<usize> = encoded.buffers.iter().map(|b| b.as_bytes().as_ptr().addr()).collect();
    assert_eq!(out, at);
    // Only what the caller lends or shares is the same bytes for as long as the call lasts.
    assert!(matches!(
        &encoded.buffers[..],
        [TaskBuffer::Lent(_), TaskBuffer::Lent(_), TaskBuffer::Array { .. }, TaskBuffer::Own(_)]
    ));

    let arrived: Vec<bytes::Bytes> = encoded
        .buffers
        .iter()
        .map(|buffer| {
            // Aligned, as a map is.
            let words: Vec<u64> = buffer
                .as_bytes()
                .chunks(8)
                .map(|word| u64::from_le_bytes(word.try_into().unwrap()))
                .collect();
            let array = Array::from(words);
            let words = larder::codec::encode(&array, &EncodeOptions::default()).unwrap();
            words.buffers[0].clone()
        })
        .collect();
    let task = call.portable().unwrap();
    let function = tasks::find(task.function(), task.version()).unwrap();
    let options = EncodeOptions::default();
    let returned = function.run(&encoded.payload, arrived.clone(), &options).unwrap();
    let seen: [usize; 4] =
        larder::codec::decode(returned.codec, &returned.payload, &[], &Default::default()).unwrap();
    for (seen, arrived) in seen.iter().zip(&arrived).take(3) {
        assert_eq!(*seen, arrived.as_ptr().addr());
    }
}

#[test]
fn arguments_that_are_none_are_errors() {
    let words = ["a".to_owned()];
    let call = optional::delayed(Some(&[1; 2000]), Some("text"), None, None, Some(&words));
    let task = call.portable().unwrap();
    let encoded = task.encode(&Postcard).unwrap();
    let buffers: Vec<_> = encoded.buffers.iter().map(TaskBuffer::to_bytes).collect();
    let function = tasks::find(task.function(), task.version()).unwrap();
    let run = |payload: &[u8], buffers: &[bytes::Bytes]| {
        function.run(payload, buffers.to_vec(), &EncodeOptions::default())
    };
    assert!(run(&encoded.payload, &buffers).is_ok());
    assert!(run(&encoded.payload, &[]).unwrap_err().is_decode());
    let twice = [&buffers[..], &buffers[..]].concat();
    assert!(run(&encoded.payload, &twice).unwrap_err().to_string().contains("left over"));
    assert!(run(&encoded.payload, &[buffers[0].slice(1..)]).unwrap_err().is_decode());
    let longer = [&encoded.payload[..], &[0]].concat();
    assert!(run(&longer, &buffers).unwrap_err().to_string().contains("left over"));
    for cut in 0..encoded.payload.len() {
        let error = run(&encoded.payload[..cut], &buffers).unwrap_err();
        assert!(error.is_decode(), "{cut}: {error}");
        assert!(error.get("task").is_some_and(|name| name.ends_with("optional")), "{error}");
    }
    for byte in 0..encoded.payload.len() {
        // Whatever it does, it does not panic, nor ask for much memory.
        let mut damaged = encoded.payload.clone();
        damaged[byte] ^= 0xff;
        drop(run(&damaged, &buffers));
    }
}

#[task]
fn calls_back(with: &(dyn Fn(u8) -> u8 + Sync), times: u8) -> u8 {
    with(times)
}

#[task]
fn borrows_within(words: &[&str], label: &'static str) -> usize {
    words.len() + label.len()
}

#[task]
fn cannot_be_sent(_cell: Cell<Option<fn()>>) {}

#[test]
fn what_cannot_cross_runs_here_and_says_so_when_asked_to() {
    let add = |n| n + 1;
    assert_eq!(calls_back::delayed(&add, 3).call(), 4);
    let error = refused(calls_back::delayed(&add, 3));
    assert!(error.message().contains("cannot be sent to another process"), "{error}");
    assert!(error.message().contains("argument: with"), "{error}");
    assert!(error.message().contains("dyn"), "{error}");
    assert_eq!(error.task().arguments[1].value, "3");

    assert_eq!(borrows_within::delayed(&["a"], "xy").call(), 3);
    let error = refused(borrows_within::delayed(&["a"], "xy"));
    assert!(error.message().contains("&[&str]"), "{error}");
    assert!(refused(cannot_be_sent::delayed(Cell::new(None))).message().contains("_cell"));
}
