//! `cargo xtask bench peers` and `bench growth`: larder side by side with what users would pick instead of it, and how
//! its costs grow.
//!
//! All sides of a row take turns in one run, so that a noisy machine is noisy for all of them; the figures are medians
//! of the turns. Everybody runs in its default configuration; of larder that is statistics, recency, leases and checksums
//! on.

mod bench;
mod child;
mod figure;
mod growth;
mod machine;
mod peak;
mod report;
mod row;
mod rows;
mod serve;
mod stores;
mod work;

use anyhow::Result;
use clap::Parser;

use self::bench::{Bench, Options};

/// Side by side with what users would pick instead
#[derive(Debug, Parser)]
#[command(name = "peers", bin_name = "cargo xtask bench peers --")]
enum Command {
    /// The comparison: docs/comparison.md, docs/images/comparison.svg, target/bench/peers.json
    Peers(Options),
    /// How costs grow with what is kept and how much there is to do: docs/growth.md and its picture
    Growth(growth::Options),
    /// What other processes of a row run
    #[command(hide = true)]
    Serve(serve::Serve),
}

fn main() -> Result<()> {
    larder::init();
    match Command::parse() {
        Command::Peers(options) => {
            let mut bench = Bench::new(options)?;
            rows::run(&mut bench)?;
            report::write(&bench)
        }
        Command::Growth(options) => growth::run(&options),
        Command::Serve(serve) => serve.run(),
    }
}
