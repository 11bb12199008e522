//! A large array that many workers read, and one that they write: neither is copied.
//!
//! ```sh
//! cargo run --release --example memmap_parallel
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use larder::{
    Array, LoadOptions, MmapMode, Parallel, Result, SharedArray, delayed, dump, load_with,
};

const ROWS: usize = 1000;
const COLUMNS: usize = 2000;
/// Each mean is over so many rows.
const WINDOW: usize = 100;

fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let (input, output) = (dir.path().join("data"), dir.path().join("means.npy"));

    // 16 MB, written once.
    let data = (0..ROWS * COLUMNS).map(|i| (i / COLUMNS + i % COLUMNS) as f64).collect();
    dump(&Array::from_shape_vec([ROWS, COLUMNS], data)?, &input)?;

    // Mapped: no worker has it in memory of its own, and only what is looked at is read.
    let options = LoadOptions::new().mmap_mode(MmapMode::ReadOnly);
    let data: Array<f64> = load_with(&input, &options)?;
    println!("input {:?}, mapped: {}", data.shape(), data.is_mapped());

    // A file of zeros, to be written in parts that do not overlap; the compiler sees to that.
    let windows = ROWS / WINDOW;
    let mut means = SharedArray::<f64>::create(&output, [windows, COLUMNS])?;
    let tasks = means.parts(windows)?.into_iter().map(|mut part| {
        let data = &data;
        delayed(move || {
            let window = part.range().start;
            let rows = data.slice(window * WINDOW..(window + 1) * WINDOW)?;
            let means = part.as_mut_slice()?;
            for row in rows.chunks(COLUMNS) {
                means.iter_mut().zip(row).for_each(|(mean, x)| *mean += x / WINDOW as f64);
            }
            Ok::<_, larder::Error>(())
        })
    });
    Parallel::new().backend("threading").n_jobs(2).try_run(tasks.collect::<Vec<_>>())?;

    let means = means.into_array()?;
    println!("output {:?}, mapped: {}", means.shape(), means.is_mapped());
    for [window, column] in [[0, 0], [9, 0], [9, 1999]] {
        println!("mean of window {window}, column {column}: {:.1}", means[[window, column]]);
    }
    // The file is NumPy's: numpy.load("means.npy") reads it.
    println!("the same in the file: {}", Array::<f64>::load_npy(&output)? == means);
    Ok(())
}
