//! Small entries that claim to be large ones: a miss with a reason, within the memory that there is.
#![cfg(all(target_os = "linux", feature = "bz2"))]

use std::io;
use std::sync::Arc;

use larder::compress::Compressors;
use larder::local::{LocalOptions, LocalStore};
use larder::store::StoreBackend;
use larder::{Lookup, Memory, MissReason, memoize};

use crate::common::{after, again, note_run, passes, role, runs};
use crate::forged::{mended, metadata_end};

/// What the tests that run the program again give it, in KiB.
const MEMORY: &str = "ulimit -v 2000000";

#[memoize]
fn zeros(of: u32) -> Vec<u32> {
    note_run();
    vec![0; of as usize]
}

/// A store, a memory over it with this compressor, and the entry of `zeros(2000)`.
fn subject(compress: &str) -> (tempfile::TempDir, Arc<LocalStore>, Memory) {
    let dir = tempfile::tempdir().unwrap();
    let options = LocalOptions::default().map_from(u64::MAX);
    let store = Arc::new(LocalStore::with_options(dir.path(), options).unwrap());
    let memory = Memory::over(store.clone()).compress(compress.parse().unwrap()).open().unwrap();
    memory.cache::<zeros>().call(2000).unwrap();
    runs();
    (dir, store, memory)
}

/// The call computes, since of the entry there is nothing to be had.
#[track_caller]
fn computes(memory: &Memory, reason: MissReason) {
    let function = memory.cache::<zeros>();
    let misses = function.stats().misses(reason);
    assert_eq!(function.call(2000).unwrap(), vec![0; 2000]);
    assert_eq!((runs(), function.stats().misses(reason)), (1, misses + 1), "{:?}", memory.stats());
    assert!(matches!(function.with(2000).lookup().unwrap(), Lookup::Hit(_)), "not replaced");
}

#[test]
fn what_would_become_a_million_times_as_long_is_not_decompressed() {
    const TEST: &str = "bombs::what_would_become_a_million_times_as_long_is_not_decompressed";
    if role().is_none() {
        return passes(after(MEMORY, &again(TEST, "bounded")));
    }
    let (_dir, store, memory) = subject("bz2");
    let key = memory.cache::<zeros>().with(2000).key().unwrap();
    let path = store.local_path(&key).unwrap();
    let mut member = Vec::new();
    let bz2 = Compressors::default().get("bz2").unwrap();
    let mut zeros = io::Read::take(io::repeat(0), 16 << 20);
    bz2.compress(None, &mut zeros, &mut member).unwrap();
    // What several members become is one stream: here four gibibytes, twice what there is.
    let payload = member.repeat(256);
    assert!(payload.len() < 64 << 10);
    let bomb = mended(std::fs::read(&path).unwrap(), &key, |entry| {
        entry[16..24].copy_from_slice(&(payload.len() as u64).to_le_bytes());
        entry[24..32].copy_from_slice(&(4u64 << 30).to_le_bytes());
        entry[32..36].fill(0);
        entry.truncate(metadata_end(entry));
        entry.extend_from_slice(&payload);
    });
    std::fs::write(&path, bomb).unwrap();
    let mut found = Vec::new();
    memory.verify(&memory.contents().unwrap(), &mut |_, one| found.push(one.to_string())).unwrap();
    assert!(found.iter().any(|one| one.contains("only believed when it is signed")), "{found:?}");
    computes(&memory, MissReason::Unreadable);
}

#[test]
fn no_compressor_reserves_what_is_only_claimed() {
    const TEST: &str = "bombs::no_compressor_reserves_what_is_only_claimed";
    if role().is_none() {
        return passes(after(MEMORY, &again(TEST, "bounded")));
    }
    for name in Compressors::default().names() {
        let (_dir, store, memory) = subject(name);
        let key = memory.cache::<zeros>().with(2000).key().unwrap();
        let path = store.local_path(&key).unwrap();
        let good = std::fs::read(&path).unwrap();
        for (claim, reason) in [
            (1 << 20, MissReason::Corrupt),
            (1 << 30, MissReason::Corrupt),
            ((1 << 30) + 1, MissReason::Unreadable),
            (1 << 60, MissReason::Unreadable),
            (u64::MAX, MissReason::Unreadable),
        ] {
            let bomb = mended(good.clone(), &key, |entry| {
                entry[24..32].copy_from_slice(&u64::to_le_bytes(claim));
            });
            std::fs::write(&path, bomb).unwrap();
            computes(&memory, reason);
        }
    }
}

/// A file takes no room where nothing was written.
#[test]
fn a_file_longer_than_memory_is_an_error_of_the_store() {
    const TEST: &str = "bombs::a_file_longer_than_memory_is_an_error_of_the_store";
    if role().is_none() {
        return passes(after(MEMORY, &again(TEST, "bounded")));
    }
    let (_dir, store, memory) = subject("none");
    let function = memory.cache::<zeros>();
    let path = store.local_path(&function.with(2000).key().unwrap()).unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_len(8 << 30).unwrap();
    assert_eq!(function.call(2000).unwrap(), vec![0; 2000]);
    assert_eq!((runs(), memory.stats().store_errors), (1, 1));
}
