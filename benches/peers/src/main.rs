//! `cargo xtask bench peers` and `bench growth`: larder side by side with what users would pick instead of it, and how
//! its costs grow.
//!
//! All sides of a row take turns in one run, so that a noisy machine is noisy for all of them; the figures are medians
//! of the turns. A side that fails, hangs or takes its process with it is told as such, and the run goes on. Everybody runs in its default configuration; of larder that is statistics, recency, leases and checksums
//! on.

mod bench;
mod child;
mod figure;
mod growth;
mod machine;
mod outcome;
mod peak;
mod progress;
mod report;
mod row;
mod rows;
mod run;
mod serve;
mod stores;
mod turns;
mod watch;
mod work;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

/// Side by side with what users would pick instead
#[derive(Debug, Parser)]
#[command(name = "peers", bin_name = "cargo xtask bench peers --")]
enum Command {
    /// The comparison: docs/comparison.md, docs/images/comparison.svg, target/bench/peers.json
    Peers(run::Options),
    /// How costs grow with what is kept and how much there is to do: docs/growth.md and its picture
    Growth(growth::Options),
    /// Whether the comparison outlives sides that come to nothing
    #[command(hide = true)]
    Trial(bench::Options),
    #[command(hide = true)]
    Group(watch::GroupProcess),
    /// What other processes of a row run
    #[command(hide = true)]
    Serve(serve::Serve),
}

fn main() -> Result<ExitCode> {
    larder::init();
    let done = match Command::parse() {
        Command::Peers(options) => return run::peers(options),
        Command::Trial(options) => return run::trial(options),
        Command::Growth(options) => growth::run(&options),
        Command::Group(group) => group.run(),
        Command::Serve(serve) => serve.run(),
    };
    done.map(|()| ExitCode::SUCCESS)
}
