//! Damage to an entry on disk is a miss with a reason: never a wrong value, never a panic, and the entry is replaced.

use std::path::PathBuf;

use larder::local::LocalStore;
use larder::store::StoreBackend;
use larder::{Lookup, Memory, MemoryBuilder, MissReason, memoize};
use tempfile::TempDir;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::common::{local_with, note_run, runs};

/// The prelude's length; the places of fields in it are those of the format's description.
const PRELUDE: usize = 128;

#[memoize]
fn described(n: u64) -> (u64, String) {
    note_run();
    (n, format!("the number {n}, said at some length: {}", "x".repeat(40)))
}

/// The entry of `described(7)` in a directory.
struct Subject {
    _dir: TempDir,
    memory: Memory,
    path: PathBuf,
    good: Vec<u8>,
}

impl Subject {
    fn new(set: impl FnOnce(MemoryBuilder) -> MemoryBuilder) -> Self {
        let (dir, memory) = local_with(set);
        let function = memory.cache::<described>();
        function.call(7).unwrap();
        assert_eq!(runs(), 1);
        let store = LocalStore::open(dir.path().join("cache")).unwrap();
        let path = store.local_path(&function.with(7).key().unwrap()).unwrap();
        let good = std::fs::read(&path).unwrap();
        Self { _dir: dir, memory, path, good }
    }

    fn metadata_end(&self) -> usize {
        PRELUDE + u32::from_le_bytes(self.good[12..16].try_into().unwrap()) as usize
    }

    /// What `lookup` says of the entry with these bytes, and why a call computes, if it does. Checks what must always
    /// hold: the value is right, and what was computed is there for the next call.
    fn with_entry(&self, bytes: &[u8], what: &str) -> (Lookup, Option<MissReason>) {
        std::fs::write(&self.path, bytes).unwrap();
        let function = self.memory.cache::<described>();
        let seen = function.with(7).lookup().unwrap();
        let before: Vec<_> = function.stats().misses_by_reason().collect();
        assert_eq!(function.call(7).unwrap(), described(7), "{what}");
        let after: Vec<_> = function.stats().misses_by_reason().collect();
        // One run is the comparison's.
        let reason = match runs() - 1 {
            0 => None,
            1 => after.into_iter().find(|count| !before.contains(count)).map(|(reason, _)| reason),
            more => panic!("{what}: ran {more} times"),
        };
        assert_eq!(function.call(7).unwrap().0, 7, "{what}");
        assert_eq!(runs(), 0, "{what}: the entry was not replaced");
        assert!(reason.is_none() || function.with(7).lookup().unwrap().is_hit(), "{what}");
        (seen, reason)
    }

    /// The entry with another prelude that has the right checksum, as another program would write it.
    fn forged(&self, change: impl FnOnce(&mut [u8])) -> Vec<u8> {
        let mut bytes = self.good.clone();
        change(&mut bytes[..PRELUDE]);
        let sum = xxh3_64_with_seed(&bytes[self.metadata_end()..], xxh3_64(&bytes[..120]));
        bytes[120..PRELUDE].copy_from_slice(&sum.to_le_bytes());
        bytes
    }
}

fn every_byte_flipped(subject: &Subject) {
    for at in 0..subject.good.len() {
        for mask in [0x01, 0xff] {
            let mut bad = subject.good.clone();
            bad[at] ^= mask;
            let what = format!("byte {at} ^ {mask:#x}");
            let (seen, reason) = subject.with_entry(&bad, &what);
            if (PRELUDE..subject.metadata_end()).contains(&at) {
                // A hit does not read it; who looks at it finds out.
                assert_eq!(reason, None, "{what}");
                assert_eq!(seen, Lookup::Miss(MissReason::Corrupt), "{what}");
            } else {
                let foreign = at < 10;
                let want = if foreign { MissReason::Foreign } else { MissReason::Corrupt };
                assert_eq!(reason, Some(want), "{what}");
            }
        }
    }
}

