//! One program, and one file that says where its results are kept and where its tasks run.
//!
//! ```sh
//! cargo run --example config_by_name
//! LARDER_BACKEND=sequential cargo run --example config_by_name
//! cargo run --example config_by_name -- sequential threading
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use larder::{Config, Memory, Parallel, Result, memoize, task};

#[memoize]
#[task]
fn collatz_steps(start: u64) -> u32 {
    let next = |n: &u64| Some(if n.is_multiple_of(2) { n / 2 } else { 3 * n + 1 });
    std::iter::successors(Some(start), next).take_while(|n| *n != 1).count() as u32
}

/// The program. It names neither store nor backend.
pub fn longest(below: u64) -> Result<Option<(u32, u64)>> {
    let steps = Parallel::new().run((1..below).map(collatz_steps::delayed))?;
    Ok(steps.into_iter().zip(1..).max())
}

fn main() -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/larder.toml");
    // The file, and over it what the environment says.
    let mut config = Config::from_file(path)?.with_env()?;

    // One word is all that changes; without arguments, it is the file's.
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    if words.is_empty() {
        words.extend(config.parallel.backend.as_ref().map(ToString::to_string));
    }
    for word in words {
        config.parallel.backend = Some(word.parse()?);
        let memory = Memory::open(config.clone())?;
        let options = Parallel::from(&config.parallel);
        let found = memory.scope(|| options.scope(|| longest(1000)))?;
        let (steps, start) = found.expect("there are numbers below 1000");
        println!("{word}: {start} takes {steps} steps, {} results kept", memory.stats().computed);
    }
    Ok(())
}
