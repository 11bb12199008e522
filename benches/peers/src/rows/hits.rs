//! Results that are kept already.

use std::fs;

use anyhow::{Context, Result};

use crate::bench::Bench;
use crate::row::{Reach, Row, here};
use crate::stores::cacache_call;
use crate::work::{block, hot_number, number};

pub(super) const SIZES: [(&str, usize); 4] =
    [("1 KiB", 1 << 10), ("8 KiB", 8 << 10), ("100 KiB", 100 << 10), ("10 MB", 10_000_000)];

/// Up to here a hit is measured against the read of a file.
const SMALL: usize = 8 << 10;

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if !bench.wants_any(&["hit, files", "hit, SQLite", "hit, memory"]) {
        return Ok(());
    }
    a_number(bench)?;
    SIZES.into_iter().try_for_each(|(name, len)| a_block(bench, name, len))?;
    in_memory(bench)
}

fn a_number(bench: &mut Bench) -> Result<()> {
    let (joblib, diskcache) = (bench.python("joblib")?, bench.python("diskcache")?);
    let stores = bench.stores()?;
    let (files, sqlite) = (stores.local.cache::<number>(), stores.sqlite.cache::<number>());
    let key = files.with(7, "seven").key()?;
    let _ = (files.call(7, "seven")?, sqlite.call(7, "seven")?);
    stores.raw.insert(key.as_str(), &stores.entry(&key)?);
    let (path, raw) = (stores.local.local_path(&key).context("local files")?, stores.raw.clone());
    let (cacache, cached) = (stores.cacache.clone(), stores.numbers.clone());
    let cached_in_database = cached.clone();
    let row = Row::new("hit, files: a number", here(move || files.call(7, "seven")))
        .peer("joblib", joblib.does("number_hit"))
        .peer("diskcache", diskcache.does("number_hit"))
        .peer(
            "cacache",
            here(move || cacache_call(&cacache, "7/seven", || 12_f64.to_le_bytes().to_vec())),
        )
        .peer("cached", here(move || cached.call("7/seven".to_owned(), || 12.0)))
        .floor("fs::read", here(move || fs::read(&path)))
        .reach(Reach::Floor(1.2))
        .because("cached", DATABASES);
    bench.row(row)?;
    let row = Row::new("hit, SQLite: a number", here(move || sqlite.call(7, "seven")))
        .peer("diskcache", diskcache.does("number_hit"))
        .peer("cached", here(move || cached_in_database.call("7/seven".to_owned(), || 12.0)))
        .floor("SELECT", here(move || raw.select(key.as_str())))
        .reach(Reach::Floor(1.7))
        .because("cached", ONE_PROCESS);
    bench.row(row)
}

/// Why a database may be ahead of files.
const DATABASES: &str = "a database that is open is quicker than a file that has to be opened: that is the store \
     `sqlite`; one bad block harms one result of files";
/// Why redb may be ahead of SQLite.
const ONE_PROCESS: &str = "redb belongs to one process at a time and checks nothing it reads; larder's database is \
     shared by processes, every result is checked against its checksum";

/// Why diskcache may be ahead of SQLite, and from how many bytes on.
pub(super) const FILES_FROM: usize = 32 << 10;
pub(super) const FILES_BESIDE: &str = "from 32 KB on diskcache keeps values in files, and checks nothing it reads; that is \
     larder's store `split`, or files from the start";

fn a_block(bench: &mut Bench, name: &str, len: usize) -> Result<()> {
    let (joblib, diskcache) = (bench.python("joblib")?, bench.python("diskcache")?);
    let stores = bench.stores()?;
    let (files, sqlite) = (stores.local.cache::<block>(), stores.sqlite.cache::<block>());
    let key = files.with(len, 1).key()?;
    let _ = (files.call(len, 1)?, sqlite.call(len, 1)?);
    stores.raw.insert(key.as_str(), &stores.entry(&key)?);
    let (path, raw) = (stores.local.local_path(&key).context("local files")?, stores.raw.clone());
    let (cacache, cached) = (stores.cacache.clone(), stores.hasty_blocks.clone());
    let cached_in_database = cached.clone();
    let reach = |small| if len <= SMALL { Reach::Floor(small) } else { Reach::Peers };
    let computed = move || vec![1; len];
    let row = Row::new(format!("hit, files: {name}"), here(move || files.call(len, 1)))
        .peer("joblib", joblib.does(format!("hit {len}")))
        .peer("diskcache", diskcache.does(format!("hit {len}")))
        .peer("cacache", here(move || cacache_call(&cacache, &format!("{len}/1"), computed)))
        .peer("cached", here(move || cached.call(format!("{len}/1"), computed)))
        .floor("fs::read", here(move || fs::read(&path)))
        .reach(reach(1.2))
        .because("cached", DATABASES);
    bench.row(row)?;
    let row = Row::new(format!("hit, SQLite: {name}"), here(move || sqlite.call(len, 1)))
        .peer("diskcache", diskcache.does(format!("hit {len}")))
        .peer("cached", here(move || cached_in_database.call(format!("{len}/1"), computed)))
        .floor("SELECT", here(move || raw.select(key.as_str())))
        .reach(reach(1.7))
        .because("cached", ONE_PROCESS)
        .because_if(len > FILES_FROM, "diskcache", FILES_BESIDE);
    bench.row(row)
}

fn in_memory(bench: &mut Bench) -> Result<()> {
    let hot = bench.stores()?.local.cache::<hot_number>();
    let moka = moka::sync::Cache::<(u64, String), f64>::new(10_000);
    let map = std::collections::HashMap::from([((7_u64, "seven".to_owned()), 12_f64)]);
    let row = Row::new("hit, memory: a number", here(move || hot.call(7, "seven")))
        .peer("moka", here(move || moka.get_with((7, "seven".to_owned()), || 12.0)))
        .floor("HashMap", here(move || map.get(&(7, "seven".to_owned())).copied()))
        .reach(Reach::Absolute(0.5e-6))
        .because("moka", "the key is a digest of all arguments that also finds the result on disk; moka hashes for itself only");
    bench.row(row)
}