fn every_truncation(subject: &Subject) {
    for len in 0..subject.good.len() {
        let what = format!("cut to {len} bytes");
        let (_, reason) = subject.with_entry(&subject.good[..len], &what);
        assert_eq!(reason, Some(MissReason::Corrupt), "{what}");
    }
    let longer = [&subject.good[..], b"x"].concat();
    assert_eq!(subject.with_entry(&longer, "too long").1, Some(MissReason::Corrupt));
}

#[test]
fn every_flipped_byte_is_a_miss() {
    every_byte_flipped(&Subject::new(|builder| builder));
}

#[test]
fn every_truncation_is_a_miss() {
    every_truncation(&Subject::new(|builder| builder));
}

#[cfg(feature = "zstd")]
#[test]
fn so_it_is_with_compressed_values() {
    let subject = Subject::new(|builder| builder.compress("zstd".parse().unwrap()));
    assert_eq!(&subject.good[72..76], b"zstd");
    every_byte_flipped(&subject);
    every_truncation(&subject);
}

#[test]
fn a_file_of_something_else_is_foreign() {
    let subject = Subject::new(|builder| builder);
    for other in [&b"not an entry at all"[..], &[0; 4096], "{\"json\": true}".as_bytes()] {
        let (seen, reason) = subject.with_entry(other, "another file");
        assert_eq!(seen, Lookup::Miss(MissReason::Foreign));
        assert_eq!(reason, Some(MissReason::Foreign));
    }
}

#[test]
fn another_keys_entry_is_a_miss() {
    let subject = Subject::new(|builder| builder);
    let function = subject.memory.cache::<described>();
    function.call(8).unwrap();
    let store = LocalStore::open(subject._dir.path().join("cache")).unwrap();
    let other = store.local_path(&function.with(8).key().unwrap()).unwrap();
    runs();
    let (seen, reason) = subject.with_entry(&std::fs::read(other).unwrap(), "the entry of 8");
    assert_eq!(seen, Lookup::Miss(MissReason::Corrupt));
    assert_eq!(reason, Some(MissReason::Corrupt));
}

#[test]
fn entries_of_other_programs_are_told_apart() {
    let subject = Subject::new(|builder| builder);
    let in_an_hour = std::time::SystemTime::now() + std::time::Duration::from_secs(3600);
    let micros = in_an_hour.duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64;
    let name = |head: &mut [u8], name: &[u8]| {
        head.fill(0);
        head[..name.len()].copy_from_slice(name);
    };
    let cases: [(&str, MissReason, Vec<u8>); 7] = [
        ("another format", MissReason::Foreign, subject.forged(|head| head[8] = 2)),
        ("a newer feature", MissReason::Foreign, subject.forged(|head| head[10] = 2)),
        (
            "the future",
            MissReason::FromTheFuture,
            subject.forged(|head| head[40..48].copy_from_slice(&micros.to_le_bytes())),
        ),
        (
            "an unknown codec",
            MissReason::Unreadable,
            subject.forged(|head| name(&mut head[56..72], b"klingon")),
        ),
        ("no codec", MissReason::Unreadable, subject.forged(|head| head[56..72].fill(0))),
        (
            "a compressor whose name is none",
            MissReason::Foreign,
            subject.forged(|head| name(&mut head[72..88], b"Shrink!")),
        ),
        (
            "an unknown compressor",
            MissReason::Unreadable,
            subject.forged(|head| name(&mut head[72..88], b"shrink")),
        ),
    ];
    for (what, want, bytes) in cases {
        let (seen, reason) = subject.with_entry(&bytes, what);
        assert_eq!(reason, Some(want), "{what}");
        assert_eq!(seen, Lookup::Miss(want), "{what}");
    }
}

#[test]
fn a_wrong_length_behind_a_right_checksum_is_a_miss() {
    let subject = Subject::new(|builder| builder);
    for (at, width) in [(12, 4), (16, 8), (24, 8), (32, 4), (112, 8)] {
        for fill in [0x00, 0x01, 0xff] {
            let what = format!("{width} bytes at {at} are {fill}");
            let bytes = subject.forged(|head| head[at..at + width].fill(fill));
            if bytes != subject.good {
                let (_, reason) = subject.with_entry(&bytes, &what);
                // The uncompressed length counts only where there is a compressor.
                assert!(reason.is_some() || at == 24, "{what}");
            }
        }
    }
}
