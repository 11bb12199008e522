//! 100 MB of numbers: as a result, as an argument, as a file of its own; with the memory that takes.

use std::fs::{self, File};
use std::hint::black_box;
use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use anyhow::{Context, Result};
use larder::{Array, LoadOptions, MmapMode, dump, hash, load, load_with};

use crate::bench::{Bench, Counted};
use crate::child::Shared;
use crate::figure::Unit;
use crate::peak::peak;
use crate::row::{Reach, Row, here, prepared};
use crate::work::{LARGE, VECTOR, array, large, vector};

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if !bench.wants_any(&["100 MB array"]) {
        return Ok(());
    }
    let joblib = bench.python("joblib")?;
    kept(bench, &joblib)?;
    taken(bench, &joblib)?;
    hashed(bench, &joblib)?;
    files(bench, &joblib)
}

/// Time and memory of one work; a row of megabytes follows that of times.
fn both(
    bench: &mut Bench,
    row: Row,
    larder: impl FnOnce() + 'static,
    joblib: Counted<'static>,
    floor: impl FnOnce() + 'static,
) -> Result<()> {
    let name = format!("{}, memory", row.work);
    let floor_name = row.floor.as_ref().map(|(name, _)| name.clone()).context("a floor")?;
    bench.row_in(Duration::from_secs(if bench.options.quick { 1 } else { 4 }), row)?;
    let memory = Row::<Counted<'_>>::new(name, Box::new(|| peak(larder)))
        .unit(Unit::Megabytes)
        .peer("joblib", joblib)
        .floor(floor_name, Box::new(|| peak(floor)))
        .because("joblib", PAGES);
    bench.counted(memory)
}

/// Why somebody else's peak may be lower.
const PAGES: &str =
    "pages of the disk's cache that are looked at where they are count for whoever maps them";

fn bytes() -> &'static [u8] {
    let numbers: &[f64] = large();
    // SAFETY: every byte of a float is a byte, and bytes may stand anywhere.
    unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), size_of_val(numbers)) }
}

/// Each time there is nothing yet: whoever replaces a file also pays for the end of the old one.
fn kept(bench: &mut Bench, joblib: &Shared) -> Result<()> {
    let of_arrays = bench.stores()?.local.cache::<array>();
    let clear = {
        let of_arrays = of_arrays.clone();
        move || _ = of_arrays.clear().expect("a store")
    };
    let (temp, target) =
        (bench.folder().join("floor-of-arrays.temp"), bench.folder().join("floor-of-arrays"));
    let remove = {
        let target = target.clone();
        move || _ = fs::remove_file(&target)
    };
    let write = move || {
        fs::write(&temp, bytes()).expect("room");
        fs::rename(&temp, &target).expect("room");
    };
    let (cleared, floor) = (clear.clone(), write.clone());
    let (of_arrays_again, removed) = (of_arrays.clone(), remove.clone());
    let row = Row::new("keep a 100 MB array", prepared(clear, move |()| of_arrays.call()))
        .peer("joblib", joblib.does(format!("array_miss {LARGE}")))
        .floor("fs::write + rename", prepared(remove, move |()| write()))
        .reach(Reach::Floor(1.3));
    let peak = joblib.peak(format!("array_miss {LARGE}"));
    cleared();
    removed();
    both(bench, row, move || drop(black_box(of_arrays_again.call())), peak, floor)
}

fn taken(bench: &mut Bench, joblib: &Shared) -> Result<()> {
    let stores = bench.stores()?;
    let (of_arrays, of_vectors) = (stores.local.cache::<array>(), stores.local.cache::<vector>());
    *VECTOR.lock().unwrap_or_else(PoisonError::into_inner) = Some(large().to_vec());
    drop((of_arrays.call()?, of_vectors.call()?));
    let path = |key: &larder::Key| stores.local.local_path(key).context("local files");
    let (mapped, read) = (path(&of_arrays.with().key()?)?, path(&of_vectors.with().key()?)?);
    let (of_arrays_again, of_vectors_again) = (of_arrays.clone(), of_vectors.clone());
    let map = move || black_box(map(&mapped)).len();
    let row = Row::new("hit, 100 MB array, mapped", here(move || of_arrays.call()))
        .peer("joblib", joblib.does(format!("array_hit {LARGE} r")))
        .floor("open + mmap", here(map.clone()))
        .reach(Reach::Absolute(15e-6));
    let peak = joblib.peak(format!("array_hit {LARGE} r"));
    both(bench, row, move || drop(black_box(of_arrays_again.call())), peak, move || _ = map())?;
    let read = move || drop(black_box(fs::read(&read).expect("an entry")));
    let row = Row::new("hit, 100 MB array, read", here(move || of_vectors.call()))
        .peer("joblib", joblib.does(format!("array_hit {LARGE}")))
        .floor("fs::read", here(read.clone()));
    let peak = joblib.peak(format!("array_hit {LARGE}"));
    both(bench, row, move || drop(black_box(of_vectors_again.call())), peak, read)
}

fn map(path: &Path) -> memmap2::Mmap {
    let file = File::open(path).expect("a file");
    // SAFETY: nobody changes the file while it is mapped.
    unsafe { memmap2::Mmap::map(&file) }.expect("a map")
}

fn hashed(bench: &mut Bench, joblib: &Shared) -> Result<()> {
    let row = Row::new("hash a 100 MB array", here(|| hash(large())))
        .peer("joblib", joblib.does(format!("hash {LARGE}")))
        .floor("BLAKE3, one thread", here(|| blake3::hash(bytes())))
        .reach(Reach::Floor(1.1));
    let peak = joblib.peak(format!("hash {LARGE}"));
    both(bench, row, || _ = black_box(hash(large())), peak, || _ = black_box(blake3::hash(bytes())))
}

fn files(bench: &mut Bench, joblib: &Shared) -> Result<()> {
    let (path, plain) = (bench.folder().join("dump"), bench.folder().join("plain"));
    let dumped = {
        let path = path.clone();
        move || dump(large(), &path).expect("room")
    };
    let write = move || fs::write(&plain, bytes()).expect("room");
    let row = Row::new("dump a 100 MB array", here(dumped.clone()))
        .peer("joblib", joblib.does(format!("dump {LARGE}")))
        .floor("fs::write", here(write.clone()))
        .reach(Reach::Floor(1.3))
        .because("joblib", "a dump has checksums, and replaces a file all or nothing");
    let peak = joblib.peak(format!("dump {LARGE}"));
    both(bench, row, dumped, peak, write)?;

    let (whole, read) = (path.clone(), path.clone());
    let loaded = move || load::<Array<f64>>(&whole).expect("a dump");
    let read = move || drop(black_box(fs::read(&read).expect("a dump")));
    let row = Row::new("load a 100 MB array", here(loaded.clone()))
        .peer("joblib", joblib.does(format!("load {LARGE}")))
        .floor("fs::read", here(read.clone()))
        .because("joblib", "what is read is looked at: a dump has checksums");
    let peak = joblib.peak(format!("load {LARGE}"));
    both(bench, row, move || drop(black_box(loaded())), peak, read)?;

    let options = LoadOptions::new().mmap_mode(MmapMode::ReadOnly);
    let (of_dump, of_floor) = (path.clone(), path);
    let loaded = move |()| load_with::<Array<f64>>(&of_dump, &options).expect("a dump");
    let row = Row::new("load a 100 MB array, mapped", prepared(|| (), loaded))
        .peer("joblib", joblib.does(format!("load {LARGE} r")))
        .floor("open + mmap", here(move || map(&of_floor)))
        .reach(Reach::Absolute(15e-6));
    bench.row(row)
}
