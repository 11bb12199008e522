//! `cargo xtask bench sqlite`: a memoized call over an SQLite database beside SQLite itself, and beside local files.
//!
//! All contestants of a row run interleaved in one process, in rounds; the figures are medians of the rounds, so that a
//! noisy machine is noisy for all of them. Default configuration: statistics, recency, leases and checksums are on.
//! An argument names a directory to measure in, in place of the system's for temporary files.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../../../benches/support/rows.rs"]
mod rows;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use larder::{Memory, memoize};
use rusqlite::Connection;

use self::rows::row;

#[memoize]
fn bytes(len: usize, fill: u64) -> Vec<u8> {
    vec![fill as u8; len]
}

#[memoize]
fn number(a: u64, b: &str) -> f64 {
    a as f64 + b.len() as f64
}

fn main() {
    let place = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let dir = place.map_or_else(tempfile::tempdir, tempfile::tempdir_in).expect("a directory");
    let calls = Stores::open(dir.path(), "calls");
    let raw = Raw::open(&dir.path().join("raw.db"));
    hits(&calls, &raw);
    misses(&calls, &raw);
    sizes(&Stores::open(dir.path(), "sizes"));
    many(dir.path());
}

/// The same calls over two stores.
struct Stores {
    sqlite: Memory,
    local: Memory,
    database: PathBuf,
    files: PathBuf,
}

impl Stores {
    fn open(dir: &Path, name: &str) -> Self {
        let (database, files) = (dir.join(format!("{name}.db")), dir.join(name));
        let open = |backend: &str, path: &Path| {
            let store = format!("{backend}:{}", path.display());
            Memory::open(store.as_str()).expect("a store")
        };
        Self { sqlite: open("sqlite", &database), local: open("local", &files), database, files }
    }

    /// The bytes of an entry, from its file.
    fn entry(&self, key: &larder::Key) -> Vec<u8> {
        fs::read(self.local.local_path(key).expect("local files")).expect("an entry")
    }
}

/// SQLite as a program would use it by hand, with the same settings and one table of keys and values.
struct Raw(Connection);

impl Raw {
    fn open(path: &Path) -> Self {
        let connection = Connection::open(path).expect("a database");
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8192;
                 CREATE TABLE entries (key TEXT PRIMARY KEY, value BLOB NOT NULL)",
            )
            .expect("a fresh database");
        Self(connection)
    }

    fn insert(&self, key: &str, value: &[u8]) {
        let insert = "INSERT INTO entries (key, value) VALUES (?1, ?2)";
        self.0.prepare_cached(insert).expect("SQL").execute((key, value)).expect("room");
    }

    fn select(&self, key: &str) -> Vec<u8> {
        let select = "SELECT value FROM entries WHERE key = ?1";
        let mut select = self.0.prepare_cached(select).expect("SQL");
        select.query_row([key], |row| row.get(0)).expect("an entry")
    }
}

fn hits(calls: &Stores, raw: &Raw) {
    // A table of one entry would be no table.
    for n in 0..5000 {
        number_over(&calls.sqlite, n);
        raw.insert(&format!("bench/other/number/0123456789abcdef/{n:064x}"), &[n as u8; 300]);
    }
    let number_of = (calls.sqlite.cache::<number>(), calls.local.cache::<number>());
    let key = number_of.0.with(7, "seven").key().expect("a key");
    number_of.1.call(7, "seven").expect("a value");
    number_of.0.call(7, "seven").expect("a value");
    raw.insert(key.as_str(), &calls.entry(&key));
    row(
        &format!("hit, f64 ({} B)", calls.entry(&key).len()),
        3000,
        20,
        &mut [
            ("raw select", &mut || drop(black_box(raw.select(key.as_str())))),
            ("sqlite", &mut || drop(black_box(number_of.0.call(black_box(7), "seven")))),
            ("local", &mut || drop(black_box(number_of.1.call(black_box(7), "seven")))),
        ],
    );
    let bytes_of = (calls.sqlite.cache::<bytes>(), calls.local.cache::<bytes>());
    for (len, rounds) in [(100, 3000), (1 << 10, 3000), (8 << 10, 2000), (100 << 10, 500)] {
        let key = bytes_of.0.with(len, 1).key().expect("a key");
        bytes_of.0.call(len, 1).expect("a value");
        bytes_of.1.call(len, 1).expect("a value");
        raw.insert(key.as_str(), &calls.entry(&key));
        row(
            &format!("hit, Vec<u8> of {len}"),
            rounds,
            20,
            &mut [
                ("raw select", &mut || drop(black_box(raw.select(key.as_str())))),
                ("sqlite", &mut || drop(black_box(bytes_of.0.call(black_box(len), 1)))),
                ("local", &mut || drop(black_box(bytes_of.1.call(black_box(len), 1)))),
            ],
        );
    }
}

