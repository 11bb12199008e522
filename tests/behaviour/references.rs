//! `MemoizedResult`: prints, parses back elsewhere, travels, and says what became of the entry.

use std::sync::Arc;

use larder::local::LocalStore;
use larder::store::{MemoryStore, StoreBackend};
use larder::{ErrorKind, Location, MemoizedResult, Memory, Registry, StoreConfig, memoize};
use serde::Deserialize;

use crate::common::{again, local, note_run, passes, role, runs};

#[memoize]
fn lines(n: u32) -> Vec<String> {
    note_run();
    (0..n).map(|i| format!("line {i}")).collect()
}

#[memoize]
fn checked(n: u32) -> Result<u32, String> {
    n.checked_sub(1).ok_or_else(|| "nothing below nothing".to_owned())
}

#[test]
fn it_computes_once_and_reads_when_asked() {
    let (_dir, memory) = local();
    let function = memory.cache::<lines>();
    let reference = function.with(3).shelve().unwrap();
    assert_eq!(function.with(3).shelve().unwrap().key(), reference.key());
    assert_eq!(runs(), 1);
    assert_eq!(reference.key(), Some(&function.with(3).key().unwrap()));
    assert_eq!(reference.get().unwrap().len(), 3);
    assert_eq!(runs(), 0);
}

#[test]
fn text_and_serde_bring_it_back() {
    let (dir, memory) = local();
    let reference = memory.cache::<lines>().with(2).shelve().unwrap();
    let text = reference.to_string();
    assert!(text.starts_with(&format!("local:{}", dir.path().display())), "{text}");
    let parsed: MemoizedResult<Vec<String>> = text.parse().unwrap();
    assert_eq!(parsed.to_string(), text);
    assert_eq!(parsed.get().unwrap(), ["line 0", "line 1"]);

    let json = serde_json::to_string(&reference).unwrap();
    let sent: MemoizedResult<Vec<String>> = serde_json::from_str(&json).unwrap();
    assert_eq!(sent.get().unwrap(), ["line 0", "line 1"]);
    assert_eq!(runs(), 1);
    assert!(sent.clear().unwrap());
    assert!(!parsed.clear().unwrap());
}

#[test]
fn it_holds_from_any_directory() {
    const TEST: &str = "references::it_holds_from_any_directory";
    if let Some(out) = role() {
        let memory = Memory::open("./shelf").unwrap();
        let reference = memory.cache::<lines>().with(1).shelve().unwrap();
        return std::fs::write(out, reference.to_string()).unwrap();
    }
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("reference");
    let mut child = again(TEST, out.to_str().unwrap());
    child.current_dir(dir.path());
    passes(child);
    let text = std::fs::read_to_string(out).unwrap();
    let reference: MemoizedResult<Vec<String>> = text.parse().unwrap();
    assert_eq!(reference.get().unwrap(), ["line 0"]);
    assert_eq!(runs(), 0, "the other process computed it");
}

#[test]
fn a_cleared_or_damaged_entry_is_named() {
    let (dir, memory) = local();
    let function = memory.cache::<lines>();
    let reference = function.with(4).shelve().unwrap();
    let key = reference.key().unwrap().clone();
    let store = LocalStore::open(dir.path().join("cache")).unwrap();
    let path = store.local_path(&key).unwrap();

    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let parsed: MemoizedResult<Vec<String>> = reference.to_string().parse().unwrap();
    for reference in [&reference, &parsed] {
        let error = reference.get().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
        assert_eq!(error.get("key"), Some(key.as_str()));
    }

    function.clear().unwrap();
    for reference in [&reference, &parsed] {
        let error = reference.get().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error:?}");
        assert_eq!(error.get("key"), Some(key.as_str()));
    }
    assert_eq!(runs(), 1);
}

#[test]
fn of_a_fallible_function_the_ok_is_referred_to() {
    let (_dir, memory) = local();
    let function = memory.cache::<checked>();
    let kept = function.with(1).shelve().unwrap();
    assert_eq!(kept.get().unwrap(), Ok(0));
    let parsed: MemoizedResult<u32> = kept.to_string().parse().unwrap();
    assert_eq!(parsed.get().unwrap(), 0);
    let failed = function.with(0).shelve().unwrap();
    assert_eq!(failed.key(), None);
    assert!(failed.get().unwrap().is_err());
}

#[test]
fn what_is_no_reference_is_refused() {
    for text in ["", "./cache", "#", "./cache#", "./cache#no key", "<a held value>", "<x>#y"] {
        let error = text.parse::<MemoizedResult<u8>>().unwrap_err();
        assert!(error.is_invalid(), "{text:?}: {error:?}");
    }
}

#[test]
fn a_store_built_in_code_has_no_address() {
    let memory = Memory::over(Arc::new(MemoryStore::new())).open().unwrap();
    let reference = memory.cache::<lines>().with(1).shelve().unwrap();
    assert_eq!(reference.get().unwrap().len(), 1);
    assert!(reference.to_string().parse::<MemoizedResult<Vec<String>>>().is_err());
    let error = serde_json::to_string(&reference).unwrap_err().to_string();
    assert!(error.contains("open the store by name or URL"), "{error}");
}

#[derive(Deserialize)]
struct Vault {
    token: String,
}

#[test]
fn secrets_are_never_shown() {
    let registry = Registry::new();
    registry
        .register_store("vault", |_: Location, options: Vault| {
            assert_eq!(options.token, "hunter2");
            Ok(MemoryStore::new())
        })
        .unwrap();
    let config =
        StoreConfig::new("vault").at("https://me:hunter2@host/x").option("token", "hunter2");
    let memory = Memory::builder(config).unwrap().registry(Arc::new(registry)).open().unwrap();
    let reference = memory.cache::<lines>().with(1).shelve().unwrap();
    let key = reference.key().unwrap().clone();
    assert!(reference.clear().unwrap());
    let shown = [
        reference.to_string(),
        format!("{reference:?}"),
        format!("{memory:?}"),
        format!("{:?}", memory.location()),
        format!("{:?}", reference.get().unwrap_err()),
        serde_json::to_string(&reference).unwrap(),
    ];
    assert!(shown[0].contains(key.as_str()) && shown[0].contains("host"), "{shown:?}");
    for text in shown {
        assert!(!text.contains("hunter2"), "{text}");
    }
}
