//! Which calls are the same call, in this process and in every other.

use std::collections::{HashMap, HashSet};

use larder::{KeyDigest, Memory, memoize};
use serde::Serialize;

use crate::common::{Event, again, events_of, faulty, note_run, passes, role, runs};

#[derive(KeyDigest)]
struct Tags {
    name: String,
    tags: HashSet<String>,
}

#[derive(Serialize)]
struct Marks {
    name: String,
    marks: HashSet<String>,
    nested: Vec<HashMap<String, HashSet<u8>>>,
}

#[memoize]
fn tallied(counts: &HashMap<String, u64>, tags: &Tags, marks: &Marks) -> usize {
    note_run();
    counts.len()
        + tags.tags.len()
        + tags.name.len()
        + marks.marks.len()
        + marks.nested.len()
        + marks.name.len()
}

#[memoize]
fn joined(a: &str, b: &str) -> String {
    note_run();
    format!("{a}{b}")
}

mod left {
    #[larder::memoize]
    pub(super) fn twin(n: u64) -> u64 {
        n + 1
    }

    pub(super) mod twin_module {
        #[larder::memoize]
        pub(crate) fn twin(n: u64) -> u64 {
            n + 2
        }
    }
}

mod right {
    #[larder::memoize]
    pub(super) fn twin(n: u64) -> u64 {
        n + 3
    }
}

mod first {
    #[larder::memoize(name = "claimed by two")]
    pub(super) fn one(n: u64) -> u64 {
        crate::common::note_run();
        n + 1
    }
}

mod second {
    #[larder::memoize(name = "claimed by two")]
    pub(super) fn two(n: u64) -> u64 {
        crate::common::note_run();
        n + 2
    }
}

fn words(prefix: &str) -> HashSet<String> {
    (0..20).map(|i| format!("{prefix}{i}")).collect()
}

fn tallied_key(memory: &Memory) -> String {
    let counts: HashMap<String, u64> =
        words("count").into_iter().zip(std::iter::repeat(7)).collect();
    let tags = Tags { name: "tags".to_owned(), tags: words("tag") };
    let nested = HashMap::from([
        ("a".to_owned(), HashSet::from([1, 2, 3])),
        ("b".to_owned(), HashSet::new()),
    ]);
    let marks = Marks { name: "marks".to_owned(), marks: words("mark"), nested: vec![nested] };
    memory.cache::<tallied>().with(&counts, &tags, &marks).key().unwrap().to_string()
}

#[test]
fn maps_and_sets_have_one_key_in_every_process() {
    const TEST: &str = "identity::maps_and_sets_have_one_key_in_every_process";
    let (_store, memory) = faulty();
    let key = tallied_key(&memory);
    if let Some(parents) = role() {
        return assert_eq!(key, parents);
    }
    for _ in 0..4 {
        assert_eq!(tallied_key(&memory), key);
        passes(again(TEST, &key));
    }
}

#[test]
fn arguments_do_not_run_into_each_other() {
    let (_store, memory) = faulty();
    let function = memory.cache::<joined>();
    let pairs = [("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc")];
    let keys: HashSet<_> = pairs.iter().map(|(a, b)| function.with(a, b).key().unwrap()).collect();
    assert_eq!(keys.len(), pairs.len());
    for (a, b) in pairs {
        assert_eq!(function.call(a, b).unwrap(), "abc");
    }
    assert_eq!(runs(), 4);
}

#[test]
fn functions_of_one_name_do_not_collide() {
    let (_store, memory) = faulty();
    for _ in 0..2 {
        assert_eq!(memory.cache::<left::twin>().call(1).unwrap(), 2);
        assert_eq!(memory.cache::<left::twin_module::twin>().call(1).unwrap(), 3);
        assert_eq!(memory.cache::<right::twin>().call(1).unwrap(), 4);
    }
    assert_eq!(memory.entries().unwrap().len(), 3);
    assert_eq!(memory.stats().hits, 3);
}

#[test]
fn the_second_of_two_that_claim_one_name_is_not_cached_and_says_so() {
    let (_store, memory) = faulty();
    let one = memory.cache::<first::one>();
    one.call(1).unwrap();
    let (two, events) = events_of(|| memory.cache::<second::two>());
    for _ in 0..2 {
        assert_eq!(one.call(1).unwrap(), 2);
        assert_eq!(two.call(1).unwrap(), 3);
    }
    assert_eq!(runs(), 1 + 2);
    assert_eq!(two.with(1).get().unwrap(), None);
    let warned: Vec<&Event> =
        events.iter().filter(|event| event.target == "larder::function").collect();
    assert_eq!(warned.len(), 1, "{events:?}");
    let text = &warned[0].fields["message"];
    assert_eq!(text.matches("identity.rs:").count(), 2, "both places: {text}");
    assert!(text.contains("claimed by two") && text.contains("name = "), "{text}");

    // It must not take away what is the other's.
    assert!(!two.with(1).invalidate().unwrap());
    assert_eq!(two.clear().unwrap() + two.clear_version().unwrap(), 0);
    assert_eq!(one.with(1).get().unwrap(), Some(2));
}

#[test]
fn functions_of_two_blocks_are_found_out() {
    let (_store, memory) = faulty();
    let (values, events) = events_of(|| {
        let first = {
            #[memoize]
            fn block(n: u64) -> u64 {
                n + 10
            }
            memory.cache::<block>().call(1).unwrap()
        };
        #[memoize]
        fn block(n: u64) -> u64 {
            n + 20
        }
        (first, memory.cache::<block>().call(1).unwrap())
    });
    assert_eq!(values, (11, 21));
    assert_eq!(events.iter().filter(|event| event.target == "larder::function").count(), 1);
    assert_eq!(memory.entries().unwrap().len(), 1);
}
