//! The commands of this repository: `cargo xtask test|check|bench`.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks")]

mod bench;
mod check;
mod process;
mod tally;
mod test;
mod tool;
mod venv;

use std::process::ExitCode;

use clap::Parser;

/// The commands of this repository; each sets up what it needs
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    Test(test::Test),
    Check(check::Check),
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Test(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Bench(command) => command.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
