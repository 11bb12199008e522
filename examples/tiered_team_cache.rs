//! A team that shares its results: each laptop keeps what it used in files of its own, before a store for everybody.
//!
//! ```sh
//! cargo run --example tiered_team_cache
//! cargo run --features s3 --example tiered_team_cache -- s3://our-bucket/results
//! ```
//!
//! Without an argument, a directory stands for the bucket.
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::path::Path;

use larder::{Config, Memory, Result, memoize};

#[memoize]
fn forecast(year: u32) -> Vec<f64> {
    (0..12).map(|month| f64::from(year * 12 + month).sin()).collect()
}

/// What stands in everybody's larder.toml; only `near` is a laptop's own.
fn memory(near: &Path, far: &str) -> Result<Memory> {
    let config = format!(
        "[memory.store]\nbackend = 'tiered'\noptions.near = '{}'\noptions.far = '{far}'\n",
        near.display()
    );
    Memory::open(Config::from_toml(&config)?)
}

fn ask(who: &str, memory: &Memory, year: u32) -> Result<()> {
    let before = memory.stats();
    memory.cache::<forecast>().call(year)?;
    let computed = memory.stats().computed > before.computed;
    println!("{who} asks for {year}: {}", if computed { "computed" } else { "found" });
    Ok(())
}

fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let team = dir.path().join("team");
    let far = std::env::args().nth(1).unwrap_or_else(|| team.display().to_string());
    let laptop = |name: &str| memory(&dir.path().join(name), &far);

    let (alice, bob) = (laptop("alice")?, laptop("bob")?);
    ask("Alice", &alice, 2030)?;
    ask("Bob", &bob, 2030)?;
    ask("Bob", &bob, 2031)?;
    ask("Alice", &alice, 2031)?;

    // On a train, with nothing but the laptop: what Bob used is in his files.
    let offline = Memory::open(dir.path().join("bob"))?;
    ask("Bob, offline,", &offline, 2030)?;
    ask("Bob, offline,", &offline, 2032)?;
    Ok(())
}
