//! The commands of this repository: `cargo xtask test|check|bench|services|conformance|torture|fuzz|sabotage`.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks")]

mod bench;
mod book;
mod check;
mod conformance;
mod fuzz;
mod golden;
mod process;
mod sabotage;
mod services;
mod tally;
mod test;
mod tool;
mod torture;
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
    Services(services::Services),
    Conformance(conformance::Conformance),
    Torture(torture::Torture),
    Golden(golden::Golden),
    Fuzz(fuzz::Fuzz),
    Sabotage(sabotage::Sabotage),
    Guard(services::Guard),
}

fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Test(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Conformance(command) => command.run(),
        Command::Torture(command) => command.run(),
        Command::Golden(command) => command.run(),
        Command::Fuzz(command) => command.run(),
        Command::Sabotage(command) => command.run(),
        Command::Services(command) => command.run(),
        Command::Guard(command) => command.run(),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
