//! With a secret, whoever can write the store but does not have it cannot make a call return anything.

use std::sync::Arc;

use futures::executor::block_on;
use larder::local::LocalStore;
use larder::store::{MemoryStore, StoreBackend, StoreExt};
use larder::{
    Array, ErrorKind, Lookup, MemoizedResult, Memory, MissReason, MmapMode, Payload, Secret,
    memoize,
};
use tempfile::TempDir;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::common::{again, count, events_of, note_run, passes, role, runs};
use crate::forged::{PRELUDE, mended, metadata_end};

const OURS: &str = "the secret that we have";
const THEIRS: &str = "the secret of somebody else";

#[memoize]
fn price(of: u32) -> (u32, String) {
    note_run();
    (of, format!("{} and some more", of * 100))
}

#[memoize]
fn limit(of: u32) -> (u32, String) {
    note_run();
    (of + 1_000_000, "no limit".to_owned())
}

#[memoize]
fn ramp(len: usize) -> Array<f64> {
    note_run();
    (0..len).map(|i| i as f64).collect::<Vec<_>>().into()
}

type Store = Arc<dyn StoreBackend>;

fn stores() -> (TempDir, Vec<(&'static str, Store)>) {
    let dir = tempfile::tempdir().unwrap();
    let stores: Vec<(_, Store)> = vec![
        ("local", Arc::new(LocalStore::open(dir.path().join("files")).unwrap())),
        #[cfg(feature = "sqlite")]
        (
            "sqlite",
            Arc::new(larder::sqlite::SqliteStore::open(dir.path().join("store.db")).unwrap()),
        ),
        ("memory", Arc::new(MemoryStore::new())),
    ];
    (dir, stores)
}

fn signing(store: &Store, secret: &str) -> Memory {
    Memory::over(store.clone()).secret(secret.into()).open().unwrap()
}

fn plain(store: &Store) -> Memory {
    Memory::over(store.clone()).open().unwrap()
}

fn entry(store: &Store, key: &larder::Key) -> Vec<u8> {
    block_on(store.get(key)).unwrap().expect("an entry").to_vec()
}

fn put(store: &Store, key: &larder::Key, bytes: Vec<u8>) {
    block_on(store.replace(key, Payload::from(bytes))).unwrap();
}

/// What somebody makes of entries who knows larder, and not the secret.
fn forgeries(store: &Store, memory: &Memory) -> Vec<(&'static str, MissReason, Vec<u8>)> {
    let (prices, limits) = (memory.cache::<price>(), memory.cache::<limit>());
    prices.call(7).unwrap();
    prices.call(8).unwrap();
    limits.call(7).unwrap();
    let key = prices.with(7).key().unwrap();
    let good = entry(store, &key);
    let other = |key: larder::Key| entry(store, &key);
    let (eight, limited) =
        (other(prices.with(8).key().unwrap()), other(limits.with(7).key().unwrap()));

    let stranger = signing(store, THEIRS);
    stranger.cache::<price>().with(7).refresh().unwrap();
    let signed_by_them = entry(store, &key);
    plain(store).cache::<price>().with(7).refresh().unwrap();
    let unsigned = entry(store, &key);
    runs();

    let last = good.len() - 1;
    let value = mended(good.clone(), &key, |bytes| bytes[last] ^= 1);
    let metadata = mended(good.clone(), &key, |bytes| bytes[PRELUDE + 20] ^= 1);
    let created = mended(good.clone(), &key, |bytes| bytes[40] ^= 1);
    let stripped = mended(good.clone(), &key, |bytes| {
        bytes[10] = 0;
        let end = metadata_end(bytes);
        drop(bytes.drain(end..end + 64));
    });
    let claimed = mended(unsigned.clone(), &key, |bytes| {
        bytes[10] = 1;
        let end = metadata_end(bytes);
        drop(bytes.splice(end..end, [0; 64]));
    });
    vec![
        ("the entry of another call", MissReason::Forged, mended(eight, &key, |_| ())),
        ("the entry of another function", MissReason::Forged, mended(limited, &key, |_| ())),
        ("a changed value", MissReason::Forged, value),
        ("changed metadata", MissReason::Forged, metadata),
        ("a later time", MissReason::Forged, created),
        ("the signature of somebody else", MissReason::Forged, signed_by_them),
        ("a signature of zeros", MissReason::Forged, claimed),
        ("an entry without a signature", MissReason::Unsigned, unsigned),
        ("a signature taken off", MissReason::Unsigned, stripped),
    ]
}

#[test]
fn what_was_put_without_the_secret_is_a_miss_with_a_reason() {
    let (_dir, stores) = stores();
    for (name, store) in stores {
        let memory = signing(&store, OURS);
        let forgeries = forgeries(&store, &memory);
        let function = memory.cache::<price>();
        let key = function.with(7).key().unwrap();
        for (what, reason, bytes) in forgeries {
            put(&store, &key, bytes);
            let what = format!("{name}: {what}");
            let seen = function.with(7).lookup().unwrap();
            // It does not read the value.
            let in_front = !what.ends_with("value");
            assert_eq!(seen == Lookup::Miss(reason), in_front, "{what}: {seen:?}");
            let misses = function.stats().misses(reason);
            let (value, events) = events_of(|| function.call(7).unwrap());
            assert_eq!(value, (7, "700 and some more".to_owned()), "{what}");
            assert_eq!(runs(), 1, "{what}");
            assert_eq!(function.stats().misses(reason), misses + 1, "{what}");
            assert_eq!(count(&events, "larder::rejected"), 1, "{what}");
            let told = events.iter().find(|event| event.target == "larder::rejected").unwrap();
            assert_eq!(told.fields["reason"], reason.as_str(), "{what}");
            assert_eq!(function.call(7).unwrap().0, 7);
            assert_eq!(runs(), 0, "{what}: it was not replaced");
        }
    }
}

#[test]
fn every_changed_byte_is_a_miss() {
    let store: Store = Arc::new(MemoryStore::new());
    let memory = signing(&store, OURS);
    let function = memory.cache::<price>();
    function.call(7).unwrap();
    let key = function.with(7).key().unwrap();
    let good = entry(&store, &key);
    runs();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        // Its own length says where the metadata ends.
        let is_length = (12..16).contains(&at);
        let mended = (!is_length).then(|| mended(bad.clone(), &key, |_| ()));
        for bytes in [Some(bad), mended].into_iter().flatten() {
            // What the mending makes right again was no change.
            let is_good = bytes == good;
            put(&store, &key, bytes);
            assert_eq!(function.call(7).unwrap().0, 7, "byte {at}");
            assert_eq!(runs(), u32::from(!is_good), "byte {at}");
        }
    }
}