fn number_over(memory: &Memory, n: u64) {
    memory.cache::<number>().call(n, "fresh").expect("a value");
}

fn misses(calls: &Stores, raw: &Raw) {
    let number_of = (calls.sqlite.cache::<number>(), calls.local.cache::<number>());
    let entry = calls.entry(&number_of.1.with(7, "seven").key().expect("a key"));
    let prefix = number_of.0.version().clone();
    let (mut written, mut in_sqlite, mut in_local) = (0u64, 1 << 20, 1 << 20);
    row(
        "miss, f64",
        1000,
        5,
        &mut [
            ("raw insert", &mut || {
                written += 1;
                let spread = written.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                raw.insert(&format!("{prefix}/{spread:016x}{written:048x}"), &entry);
            }),
            ("sqlite", &mut || {
                in_sqlite += 1;
                drop(black_box(number_of.0.call(in_sqlite, "fresh")));
            }),
            ("local", &mut || {
                in_local += 1;
                drop(black_box(number_of.1.call(in_local, "fresh")));
            }),
        ],
    );
}

/// Results of every size, kept anew and read again.
fn sizes(stores: &Stores) {
    let bytes_of = (stores.sqlite.cache::<bytes>(), stores.local.cache::<bytes>());
    for (name, len, rounds) in [
        ("100 B", 100, 300),
        ("1 KB", 1_000, 300),
        ("10 KB", 10_000, 300),
        ("100 KB", 100_000, 100),
        ("1 MB", 1_000_000, 30),
        ("10 MB", 10_000_000, 9),
        ("100 MB", 100_000_000, 5),
    ] {
        row(
            &format!("keep, Vec<u8> of {name}"),
            rounds,
            1,
            &mut [
                ("local", &mut || drop(bytes_of.1.with(len, 1).refresh().expect("room"))),
                ("sqlite", &mut || drop(bytes_of.0.with(len, 1).refresh().expect("room"))),
            ],
        );
        row(
            &format!("hit, Vec<u8> of {name}"),
            rounds,
            1,
            &mut [
                ("local", &mut || drop(black_box(bytes_of.1.call(len, 1)))),
                ("sqlite", &mut || drop(black_box(bytes_of.0.call(len, 1)))),
            ],
        );
    }
}

const MANY: u64 = 100_000;
/// How many calls one store makes before it is the other's turn.
const TURN: u64 = 500;

/// Many small results: what they take in all.
fn many(dir: &Path) {
    let stores = Stores::open(dir, "many");
    println!("{MANY} results of type f64");
    in_turns("compute and keep", &stores);
    drop(stores);
    let stores = Stores::open(dir, "many");
    in_turns("hit, by stores opened anew", &stores);
    let both = [&stores.sqlite, &stores.local];
    let kept = both.map(|memory| memory.entries().expect("a listing").len() as u64);
    assert_eq!(kept, [MANY; 2]);
    let listed = both.map(|memory| seconds(|| drop(memory.entries().expect("a listing"))));
    told("list", listed, "s");
    told("on the disk", [&stores.database, &stores.files].map(|it| room_of(it) as f64 / 1e6), "MB");
    let clear = |memory: &Memory| assert_eq!(memory.clear().expect("a removal"), MANY);
    told("clear", both.map(|memory| seconds(|| clear(memory))), "s");
}

/// The same calls over both stores, a few by turns.
fn in_turns(name: &str, stores: &Stores) {
    let mut sum = [0.0; 2];
    for turn in 0..MANY / TURN {
        for (memory, sum) in [&stores.sqlite, &stores.local].into_iter().zip(&mut sum) {
            let calls = turn * TURN..(turn + 1) * TURN;
            *sum += seconds(|| calls.for_each(|n| number_over(memory, n)));
        }
    }
    told(name, sum, "s");
}

fn seconds(run: impl FnOnce()) -> f64 {
    let start = Instant::now();
    run();
    start.elapsed().as_secs_f64()
}

fn told(name: &str, [sqlite, local]: [f64; 2], unit: &str) {
    println!("  {name:<28} sqlite {sqlite:>8.2} {unit:<2}   local {local:>8.2} {unit}");
}

/// What a file, or a directory with all that is in it, takes on the disk.
fn room_of(path: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::symlink_metadata(path).expect("a file");
    let below = if metadata.is_dir() {
        fs::read_dir(path)
            .expect("a directory")
            .map(|it| room_of(&it.expect("a file").path()))
            .sum()
    } else {
        0
    };
    metadata.blocks() * 512 + below
}
