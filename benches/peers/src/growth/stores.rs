//! Stores of ever more entries.

use std::path::Path;

use anyhow::Result;
use larder::Memory;

use super::Curve;
use super::plot::Plot;
use crate::figure::{Figure, Unit};
use crate::peak::peak;
use crate::row::{Run, here};
use crate::stores::sqlite;
use crate::work::number;

/// A store: its name, how it is opened below a folder, and how many entries it gets.
type Store = (&'static str, fn(&Path) -> Result<Memory>, &'static [u64]);

const STORES: [Store; 2] = [
    ("files", |folder| Ok(Memory::open(folder.join("files"))?), &[1_000, 10_000, 100_000]),
    (
        "SQLite",
        |folder| Ok(Memory::open(sqlite(folder, "larder.db").as_str())?),
        &[1_000, 10_000, 100_000, 1_000_000],
    ),
];

pub(super) fn measure(scale: u64) -> Result<Vec<Plot>> {
    let mut plots = [
        Plot::new(
            "A hit",
            "growth-hit.svg",
            "entries",
            Unit::Seconds,
            "Of a result that is one of so many; each time of another. Where it comes to the same one again only after a minute, the note of its last use is in it each time.",
        ),
        Plot::new(
            "A miss",
            "growth-miss.svg",
            "entries",
            Unit::Seconds,
            "A number that is computed in no time, and kept beside so many.",
        ),
        Plot::new(
            "A list",
            "growth-list.svg",
            "entries",
            Unit::Seconds,
            "`Memory::entries`, of all of them.",
        ),
        Plot::new(
            "Memory of a list",
            "growth-memory.svg",
            "entries",
            Unit::Megabytes,
            "What a list takes in memory at its peak: the entries themselves.",
        ),
    ];
    for (name, open, sizes) in STORES {
        let folder = tempfile::tempdir()?;
        let memory = open(folder.path())?;
        let mut curves = [(); 4].map(|()| Curve { name, points: Vec::new() });
        let mut kept = 0;
        for size in sizes.iter().map(|size| size / scale) {
            let numbers = memory.cache::<number>();
            while kept < size {
                numbers.call(kept, "growth")?;
                kept += 1;
            }
            let mut at = 0;
            let hit = {
                let numbers = numbers.clone();
                here(move || {
                    at = (at + 7919) % size;
                    numbers.call(at, "growth")
                })
            };
            let (listed, in_memory) = (memory.clone(), memory.clone());
            curves[0].points.push((size, median(hit, 2_000, 31)?));
            let mut fresh = size;
            let miss = here(move || {
                fresh += 1;
                numbers.call(fresh, "fresh")
            });
            // Few beside those that are there.
            curves[1].points.push((size, median(miss, 10, 31)?));
            curves[2].points.push((size, median(here(move || listed.entries()), 1, 5)?));
            curves[3]
                .points
                .push((size, peak(|| drop(std::hint::black_box(in_memory.entries())))?));
        }
        for (plot, curve) in plots.iter_mut().zip(curves) {
            plot.curves.push(curve);
        }
    }
    Ok(plots.into())
}

/// The seconds of one of `times`, as the median of `turns`, after one to warm up.
pub(super) fn median(mut run: Run, times: u32, turns: usize) -> Result<f64> {
    run(times)?;
    let turns = (0..turns).map(|_| Ok(run(times)?.as_secs_f64() / f64::from(times)));
    Ok(Figure::of(turns.collect::<Result<_>>()?).median)
}
