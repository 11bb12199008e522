//! References in place of results: small things that print, parse back, and travel to workers, where the value is read.
//!
//! ```sh
//! cargo run --example shelving
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use larder::{Array, MemoizedResult, Memory, Parallel, Result, memoize, task};

/// A million numbers: eight megabytes.
#[memoize]
fn numbers(seed: u64) -> Array<f64> {
    (0..1_000_000).map(|i| ((i * 31 + seed) % 1000) as f64).collect()
}

/// Takes a reference, of some hundred bytes, wherever it runs, and maps the array from the store.
#[task]
fn mean(numbers: MemoizedResult<Array<f64>>) -> Result<f64> {
    let numbers = numbers.get()?;
    Ok(numbers.iter().sum::<f64>() / numbers.len() as f64)
}

fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let memory = Memory::open(dir.path())?;
    let handle = memory.cache::<numbers>();

    // Computed if need be and kept; no array stays in this process.
    let references = [1, 2, 3].map(|seed| handle.with(seed).shelve());
    let references = references.into_iter().collect::<Result<Vec<_>>>()?;

    let text = references[0].to_string();
    println!("a reference has {} bytes or fewer: {}", 500, text.len() <= 500);
    let parsed: MemoizedResult<Array<f64>> = text.parse()?;
    let array = parsed.get()?;
    println!("parsed, it leads to {} numbers, mapped: {}", array.len(), array.is_mapped());

    let means = Parallel::new().n_jobs(2).run(references.into_iter().map(mean::delayed))?;
    for (seed, mean) in (1..).zip(means) {
        println!("mean {seed}: {}", mean?);
    }

    // A reference does not keep its value: whoever clears it finds that out.
    println!("removed: {}", parsed.clear()?);
    println!("then: {}", parsed.get().unwrap_err().kind().as_str());
    Ok(())
}
