//! Which compressor? How small each makes real data, and how fast it writes and reads it, with and without the byte
//! shuffle: a table of towns, and what a program may have computed from it, their distances.
//!
//! ```sh
//! cargo run --release --features compressors --example compressors
//! cargo run --release --features compressors --example compressors -- --picture docs/images/compressors.svg
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people to look at")]

mod measure;
mod picture;
mod towns;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::measure::{Measured, measure};
use crate::towns::Towns;

fn run() -> Result<(), Box<dyn Error>> {
    let picture = picture_path(std::env::args().skip(1))?;
    let towns = Towns::load()?;
    let distances = towns.distances(0..350, 350..700);
    let measured = [
        measure(format!("A table of {} towns: texts, decimal numbers", towns.len()), &towns)?,
        measure(
            "Distances of 350 of them from 350 others: computed numbers".to_owned(),
            &distances,
        )?,
    ];
    measured.iter().for_each(print);
    if let Some(path) = picture {
        picture::draw(&path, &measured)?;
        println!("Drawn in {}.", path.display());
    }
    Ok(())
}

fn print(measured: &Measured) {
    println!(
        "{}\n{:<16} {:>6} {:>7} {:>12} {:>12}",
        measured.title, "compress =", "kB", "ratio", "write MB/s", "read MB/s"
    );
    for row in [&measured.plain].into_iter().chain(measured.pairs.as_flattened()) {
        println!(
            "{:<16} {:>6} {:>7.2} {:>12.0} {:>12.0}",
            row.setting,
            row.bytes / 1000,
            measured.ratio(row),
            measured.speed(row.write),
            measured.speed(row.read)
        );
    }
    println!();
}

fn picture_path(
    mut arguments: impl Iterator<Item = String>,
) -> Result<Option<PathBuf>, Box<dyn Error>> {
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, ..) => Ok(None),
        (Some("--picture"), Some(path), None) => Ok(Some(path.into())),
        _ => Err("the only option is --picture FILE.svg".into()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
