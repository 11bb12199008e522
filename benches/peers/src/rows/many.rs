//! Stores of many small results: listed, opened, evicted from.

use std::fs;
use std::path::Path;

use anyhow::Result;
use larder::{Limits, Memory};

use crate::bench::Bench;
use crate::row::{Row, Run, here, prepared};
use crate::stores::{Cached, sqlite};
use crate::work::number;

const MANY: u64 = 100_000;

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if bench.wants_any(&["list 100 000", "open a store of 100 000"]) {
        let many = if bench.options.quick { MANY / 20 } else { MANY };
        fill(bench, many)?;
        listed(bench)?;
        opened(bench)?;
    }
    if bench.wants_any(&["evict 10 000"]) {
        evicted(bench)?;
    }
    Ok(())
}

fn fill(bench: &mut Bench, many: u64) -> Result<()> {
    let folder = bench.folder().to_owned();
    let (files, database) = (folder.join("many-files"), sqlite(&folder, "many.db"));
    // On two processors it takes half the time so.
    bench
        .python("joblib")?
        .beside(&format!("fill many-joblib {many}"), || filled(&Memory::open(files)?, many))?;
    bench.python("diskcache")?.beside(&format!("fill many-diskcache {many}"), || {
        filled(&Memory::open(database.as_str())?, many)?;
        let cached = Cached::<f64>::open(&folder, "many", false)?;
        for n in 0..many {
            cached.call(format!("{n}/many"), || n as f64);
            cacache::write_sync(folder.join("many-cacache"), format!("{n}/many"), n.to_le_bytes())?;
        }
        Ok(())
    })
}

fn filled(memory: &Memory, many: u64) -> Result<()> {
    let numbers = memory.cache::<number>();
    (0..many).try_for_each(|n| Ok(numbers.call(n, "many").map(|_| ())?))
}

fn listed(bench: &mut Bench) -> Result<()> {
    let folder = bench.folder().to_owned();
    let files = Memory::open(folder.join("many-files"))?;
    let cacache = folder.join("many-cacache");
    let walked = folder.join("many-files");
    let row = Row::new("list 100 000, files", here(move || files.entries()))
        .peer("joblib", bench.python("joblib")?.does("list many-joblib"))
        .peer("cacache", here(move || cacache::list_sync(&cacache).count()))
        .floor("walk + stat", here(move || walk(&walked)));
    bench.long_row(row)?;
    let database = Memory::open(sqlite(&folder, "many.db").as_str())?;
    let row = Row::new("list 100 000, SQLite", here(move || database.entries()))
        .peer("diskcache", bench.python("diskcache")?.does("list many-diskcache"))
        .because(
            "diskcache",
            "diskcache lists keys; larder each result's size and last use with it",
        );
    bench.long_row(row)
}

/// The sizes of all files below `folder`, added up.
fn walk(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a directory").map(|entry| entry.expect("an entry"));
    entries
        .map(|entry| match entry.metadata().expect("an entry") {
            metadata if metadata.is_dir() => walk(&entry.path()),
            metadata => metadata.len(),
        })
        .sum()
}

/// Opens a store and takes a result from it.
fn opened(bench: &mut Bench) -> Result<()> {
    let folder = bench.folder().to_owned();
    let files = folder.join("many-files");
    let row = Row::new(
        "open a store of 100 000 and hit, files",
        here(move || {
            Memory::open(&*files).and_then(|memory| memory.cache::<number>().call(7, "many"))
        }),
    )
    .peer("joblib", bench.python("joblib")?.does("open many-joblib"));
    bench.row(row)?;
    let database = sqlite(&folder, "many.db");
    let row = Row::new(
        "open a store of 100 000 and hit, SQLite",
        here(move || {
            Memory::open(database.as_str())
                .and_then(|memory| memory.cache::<number>().call(7, "many"))
        }),
    )
    .peer("diskcache", bench.python("diskcache")?.does("open many-diskcache"))
    .peer(
        "cached",
        here(move || {
            let cached = Cached::<f64>::open(&folder, "many", true).expect("a database");
            cached.call("7/many".to_owned(), || 7.0)
        }),
    );
    bench.row(row)
}

const EVICTED: u64 = 10_000;
const LEFT: u64 = 2_000;

fn evicted(bench: &mut Bench) -> Result<()> {
    let folder = bench.folder().to_owned();
    let asked = |name: &str| format!("evict {name} {} {LEFT}", EVICTED + LEFT);
    let row = Row::new("evict 10 000, files", evicting(Memory::open(folder.join("evict-files"))?))
        .peer("joblib", bench.python("joblib")?.does(asked("evict-joblib")));
    bench.long_row(row)?;
    let database = Memory::open(sqlite(&folder, "evict.db").as_str())?;
    let row = Row::new("evict 10 000, SQLite", evicting(database))
        .peer("diskcache", bench.python("diskcache")?.does(asked("evict-diskcache")));
    bench.long_row(row)
}

fn evicting(memory: Memory) -> Run {
    let again = memory.clone();
    let limits = Limits { max_items: Some(LEFT), ..Limits::default() };
    prepared(
        move || filled(&again, EVICTED + LEFT).expect("room"),
        move |()| assert_eq!(memory.reduce_size(limits).expect("a store"), EVICTED),
    )
}
