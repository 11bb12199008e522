//! Each store operation of every verb failed in turn: a right value or a clear error, nothing left behind, and whoever
//! comes next finds the store healthy. How many operations a verb has is found out by counting.

mod verbs;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use larder::local::LocalStore;
use larder::store::{
    Fault, FaultStore, LeaseAttempt, MemoryStore, StoreBackend, TimeoutStore, When,
};
use larder::{ErrorKind, Memory, Mounted, OnStoreError};

use self::verbs::{CALLS, UPKEEP, Verb, noted, settle, value_of, warm};
use crate::common::{files, runs};

const FAULTS: &[Fault] =
    &[Fault::Fail(ErrorKind::Unavailable), Fault::FailAfter(ErrorKind::Io), Fault::Torn];

/// Those of calls; upkeep fails under each.
const POLICIES: &[OnStoreError] = &[OnStoreError::Compute, OnStoreError::Fail];

/// How long an operation may take where there is a limit, which only those that are delayed pass.
const LIMIT: Duration = Duration::from_millis(200);

/// One operation of one verb met by one fault.
#[derive(Debug, Clone, Copy)]
struct Case {
    warm: bool,
    policy: OnStoreError,
    nth: u64,
    fault: Fault,
}

/// One verb with its `nth` operation met by a fault; says whether there was an `nth`.
fn walk(verb: &Verb, bare: &Arc<dyn StoreBackend>, case: Case) -> bool {
    let Case { policy, nth, fault, .. } = case;
    let told = format!("{} of {bare:?}, {case:?}", verb.name);
    let store = Arc::new(FaultStore::new(bare.clone()));
    let limited: Arc<dyn StoreBackend> = match fault {
        Fault::Delay(_) => Arc::new(TimeoutStore::new(store.clone(), LIMIT).unwrap()),
        _ => store.clone(),
    };
    let open = |store| Memory::over(store).on_store_error(policy).open().unwrap();
    open(bare.clone()).clear().unwrap();
    if case.warm {
        warm(&open(bare.clone())).unwrap();
    }
    let memory = open(limited);
    store.inject(When::Nth(nth), fault);
    let answer = (verb.run)(&memory);
    settle(&memory).unwrap();
    let met = store.total().calls >= nth;
    match answer {
        Ok(right) => assert!(right, "{told}: a wrong value"),
        Err(error) => {
            assert!(!verb.degrades || policy == OnStoreError::Fail, "{told}: {error:?}");
            let kind = match fault {
                Fault::Fail(kind) | Fault::FailAfter(kind) => kind,
                Fault::Delay(_) => ErrorKind::Timeout,
                // What was torn cannot be a reference's value any more; it says so and names the key.
                _ => ErrorKind::Corrupt,
            };
            assert_eq!(error.kind(), kind, "{told}: {error:?}");
            let names = if kind == ErrorKind::Corrupt { "key" } else { "operation" };
            assert!(error.get(names).is_some(), "{told}: {error:?} does not say which {names}");
        }
    }
    drop(memory);
    is_healthy(bare, &told);
    met
}

/// Somebody else takes right values from the store, keeps what is not there, and gets every lease.
fn is_healthy(bare: &Arc<dyn StoreBackend>, told: &str) {
    let next = Memory::over(bare.clone()).on_store_error(OnStoreError::Fail).open().unwrap();
    let function = next.cache::<noted>();
    assert_eq!(function.call(1).unwrap(), value_of(1), "{told}: afterwards");
    runs();
    assert_eq!(function.call(1).unwrap(), value_of(1), "{told}: afterwards");
    assert_eq!(runs(), 0, "{told}: afterwards nothing is kept");
    assert_eq!(next.get_or_compute("note", || value_of(1)).unwrap(), value_of(1), "{told}");
    if bare.capabilities().lease.is_some() {
        let key = function.with(1).key().unwrap();
        let lease = futures::executor::block_on(Mounted::new(bare.clone()).lease(&key)).unwrap();
        assert!(matches!(lease, LeaseAttempt::Acquired(_)), "{told}: a lease is left");
    }
}

/// Every operation and fault of `verbs`, with and without entries. Says how many were met.
fn walk_all(
    verbs: &[Verb],
    policies: &[OnStoreError],
    faults: &[Fault],
    store: &Arc<dyn StoreBackend>,
) -> u64 {
    let mut met = 0;
    for verb in verbs {
        for &fault in faults {
            for warm in [false, true] {
                for &policy in policies {
                    let mut nth = 1;
                    while walk(verb, store, Case { warm, policy, nth, fault }) {
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

fn over(store: impl StoreBackend) -> u64 {
    let store: Arc<dyn StoreBackend> = Arc::new(store);
    walk_all(CALLS, POLICIES, FAULTS, &store) + walk_all(UPKEEP, &POLICIES[..1], FAULTS, &store)
}

#[test]
fn in_memory() {
    assert!(over(MemoryStore::new()) > 500);
    // Unlike one that cannot be reached, a store that refuses is asked again at once.
    let refuses = [Fault::Fail(ErrorKind::PermissionDenied)];
    let store: Arc<dyn StoreBackend> = Arc::new(MemoryStore::new());
    assert!(walk_all(CALLS, POLICIES, &refuses, &store) > 100);
}

/// Names of files that neither are entries nor belong beside them.
fn strays(dir: &Path) -> Vec<String> {
    let names = files(dir)
        .into_keys()
        .map(|path| path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned());
    let belongs = [".gitignore", ".lock", "database", "database-lock"];
    names.filter(|name| name.len() != 64 && !belongs.contains(&name.as_str())).collect()
}

#[test]
fn over_local_files() {
    let dir = tempfile::tempdir().unwrap();
    assert!(over(LocalStore::open(dir.path()).unwrap()) > 500);
    assert_eq!(strays(dir.path()), [""; 0]);
}

#[cfg(feature = "sqlite")]
#[test]
fn over_a_database() {
    let dir = tempfile::tempdir().unwrap();
    assert!(over(larder::sqlite::SqliteStore::open(dir.path().join("database")).unwrap()) > 500);
    assert_eq!(strays(dir.path()), [""; 0]);
}

/// A store that awaits can be given up: what it takes longer than its limit for fails in time. The verbs take their
/// time side by side.
#[cfg(feature = "object-store")]
#[test]
fn latency_past_the_limit() {
    let faults = [Fault::Delay(Duration::from_secs(3600))];
    std::thread::scope(|scope| {
        for verb in CALLS.iter().chain(UPKEEP) {
            scope.spawn(move || {
                let config = "object-store:memory:///".parse().unwrap();
                let store = larder::registry().open_store(&config).unwrap();
                walk_all(std::slice::from_ref(verb), POLICIES, &faults, &store);
            });
        }
    });
}

#[test]
fn a_store_that_answers_nothing_at_all() {
    for kind in [ErrorKind::Unavailable, ErrorKind::Io] {
        let (store, memory) = crate::common::faulty();
        store.inject(When::Always, Fault::Fail(kind));
        runs();
        for n in 0..20 {
            assert_eq!(memory.cache::<noted>().call(n).unwrap(), value_of(n));
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
