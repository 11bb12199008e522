//! Results that are computed, which takes no time here, and kept.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use super::hits::{FILES_BESIDE, FILES_FROM, SIZES};
use crate::bench::Bench;
use crate::row::{Reach, Row, Run, here};
use crate::stores::{Fresh, cacache_call};
use crate::work::{block, number};

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if !bench.wants_any(&["miss, files", "miss, SQLite"]) {
        return Ok(());
    }
    a_number(bench)?;
    SIZES
        .into_iter()
        .filter(|(name, _)| *name != "8 KiB")
        .try_for_each(|(name, len)| a_block(bench, name, len))
}

/// Nobody but `cached` waits for the disk, which it does unless told otherwise.
const LEFT_TO_THE_SYSTEM: &str = "cached (no fsync)";
const WHEN_IT_IS_ON_DISK: &str = "`cached` without fsync keeps puts in its process's memory: a process that is killed \
     loses them, and no other may open the database";

fn a_number(bench: &mut Bench) -> Result<()> {
    let (joblib, diskcache) = (bench.python("joblib")?, bench.python("diskcache")?);
    let floor = written(bench, "floor-numbers")?;
    let stores = bench.stores()?;
    let (files, sqlite) = (stores.local.cache::<number>(), stores.sqlite.cache::<number>());
    files.call(7, "seven")?;
    let entry = stores.entry(&files.with(7, "seven").key()?)?;
    let (in_raw, raw, prefix) = (entry.clone(), stores.raw.clone(), files.version().to_string());
    let (cached, hasty) = (stores.numbers.clone(), stores.hasty_numbers.clone());
    let hasty_too = hasty.clone();
    let cacache = stores.cacache.clone();
    let [a, b, c, d, e, f, g] = [(); 7].map(|()| Fresh::default());
    let row = Row::new("miss, files: a number", here(move || files.call(a.next(), "fresh")))
        .peer("joblib", joblib.does("number_miss"))
        .peer("diskcache", diskcache.does("number_miss"))
        .peer(
            "cacache",
            here(move || {
                cacache_call(&cacache, &d.key("numbers"), || 12_f64.to_le_bytes().to_vec())
            }),
        )
        .peer("cached", here(move || cached.call(b.key("numbers"), || 12.0)))
        .peer(LEFT_TO_THE_SYSTEM, here(move || hasty.call(c.key("files"), || 12.0)))
        .floor("fs::write + rename", floor(entry))
        .reach(Reach::Floor(1.2))
        .because(LEFT_TO_THE_SYSTEM, WHEN_IT_IS_ON_DISK);
    bench.row(row)?;
    let row = Row::new("miss, SQLite: a number", here(move || sqlite.call(e.next(), "fresh")))
        .peer("diskcache", diskcache.does("number_miss"))
        .peer(LEFT_TO_THE_SYSTEM, here(move || hasty_too.call(g.key("database"), || 12.0)))
        .floor("INSERT", here(move || raw.insert(&f.key(&prefix), &in_raw)))
        .reach(Reach::Floor(4.0))
        .because(LEFT_TO_THE_SYSTEM, WHEN_IT_IS_ON_DISK);
    bench.row(row)
}

fn a_block(bench: &mut Bench, name: &str, len: usize) -> Result<()> {
    let (joblib, diskcache) = (bench.python("joblib")?, bench.python("diskcache")?);
    let floor = written(bench, &format!("floor-{len}"))?;
    let stores = bench.stores()?;
    let (files, sqlite) = (stores.local.cache::<block>(), stores.sqlite.cache::<block>());
    files.call(len, 1)?;
    let entry = stores.entry(&files.with(len, 1).key()?)?;
    let (in_raw, raw) = (entry.clone(), stores.raw.clone());
    let prefix = format!("{}/{len}", files.version());
    let (cached, hasty, cacache) =
        (stores.blocks.clone(), stores.hasty_blocks.clone(), stores.cacache.clone());
    let hasty_too = hasty.clone();
    let [a, b, c, d, e, f, g] = [(); 7].map(|()| Fresh::default());
    let (prefix_of_b, prefix_of_c) = (format!("b{len}"), format!("c{len}"));
    let (prefix_of_d, prefix_of_g) = (format!("d{len}"), format!("g{len}"));
    let row = Row::new(format!("miss, files: {name}"), here(move || files.call(len, a.next())))
        .peer("joblib", joblib.does(format!("miss {len}")))
        .peer("diskcache", diskcache.does(format!("miss {len}")))
        .peer(
            "cacache",
            here(move || {
                // It knows equal contents when it sees them, and would not write them again.
                let n = d.next();
                cacache_call(&cacache, &format!("{prefix_of_d}/{n}"), || {
                    let mut bytes = vec![1; len];
                    bytes[..8].copy_from_slice(&n.to_le_bytes());
                    bytes
                })
            }),
        )
        .peer("cached", here(move || cached.call(b.key(&prefix_of_b), || vec![1; len])))
        .peer(LEFT_TO_THE_SYSTEM, here(move || hasty.call(c.key(&prefix_of_c), || vec![1; len])))
        .floor("fs::write + rename", floor(entry))
        .because(LEFT_TO_THE_SYSTEM, WHEN_IT_IS_ON_DISK);
    bench.row(row)?;
    let row = Row::new(format!("miss, SQLite: {name}"), here(move || sqlite.call(len, e.next())))
        .peer("diskcache", diskcache.does(format!("miss {len}")))
        .peer(
            LEFT_TO_THE_SYSTEM,
            here(move || hasty_too.call(g.key(&prefix_of_g), || vec![1; len])),
        )
        .floor("INSERT", here(move || raw.insert(&f.key(&prefix), &in_raw)))
        .because(LEFT_TO_THE_SYSTEM, WHEN_IT_IS_ON_DISK)
        .because_if(len > FILES_FROM, "diskcache", FILES_BESIDE);
    bench.row(row)
}

/// A side that writes an entry to a temporary file and gives it its name.
fn written(bench: &Bench, name: &str) -> Result<impl FnOnce(Vec<u8>) -> Run + use<>> {
    let folder: PathBuf = bench.folder().join(name);
    fs::create_dir(&folder)?;
    Ok(move |entry: Vec<u8>| {
        let written = Fresh::default();
        here(move || {
            let temp = folder.join("temp");
            fs::write(&temp, &entry).expect("room");
            fs::rename(&temp, folder.join(written.next().to_string())).expect("room");
        })
    })
}
