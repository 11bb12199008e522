//! The command `larder`: what is kept, looked at and kept in order from outside of the programs that use it.
//!
//! One file a subcommand; beside them what they share.

mod ask;
mod backends;
mod check;
mod clear;
mod compact;
mod completions;
mod copy;
mod failure;
mod find;
mod graph;
mod human;
mod ls;
mod open;
mod output;
mod progress;
mod prune;
mod show;
mod stats;
mod verify;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::failure::{Failure, Outcome};
use crate::output::Output;

/// Looks after the results that larder keeps
///
/// Looking never changes a store: not its entries, not when they were last used, and no store comes into being because a
/// path was mistyped. Only what larder wrote is ever removed.
#[derive(Debug, Parser)]
#[command(
    name = "larder",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = "\
Examples:
  larder ls                               which functions have results, and how many
  larder show 3fa2c1b0                    all that is known of one of them
  larder prune --bytes 2G --dry-run       what would go, if 2 GiB were to stay

Which store: `--store`; otherwise the one that the programs use: LARDER_STORE, else what the file \
that LARDER_CONFIG names says, or larder.toml or larder.json in the working directory; else ./.larder.

Exit codes: 0 all is well, 1 something is wrong or failed, 2 it was called wrongly."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ls(ls::Ls),
    Show(show::Show),
    Stats(stats::Stats),
    Prune(prune::Prune),
    Compact(compact::Compact),
    Verify(verify::Verify),
    Clear(clear::Clear),
    Copy(copy::Copy),
    Graph(graph::Graph),
    Backends(backends::Backends),
    Check(check::Check),
    Completions(completions::Completions),
}

impl Command {
    fn run(self, out: &mut Output) -> Result<Outcome, Failure> {
        match self {
            Self::Ls(ls) => ls.run(out),
            Self::Show(show) => show.run(out),
            Self::Stats(stats) => stats.run(out),
            Self::Prune(prune) => prune.run(out),
            Self::Compact(compact) => compact.run(out),
            Self::Verify(verify) => verify.run(out),
            Self::Clear(clear) => clear.run(out),
            Self::Copy(copy) => copy.run(out),
            Self::Graph(graph) => graph.run(out),
            Self::Backends(backends) => backends.run(out),
            Self::Check(check) => check.run(out),
            Self::Completions(completions) => completions.run(out),
        }
    }
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    // Warnings, such as that of a variable whose name is mistyped. Nobody else listens in this process.
    let _ = larder::print_events();
    let mut out = Output::stdout();
    let ended = command.run(&mut out);
    // What was found is shown also when something else then failed.
    let flushed = out.flush().map_err(Failure::from);
    match ended.and_then(|outcome| flushed.map(|()| outcome)) {
        Ok(outcome) => outcome.into(),
        Err(failure) => failure.report(),
    }
}
