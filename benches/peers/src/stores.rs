//! The stores that rows of small values share.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};
use cached::{ConcurrentCached, RedbCache};
use larder::{Key, Memory};
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::work::number;

/// Who keeps small results in this process.
#[derive(Debug)]
pub(crate) struct Stores {
    pub(crate) local: Memory,
    pub(crate) sqlite: Memory,
    pub(crate) raw: Rc<Raw>,
    pub(crate) cacache: PathBuf,
    pub(crate) numbers: Cached<f64>,
    pub(crate) blocks: Cached<Vec<u8>>,
    /// Whose puts wait for no disk, as nobody else's do.
    pub(crate) hasty_numbers: Cached<f64>,
    pub(crate) hasty_blocks: Cached<Vec<u8>>,
}

/// How many entries lie beside those that are looked at: a table of one would be no table.
const OTHERS: u64 = 5000;

impl Stores {
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let stores = Self {
            local: Memory::open(folder.join("local"))?,
            sqlite: Memory::open(sqlite(folder, "larder.db").as_str())?,
            raw: Rc::new(Raw::open(&folder.join("raw.db"))?),
            cacache: folder.join("cacache"),
            numbers: Cached::open(folder, "numbers", true)?,
            blocks: Cached::open(folder, "blocks", true)?,
            hasty_numbers: Cached::open(folder, "hasty-numbers", false)?,
            hasty_blocks: Cached::open(folder, "hasty-blocks", false)?,
        };
        let numbers = stores.sqlite.cache::<number>();
        for n in 0..OTHERS {
            numbers.call(n, "other")?;
            stores.raw.insert(numbers.with(n, "other").key()?.as_str(), &[n as u8; 300]);
            stores.hasty_numbers.call(format!("{n}/other"), || n as f64);
        }
        Ok(stores)
    }

    /// The bytes of an entry, from its file.
    pub(crate) fn entry(&self, key: &Key) -> Result<Vec<u8>> {
        Ok(fs::read(self.local.local_path(key).context("local files")?)?)
    }
}

/// The configuration of larder's SQLite store in `folder`.
pub(crate) fn sqlite(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(name).display())
}

/// SQLite as a program would use it by hand: one table of keys and values, and the settings of larder's store.
#[derive(Debug)]
pub(crate) struct Raw(Connection);

impl Raw {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8192;
             CREATE TABLE entries (key TEXT PRIMARY KEY, value BLOB NOT NULL)",
        )?;
        Ok(Self(connection))
    }

    /// One that is there.
    pub(crate) fn existing(path: &Path) -> Result<Self> {
        Ok(Self(Connection::open(path)?))
    }

    pub(crate) fn insert(&self, key: &str, value: &[u8]) {
        let insert = "INSERT INTO entries (key, value) VALUES (?1, ?2)";
        self.0.prepare_cached(insert).expect("SQL").execute((key, value)).expect("room");
    }

    pub(crate) fn select(&self, key: &str) -> Vec<u8> {
        let select = "SELECT value FROM entries WHERE key = ?1";
        let mut select = self.0.prepare_cached(select).expect("SQL");
        select.query_row([key], |row| row.get(0)).expect("an entry")
    }
}

/// Crate `cached` over redb, as its attribute uses it.
#[derive(Debug)]
pub(crate) struct Cached<V>(Rc<RedbCache<String, V>>);

impl<V> Clone for Cached<V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V: Serialize + DeserializeOwned> Cached<V> {
    pub(crate) fn open(folder: &Path, name: &str, durable: bool) -> Result<Self> {
        let cache = RedbCache::builder(name).disk_dir(folder).durable(durable).build();
        Ok(Self(Rc::new(cache.map_err(|error| anyhow::anyhow!("cached: {error}"))?)))
    }

    /// A call: what is kept, or computed and kept.
    pub(crate) fn call(&self, key: String, compute: impl FnOnce() -> V) -> V
    where
        V: Clone,
    {
        if let Some(value) = self.0.cache_get(&key).expect("cached: a read") {
            return value;
        }
        let value = compute();
        self.0.cache_set(key, value.clone()).expect("cached: a write");
        value
    }
}

/// Crate `cacache`: a call of a function whose result is bytes.
pub(crate) fn cacache_call(folder: &Path, key: &str, compute: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    if let Ok(value) = cacache::read_sync(folder, key) {
        return value;
    }
    let value = compute();
    cacache::write_sync(folder, key, &value).expect("cacache: a write");
    value
}

/// A number that nobody had yet, spread over the keys as digests are.
#[derive(Debug, Default)]
pub(crate) struct Fresh(Cell<u64>);

impl Fresh {
    pub(crate) fn next(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get() + (1 << 32)
    }

    pub(crate) fn key(&self, prefix: &str) -> String {
        let n = self.next();
        format!("{prefix}/{:016x}{n:048x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}