/// Of what is said not to be defended, this is what a writer of the store can do.
#[test]
fn an_older_entry_of_the_same_call_is_a_hit() {
    let store: Store = Arc::new(MemoryStore::new());
    let memory = signing(&store, OURS);
    let function = memory.cache::<price>();
    function.call(7).unwrap();
    let key = function.with(7).key().unwrap();
    let old = entry(&store, &key);
    function.with(7).refresh().unwrap();
    assert_ne!(entry(&store, &key), old);
    put(&store, &key, old);
    runs();
    function.call(7).unwrap();
    assert_eq!(runs(), 0);
}

#[test]
fn secrets_can_be_changed() {
    let (_dir, stores) = stores();
    for (_, store) in stores {
        signing(&store, OURS).cache::<price>().call(7).unwrap();
        let rotated = Memory::over(store.clone()).secret(THEIRS.into()).old_secrets([OURS.into()]);
        let rotated = rotated.open().unwrap();
        runs();
        rotated.cache::<price>().call(7).unwrap();
        assert_eq!(runs(), 0, "signed with the old one");
        rotated.cache::<price>().call(8).unwrap();
        let new = signing(&store, THEIRS);
        runs();
        new.cache::<price>().call(8).unwrap();
        assert_eq!(runs(), 0, "the new one signs");
        new.cache::<price>().call(7).unwrap();
        assert_eq!((runs(), new.stats().misses(MissReason::Forged)), (1, 1));
    }
}

#[test]
fn without_a_secret_signed_entries_are_hits() {
    let (_dir, stores) = stores();
    for (_, store) in stores {
        signing(&store, OURS).cache::<price>().call(7).unwrap();
        runs();
        let memory = plain(&store);
        assert_eq!(memory.cache::<price>().call(7).unwrap().0, 7);
        assert_eq!(runs(), 0);
        let mut conditions = Vec::new();
        memory.verify(&memory.contents().unwrap(), &mut |_, found| conditions.push(found)).unwrap();
        assert!(
            conditions.iter().all(|found| *found == larder::Condition::Sound),
            "{conditions:?}"
        );
    }
}

#[test]
fn arrays_are_read_and_checked_instead_of_mapped() {
    const LEN: usize = 300_000;
    let (_dir, stores) = stores();
    for (name, store) in stores {
        let memory = signing(&store, OURS);
        let function = memory.cache::<ramp>();
        function.call(LEN).unwrap();
        runs();
        let array = function.call(LEN).unwrap();
        assert_eq!((runs(), array.len(), array.is_mapped()), (0, LEN, false), "{name}");
        assert_eq!(array[LEN - 1], (LEN - 1) as f64);
        if name == "local" {
            assert!(plain(&store).cache::<ramp>().call(LEN).unwrap().is_mapped());
        }
        let key = function.with(LEN).key().unwrap();
        let bytes = entry(&store, &key);
        let mut changed = bytes.clone();
        *changed.last_mut().unwrap() ^= 1;
        // The sum of the array as well, and what covers the table that it stands in.
        let row = metadata_end(&bytes) + 64;
        let at = u64::from_le_bytes(bytes[row..row + 8].try_into().unwrap()) as usize;
        let sum = xxh3_64(&changed[at..]);
        changed[row + 16..row + 24].copy_from_slice(&sum.to_le_bytes());
        let covered = bytes.len() - LEN * 8;
        let payload = u64::from_le_bytes(bytes[16..24].try_into().unwrap()) as usize;
        let end = row + 32 + payload;
        assert!(end <= covered);
        let sum = xxh3_64_with_seed(&changed[row - 64..end], xxh3_64(&changed[..120]));
        changed[120..PRELUDE].copy_from_slice(&sum.to_le_bytes());
        put(&store, &key, changed);
        runs();
        assert_eq!(function.call(LEN).unwrap()[LEN - 1], (LEN - 1) as f64, "{name}");
        assert_eq!((runs(), memory.stats().misses(MissReason::Forged)), (1, 1), "{name}");
    }
}

