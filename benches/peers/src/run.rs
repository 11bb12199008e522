//! A run of the comparison: its groups, one process after the other, and what comes out of them.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::bench;
use crate::machine::load;
use crate::outcome::Outcome;
use crate::report;
use crate::row::{Measured, Row};
use crate::rows::{GROUPS, TRIAL};
use crate::watch;

#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) bench: bench::Options,

    /// Not this group of rows; may be given several times. The page says so
    #[arg(long, value_name = "GROUP")]
    pub(crate) without: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) options: Options,
    /// That of the machine, before.
    pub(crate) load: String,
    /// Each with its group.
    pub(crate) measured: Vec<(&'static str, Measured)>,
}

/// Measures all groups that are wanted, and writes what came out. Fails afterwards if a side has failed.
pub(crate) fn peers(options: Options) -> Result<ExitCode> {
    let mut run = Run { options, load: load()?, measured: Vec::new() };
    for (group, _) in GROUPS {
        if !run.options.without.iter().any(|left_out| left_out == group) {
            run.measure(group);
        }
    }
    report::write(&run)?;
    Ok(run.ended())
}

/// Measures sides that come to nothing.
pub(crate) fn trial(options: bench::Options) -> Result<ExitCode> {
    let options = Options { bench: options, without: Vec::new() };
    let mut run = Run { options, load: load()?, measured: Vec::new() };
    run.measure(TRIAL);
    report::print_json(&run)?;
    Ok(run.ended())
}

impl Run {
    fn measure(&mut self, group: &'static str) {
        let measured = watch::measure(&self.options.bench, group).unwrap_or_else(|error| {
            vec![Row::new(format!("the rest of `{group}`"), Outcome::failed(&error))]
        });
        self.measured.extend(measured.into_iter().map(|row| (group, row)));
    }

    #[expect(clippy::print_stderr, reason = "a bench says what went wrong")]
    fn ended(&self) -> ExitCode {
        let mut ended = ExitCode::SUCCESS;
        for (_, row) in &self.measured {
            for (side, outcome) in row.failed() {
                eprintln!("error: {}, {side}: {}", row.work, outcome.why());
                ended = ExitCode::FAILURE;
            }
            for (peer, reason) in row.reasons_shown() {
                if reason.is_none() {
                    eprintln!("warning: {}: {peer} is ahead, {}", row.work, report::NO_REASON);
                }
            }
        }
        ended
    }
}
