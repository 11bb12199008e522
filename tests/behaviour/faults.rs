//! Each store operation of a call failed in turn: a right value or a clear error, and a healthy call afterwards works.

use std::sync::Arc;
use std::time::Duration;

use larder::local::LocalStore;
use larder::store::{Fault, FaultStore, MemoryStore, StoreBackend, When};
use larder::{ErrorKind, Limits, Lookup, Memory, OnStoreError, Result, memoize};

use crate::common::{note_run, runs};

/// Longer than what `lookup` reads at first.
const NOTE: &str = "a note that is kept";

#[memoize]
fn noted(n: u64) -> String {
    note_run();
    format!("{NOTE} {n}")
}

#[memoize]
async fn noted_later(n: u64) -> String {
    tokio::task::yield_now().await;
    format!("{NOTE} {n}")
}

/// From asynchronous code, with everything that it leaves to the background.
fn call_later(memory: &Memory) -> Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let got = memory.cache::<noted_later>().call(1).await;
        assert!(memory.close_async(Duration::from_secs(60)).await?);
        Ok(got? == value())
    })
}

/// A verb, and what is right for it to say when it says that all went well.
struct Verb {
    name: &'static str,
    /// Whether it answers even though the store fails, unless it was told to fail.
    degrades: bool,
    run: fn(&Memory) -> Result<bool>,
}

const VERBS: &[Verb] = &[
    Verb { name: "call", degrades: true, run: |m| Ok(m.cache::<noted>().call(1)? == value()) },
    Verb { name: "call, async", degrades: true, run: call_later },
    Verb {
        name: "refresh",
        degrades: true,
        run: |m| Ok(m.cache::<noted>().with(1).refresh()? == value()),
    },
    Verb {
        name: "get",
        degrades: true,
        run: |m| Ok(m.cache::<noted>().with(1).get()?.is_none_or(|got| got == value())),
    },
    Verb {
        name: "lookup",
        degrades: false,
        run: |m| {
            Ok(match m.cache::<noted>().with(1).lookup()? {
                Lookup::Hit(meta) => meta.metadata.function.ends_with("::noted"),
                Lookup::Miss(_) => true,
            })
        },
    },
    Verb {
        name: "shelve, get",
        degrades: false,
        run: |m| Ok(m.cache::<noted>().with(1).shelve()?.get()? == value()),
    },
    Verb {
        name: "invalidate",
        degrades: false,
        run: |m| m.cache::<noted>().with(1).invalidate().map(|_| true),
    },
    Verb { name: "clear", degrades: false, run: |m| m.cache::<noted>().clear().map(|_| true) },
    Verb { name: "clear all", degrades: false, run: |m| m.clear().map(|_| true) },
    Verb {
        name: "reduce_size",
        degrades: false,
        run: |m| m.reduce_size(Limits { max_items: Some(0), ..Limits::default() }).map(|_| true),
    },
    Verb { name: "entries", degrades: false, run: |m| m.entries().map(|all| all.len() <= 2) },
];

const FAULTS: &[Fault] = &[
    Fault::Fail(ErrorKind::Unavailable),
    Fault::Fail(ErrorKind::PermissionDenied),
    Fault::FailAfter(ErrorKind::Io),
    Fault::Torn,
];

fn value() -> String {
    format!("{NOTE} 1")
}

/// One verb with its `nth` operation met by `fault`; says whether there was an `nth`.
fn walk(
    verb: &Verb,
    store: Arc<dyn StoreBackend>,
    policy: OnStoreError,
    (warm, nth, fault): (bool, u64, Fault),
) -> bool {
    let case =
        format!("{} of {store:?} (warm: {warm}, {policy:?}), call {nth}: {fault:?}", verb.name);
    let store = Arc::new(FaultStore::new(store));
    let memory = Memory::over(store.clone()).on_store_error(policy).open().unwrap();
    let function = memory.cache::<noted>();
    if warm {
        function.call(1).unwrap();
        call_later(&memory).unwrap();
    }
    let target = store.total().calls + nth;
    store.inject(When::Nth(target), fault);
    match ((verb.run)(&memory), fault) {
        (Ok(right), _) => assert!(right, "{case}: a wrong value"),
        (Err(error), Fault::Fail(kind) | Fault::FailAfter(kind)) => {
            assert!(!verb.degrades || policy == OnStoreError::Fail, "{case}: {error:?}");
            assert_eq!(error.kind(), kind, "{case}");
            assert!(error.get("operation").is_some(), "{case}: {error:?} does not say which");
        }
        // What was torn cannot be a reference's value any more; it says so and names the key.
        (Err(error), _) => {
            assert!(error.is_corrupt() && error.get("key").is_some(), "{case}: {error:?}");
        }
    }
    let hit = store.total().calls >= target;
    store.heal();
    runs();
    assert_eq!(function.call(1).unwrap(), value(), "{case}: afterwards");
    runs();
    assert_eq!(function.call(1).unwrap(), value(), "{case}: afterwards");
    assert_eq!(runs(), 0, "{case}: afterwards nothing is kept");
    hit
}

/// Every operation, fault, verb, with and without an entry, under both policies. Says how many operations met a fault.
fn walk_all(store: impl Fn() -> Arc<dyn StoreBackend>) -> u64 {
    let mut met = 0;
    for verb in VERBS {
        for &fault in FAULTS {
            for warm in [false, true] {
                for policy in [OnStoreError::Compute, OnStoreError::Fail] {
                    let mut nth = 1;
                    while walk(verb, store(), policy, (warm, nth, fault)) {
                        nth += 1;
                        met += 1;
                        assert!(nth < 100, "{} never ends", verb.name);
                    }
                    assert!(nth > 1, "{} asked nothing of the store", verb.name);
                }
            }
        }
    }
    met
}

#[test]
fn in_memory() {
    walk_all(|| Arc::new(MemoryStore::new()));
}

#[test]
fn over_local_files() {
    let dir = tempfile::tempdir().unwrap();
    let next = std::cell::Cell::new(0);
    let met = walk_all(|| {
        next.set(next.get() + 1);
        Arc::new(LocalStore::open(dir.path().join(next.get().to_string())).unwrap())
    });
    assert!(met > 100, "only {met} operations were made to fail");
}

#[test]
fn a_store_that_answers_nothing_at_all() {
    for kind in [ErrorKind::Unavailable, ErrorKind::Io] {
        let (store, memory) = crate::common::faulty();
        store.inject(When::Always, Fault::Fail(kind));
        runs();
        for n in 0..20 {
            assert_eq!(memory.cache::<noted>().call(n).unwrap(), format!("{NOTE} {n}"));
        }
        assert_eq!(runs(), 20);
        store.heal();
    }
}

#[test]
fn what_fails_says_where() {
    let (store, memory) = crate::common::faulty();
    store.inject(When::Always, Fault::Fail(ErrorKind::PermissionDenied));
    let error = memory.cache::<noted>().with(1).lookup().unwrap_err();
    assert!(error.is_permission_denied(), "{error:?}");
    let key = memory.cache::<noted>().with(1).key().unwrap();
    assert_eq!(error.get("key"), Some(key.as_str()));
}
