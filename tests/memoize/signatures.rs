//! Whatever a signature may look like.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::Path;

use larder::memoize;
use serde::{Deserialize, Serialize};

use crate::{memory, ran, runs, twice};

#[memoize]
fn no_arguments() -> u8 {
    ran();
    7
}

#[memoize]
fn no_result(_x: u8) {
    ran();
}

#[memoize]
fn patterns((a, b): (u8, u8), mut list: Vec<u32>, [x, y]: [u32; 2], _: bool, arg0: u8) -> Vec<u32> {
    ran();
    list.push(u32::from(a + b + arg0) + x + y);
    list
}

#[memoize]
fn named<'short, 'long>(a: &'short str, b: &'long str) -> String
where
    'long: 'short,
{
    ran();
    let either: &'short str = if a.is_empty() { b } else { a };
    either.to_owned()
}

#[memoize]
fn elided(a: Cow<'_, str>, b: Option<&str>, c: &[&[u8]], d: (&Path, &u8)) -> usize {
    ran();
    a.len() + b.map_or(0, str::len) + c.len() + d.0.as_os_str().len() + usize::from(*d.1)
}

#[memoize]
#[expect(clippy::too_many_arguments, reason = "one for each name")]
fn awkward_names(
    key: u8,
    memory: u8,
    handle: u8,
    args: u8,
    r#type: u8,
    self_: u8,
    out: u8,
    digest: u8,
    result: u8,
) -> Vec<u8> {
    ran();
    vec![key, memory, handle, args, r#type, self_, out, digest, result]
}

#[memoize]
fn r#match(r#in: u8) -> u8 {
    ran();
    r#in
}

#[memoize(handle = ByteOf)]
fn u8(x: &str) -> Option<u8> {
    ran();
    x.parse().ok()
}

#[memoize]
fn maps(map: &HashMap<String, u8>, set: HashSet<u8>) -> HashMap<String, u8> {
    ran();
    map.iter().map(|(name, n)| (name.clone(), n + set.len() as u8)).collect()
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Model {
    weights: Vec<f64>,
    tags: HashMap<String, u8>,
}

#[memoize]
fn only_serde(model: &Model, others: &[Model]) -> Model {
    ran();
    Model { weights: vec![others.len() as f64], ..model.clone() }
}

#[memoize(ignore(progress))]
fn with_callback(n: u8, progress: &dyn Fn(&str)) -> u8 {
    ran();
    progress("computing");
    n
}

#[test]
fn all_of_them_compute_once() {
    assert_eq!(twice(1, no_arguments), 7);
    twice(1, || no_result(1));
    assert_eq!(twice(1, || patterns((1, 2), vec![9], [3, 4], true, 5)), [9, 15]);
    assert_eq!(twice(1, || awkward_names(1, 2, 3, 4, 5, 6, 7, 8, 9)), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(twice(1, || r#match(3)), 3);
    assert_eq!(twice(1, || u8("3")), Some(3));
    assert_eq!(twice(1, || with_callback(1, &|_| {})), 1);
}

#[test]
fn borrows_of_different_lifetimes() {
    let long = String::from("long");
    let call = || {
        let short = String::from("short");
        named(&short, &long)
    };
    assert_eq!(twice(1, call), "short");
    let bytes: [&[u8]; 2] = [b"a", b"b"];
    assert_eq!(twice(1, || elided("ab".into(), Some("c"), &bytes, (Path::new("d"), &4))), 10);
}

#[test]
fn equal_collections_are_one_call() {
    // Each map and set has a random state of its own.
    let call = || {
        let map: HashMap<String, u8> = (0..50).map(|n| (n.to_string(), n)).collect();
        let results = maps(&map, (0..50).collect());
        let model = Model { weights: vec![0.5], tags: map };
        (results["1"], only_serde(&model, std::slice::from_ref(&model)).weights)
    };
    assert_eq!(twice(2, call), (51, vec![1.0]));
}

#[test]
fn every_argument_counts() {
    memory().scope(|| {
        runs();
        for call in 0..9 {
            let mut names = [0; 9];
            names[call] = 1;
            let [a, b, c, d, e, f, g, h, i] = names;
            assert_eq!(awkward_names(a, b, c, d, e, f, g, h, i), names);
        }
        assert_eq!(runs(), 9);
        for last in [true, false] {
            patterns((1, 2), vec![], [0, 0], last, 0);
        }
        assert_eq!(runs(), 2, "an argument without a name is one as well");
    });
}

#[test]
fn handles_of_awkward_names() {
    let memory = memory();
    runs();
    assert_eq!(memory.cache::<r#match>().call(1).unwrap(), 1);
    assert_eq!(memory.cache::<ByteOf>().call("1").unwrap(), Some(1));
    memory.scope(|| assert_eq!((r#match(1), u8("1")), (1, Some(1))));
    assert_eq!(runs(), 2);
}
