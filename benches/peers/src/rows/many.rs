//! Stores of many small results: listed, opened, evicted from.

use std::fs;
use std::path::{Path, PathBuf};

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
        listed(bench, many)?;
        opened(bench)?;
    }
    if bench.wants_any(&["evict 10 000"]) {
        evicted(bench)?;
    }
    Ok(())
}

/// joblib takes longer than all others, so they are filled beside it.
fn fill(bench: &mut Bench, many: u64) -> Result<()> {
    bench.preparing("stores of many results")?;
    let folder = bench.folder().to_owned();
    let diskcache = bench.python("diskcache")?;
    let others = || {
        filled(&Memory::open(folder.join("many-files"))?, many)?;
        filled(&Memory::open(sqlite(&folder, "many.db").as_str())?, many)?;
        let cached = Cached::<f64>::open(&folder, "many", false)?;
        for n in 0..many {
            cached.call(format!("{n}/many"), || n as f64);
            cacache::write_sync(folder.join("many-cacache"), format!("{n}/many"), n.to_le_bytes())?;
        }
        diskcache.ask(&format!("fill many-diskcache {many} 1")).map(drop)
    };
    bench.python("joblib")?.beside(&format!("fill many-joblib {many}"), others)
}

fn filled(memory: &Memory, many: u64) -> Result<()> {
    let numbers = memory.cache::<number>();
    (0..many).try_for_each(|n| Ok(numbers.call(n, "many").map(|_| ())?))
}

fn listed(bench: &mut Bench, many: u64) -> Result<()> {
    let folder = bench.folder().to_owned();
    let files = Memory::open(folder.join("many-files"))?;
    let cacache = folder.join("many-cacache");
    let walked = folder.join("many-files");
    let row = Row::new("list 100 000, files", here(move || files.entries()))
        .peer("joblib", bench.python("joblib")?.does(format!("list many-joblib {many}")))
        .peer("cacache", here(move || cacache::list_sync(&cacache).count()))
        .floor("walk + stat", here(move || walk(&walked)));
    bench.long_row(row)?;
    let database = Memory::open(sqlite(&folder, "many.db").as_str())?;
    let row = Row::new("list 100 000, SQLite", here(move || database.entries()))
        .peer("diskcache", bench.python("diskcache")?.does(format!("list many-diskcache {many}")))
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

/// Why opening and closing a database may take longer.
const NOTES: &str = "larder notes when a result was last used, and whoever closes the database last brings the note home, \
     which waits for the disk; diskcache notes nothing";
const SHARED: &str = "redb belongs to one process; what processes share a database by is made by the first who opens it \
     and taken away by the last, which brings home when the result was last used";

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
    .because("diskcache", NOTES)
    .peer(
        "cached",
        here(move || {
            let cached = Cached::<f64>::open(&folder, "many", true).expect("a database");
            cached.call("7/many".to_owned(), || 7.0)
        }),
    )
    .because("cached", SHARED);
    bench.row(row)
}

const EVICTED: u32 = 10_000;
/// Of each that goes one in five stays.
const STAYING: u32 = 5;
/// joblib takes seconds for a thousand already, so it gets a tenth of the work, and is told as ten times that.
const OF_TEN: u32 = 10;

fn evicted(bench: &mut Bench) -> Result<()> {
    let folder = bench.folder().to_owned();
    let asked = |name: &str, count: u32| format!("evict {name} {count} {}", count / STAYING);
    let joblib = bench.python("joblib")?.does(asked("evict-joblib", EVICTED / OF_TEN));
    let row = Row::new("evict 10 000, files", evicting(Memory::open(folder.join("evict-files"))?))
        .peer("joblib (10 × 1000)", times(OF_TEN, joblib))
        .floor("unlink", unlinking(folder.join("unlink")));
    bench.long_row(row)?;
    let database = Memory::open(sqlite(&folder, "evict.db").as_str())?;
    let diskcache = bench.python("diskcache")?.does(asked("evict-diskcache", EVICTED));
    let row = Row::new("evict 10 000, SQLite", evicting(database)).peer("diskcache", diskcache).because(
        "diskcache",
        "diskcache takes ten out in one step; larder each in a step of its own, so that calls come in between",
    );
    bench.long_row(row)
}

fn evicting(memory: Memory) -> Run {
    let again = memory.clone();
    let limits = Limits { max_items: Some((EVICTED / STAYING).into()), ..Limits::default() };
    let all = u64::from(EVICTED + EVICTED / STAYING);
    prepared(
        move || filled(&again, all).expect("room"),
        move |()| assert_eq!(memory.reduce_size(limits).expect("a store"), u64::from(EVICTED)),
    )
}

/// The files alone, with nobody choosing which.
fn unlinking(folder: PathBuf) -> Run {
    let name = |folder: &Path, n: u32| folder.join(format!("{n:064}"));
    let other = folder.clone();
    prepared(
        move || {
            fs::create_dir_all(&folder).expect("room");
            (0..EVICTED).for_each(|n| fs::write(name(&folder, n), [0; 300]).expect("room"));
        },
        move |()| (0..EVICTED).for_each(|n| fs::remove_file(name(&other, n)).expect("a file")),
    )
}

fn times(count: u32, mut run: Run) -> Run {
    Box::new(move |times| Ok(run(times)? * count))
}
