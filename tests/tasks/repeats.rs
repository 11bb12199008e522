//! What a task that is tried again needs of its arguments.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use larder::{Parallel, task};
use serde::{Deserialize, Serialize};

/// Counts clones.
#[derive(Debug, Serialize, Deserialize)]
struct Counted(u8);

static CLONES: AtomicUsize = AtomicUsize::new(0);

impl Clone for Counted {
    fn clone(&self) -> Self {
        CLONES.fetch_add(1, Relaxed);
        Self(self.0)
    }
}

/// Fails so many times.
#[task]
fn works_at_last(failures: &AtomicUsize, text: String, counted: Counted) -> String {
    let left = failures.load(Relaxed);
    if left > 0 {
        failures.store(left - 1, Relaxed);
        panic!("not yet");
    }
    format!("{text}{}", counted.0)
}

#[test]
fn arguments_by_value_are_cloned_only_for_another_try() {
    let call = |failures: &AtomicUsize, retries| {
        let task = works_at_last::delayed(failures, "x".into(), Counted(1));
        Parallel::new().retries(retries).run([task])
    };
    CLONES.store(0, Relaxed);
    assert_eq!(call(&0.into(), 0).unwrap(), ["x1"]);
    assert_eq!(CLONES.load(Relaxed), 0);
    assert_eq!(call(&2.into(), 2).unwrap(), ["x1"]);
    assert_eq!(CLONES.load(Relaxed), 2, "the last try takes the arguments themselves");

    // A failure tells the arguments though they were moved into the call.
    let error = call(&9.into(), 1).unwrap_err();
    let arguments = &error.task().unwrap().task().arguments;
    assert_eq!(arguments[1].value, "\"x\"");
    assert_eq!(arguments[2].value, "Counted(1)");
}

#[derive(Debug)]
struct NotClone(u8);

#[task]
fn once(tries: &AtomicUsize, value: NotClone) -> u8 {
    tries.fetch_add(1, Relaxed);
    assert!(value.0 > 0, "zero");
    value.0
}

#[test]
fn without_clone_there_is_one_try() {
    let tries = AtomicUsize::new(0);
    let run = |value| Parallel::new().retries(3).run([once::delayed(&tries, NotClone(value))]);
    assert_eq!(run(1).unwrap(), [1]);
    let error = run(0).unwrap_err();
    assert_eq!(tries.load(Relaxed), 2);
    assert!(error.task().unwrap().message().contains("zero"), "{error}");
    assert_eq!(error.task().unwrap().task().arguments[1].value, "NotClone(0)");
}
