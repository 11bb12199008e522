//! `cargo xtask torture`: random programs in several processes over every local store, while they are killed, stopped,
//! starved of room and damaged behind their backs. What each of them did is written down and judged by a model.

#![deny(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks")]

mod clock;
mod damage;
mod durable;
mod ground;
mod journal;
mod judge;
mod lane;
mod leftovers;
mod plan;
mod program;
mod round;
mod sabotage;
mod tally;
mod value;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::plan::{Plan, Weather};
use crate::program::Assignment;
use crate::sabotage::Sabotage;
use crate::tally::Tally;

/// Random programs, kills and damage against larder's local stores, judged by a model
#[derive(Debug, Parser)]
#[command(name = "torture")]
struct Command {
    #[command(subcommand)]
    role: Option<Role>,
    #[command(flatten)]
    torture: Torture,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// One of the processes of a round
    #[command(hide = true)]
    Worker(Assignment),
    /// What is watched by `durability`
    #[command(hide = true)]
    Put {
        /// The directory of a store
        dir: PathBuf,
    },
    /// Only this: the order of the system calls of a put with `durability = full`
    Durability,
}

#[derive(Debug, Args)]
struct Torture {
    /// How long it takes, about
    #[arg(long, default_value_t = 60)]
    seconds: u64,

    /// Of the first round; each next round has the next one [default: another each time]
    #[arg(long)]
    seed: Option<u64>,

    /// Play so many rounds, however long that takes
    #[arg(long, value_name = "N")]
    rounds: Option<u64>,

    /// Break a promise of the stores, which must be noticed
    #[arg(long, value_name = "PROMISE")]
    sabotage: Option<Sabotage>,
}

fn main() -> ExitCode {
    let command = Command::parse();
    let outcome = match command.role {
        Some(Role::Worker(assignment)) => assignment.work().map(|()| ExitCode::SUCCESS),
        Some(Role::Put { dir }) => durable::put(&dir).map(|()| ExitCode::SUCCESS),
        Some(Role::Durability) => Ok(durability()),
        None => ground::go_apart().and_then(|()| command.torture.run()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:?}");
        ExitCode::FAILURE
    })
}

impl Torture {
    fn run(&self) -> Result<ExitCode> {
        let seed = self.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
        println!("seed {seed}");
        let (weathers, not_run) = weathers();
        for why in &not_run {
            println!("NOT RUN: {why}");
        }
        let durable = durability() == ExitCode::SUCCESS;
        let mut all = Tally::default();
        let end = Instant::now() + Duration::from_secs(self.seconds);
        for seed in seed.. {
            let left = end.saturating_duration_since(Instant::now());
            match self.rounds {
                Some(rounds) if all.rounds >= rounds => break,
                None if left.is_zero() => break,
                _ => {}
            }
            let plan = Plan::new(seed, &weathers, self.sabotage);
            let length = if self.rounds.is_some() { Duration::MAX } else { left };
            let tally = round::play(&plan, length)?;
            let (name, weather) = (plan.store, plan.weather);
            println!(
                "round {seed}: {name}, {weather}: {} operations, {} kills",
                tally.operations, tally.kills
            );
            for (charge, what) in &tally.charges {
                println!("  {charge:?}: {what}");
            }
            if !tally.charges.is_empty() {
                println!("  again: cargo xtask torture --rounds 1 --seed {seed}");
            }
            all += tally;
        }
        println!("{all}{:>9}  kinds of faults not run, see above", not_run.len());
        Ok(if all.charges.is_empty() && durable { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What becomes of a put that is to survive a failure of the power; what cannot be seen here is no failure.
fn durability() -> ExitCode {
    match durable::check() {
        Ok(None) => println!("durability: every name and every byte is waited for, in order"),
        Ok(Some(why)) => {
            println!("durability: FAILED: {why}");
            return ExitCode::FAILURE;
        }
        Err(why) => println!("NOT RUN: the order of system calls under durability = full: {why:#}"),
    }
    ExitCode::SUCCESS
}

/// What can happen here, and why the rest cannot.
fn weathers() -> (Vec<Weather>, Vec<String>) {
    let mut weathers = Weather::value_variants().to_vec();
    let mut not_run = Vec::new();
    if !clock::can_be_set() {
        weathers.retain(|it| *it != Weather::Jumping);
        not_run.push("jumps of the clock: it cannot be set here for one process".to_owned());
    }
    let here = tempfile::tempdir();
    let mounted = here.map_err(Into::into).and_then(|dir| ground::Small::at(dir.path()).map(drop));
    if let Err(why) = mounted {
        weathers.retain(|it| *it != Weather::Full);
        not_run.push(format!("a file system that fills up: {why:#}"));
    }
    (weathers, not_run)
}