#[test]
fn what_asks_for_maps_and_a_secret_is_refused() {
    for mode in [MmapMode::ReadOnly, MmapMode::CopyOnWrite] {
        let builder = Memory::builder("memory:").unwrap().secret(OURS.into()).mmap_mode(mode);
        let error = builder.open().unwrap_err();
        assert!(error.is_invalid() && error.message().contains("mmap_mode"), "{error:?}");
    }
}

#[test]
fn a_secret_that_cannot_be_one_is_refused_and_none_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        std::fs::write(dir.path().join(name), text).unwrap();
        dir.path().join(name)
    };
    let builder = || Memory::builder("memory:").unwrap();
    let good = file("good", &format!("{OURS}\n\n  {THEIRS}  \n"));
    for (builder, what) in [
        (builder().secret("hunter2".into()), "16 bytes"),
        (builder().secret(OURS.into()).old_secrets(["hunter2".into()]), "16 bytes"),
        (builder().secret(OURS.into()).secret_file(&good), "choose one"),
        (builder().old_secrets([OURS.into()]), "there is none"),
        (builder().secret_file(file("empty", "\n \n")), "no secret in it"),
        (builder().secret_file(dir.path().join("missing")), "missing"),
        (builder().secret(Secret::in_environment()), "LARDER_SECRET"),
    ] {
        let shown = format!("{builder:?}");
        assert!(!shown.contains("hunter2") && !shown.contains(OURS), "{shown}");
        let error = format!("{:?}", builder.open().unwrap_err());
        assert!(error.contains(what) && !error.contains("hunter2"), "{what}: {error}");
    }
    let store: Store = Arc::new(MemoryStore::new());
    signing(&store, THEIRS).cache::<price>().call(7).unwrap();
    let memory = Memory::over(store).secret_file(&good).open().unwrap();
    runs();
    memory.cache::<price>().call(7).unwrap();
    assert_eq!(runs(), 0, "the second line is believed");
    let sent = serde_json::to_string(
        &Memory::builder("memory:").unwrap().secret(OURS.into()).open().unwrap(),
    );
    assert!(
        sent.as_ref().is_ok_and(|text| text.contains("env") && !text.contains(OURS)),
        "{sent:?}"
    );
    let mut config = larder::Config::default();
    config.memory.secret = Some(OURS.into());
    config.memory.old_secrets = vec![THEIRS.into()];
    let shown = format!("{config:?} {}", serde_json::to_string(&config).unwrap());
    assert!(shown.contains("secret: Some(set)"), "{shown}");
    assert!(!shown.contains(OURS) && !shown.contains(THEIRS), "{shown}");
}

#[test]
fn references_that_came_as_text_are_checked_with_the_secret_here() {
    const TEST: &str = "secrets::references_that_came_as_text_are_checked_with_the_secret_here";
    type Reference = MemoizedResult<(u32, String)>;
    if let Some(role) = role() {
        let (want, text) = role.split_once('|').unwrap();
        let got = text.parse::<Reference>().unwrap().get();
        return match want {
            "right" => assert_eq!(got.unwrap().0, 7),
            _ => assert_eq!(got.unwrap_err().kind(), ErrorKind::Corrupt),
        };
    }
    let dir = tempfile::tempdir().unwrap();
    let memory = Memory::builder(dir.path().join("cache")).unwrap().secret(OURS.into());
    let memory = memory.open().unwrap();
    let text = memory.cache::<price>().with(7).shelve().unwrap().to_string();
    assert!(!text.contains(OURS));
    let child = |want: &str, secret: Option<&str>| {
        let mut child = again(TEST, &format!("{want}|{text}"));
        secret.map(|secret| child.env("LARDER_SECRET", secret));
        passes(child);
    };
    child("right", Some(OURS));
    child("right", None);
    child("wrong", Some(THEIRS));
    // Here the memory over that store has the secret.
    plain(&(Arc::new(LocalStore::open(dir.path().join("cache")).unwrap()) as Store))
        .cache::<price>()
        .with(7)
        .refresh()
        .unwrap();
    let parsed: Reference = text.parse().unwrap();
    assert!(parsed.get().is_ok(), "nobody here has a secret");
    assert_eq!(memory.scope(|| parsed.get()).unwrap_err().kind(), ErrorKind::Corrupt);
}
