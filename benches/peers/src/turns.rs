//! The sides of a row, measured in turns. One that fails drops out; the others go on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::figure::Figure;
use crate::outcome::Outcome;
use crate::progress::Progress;
use crate::row::{Measured, Row, Run};

/// How long all sides of a row run, and what one turn of one of them is worth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) row: Duration,
    pub(crate) turn: Duration,
    /// How many turns it has at least, unless they take for ever.
    pub(crate) fewest: usize,
}

/// More turns tell nothing new.
const MOST: usize = 300;
/// After so long no further turn begins.
const LONGEST: Duration = Duration::from_secs(90);

struct Side<'p> {
    run: Run,
    work: String,
    name: String,
    repeats: u32,
    times: Vec<f64>,
    failed: Option<Outcome>,
    progress: &'p Progress,
}

/// Runs the sides in turns.
pub(crate) fn measure(row: Row, budget: Budget, progress: &Progress) -> Measured {
    let work = row.work.clone();
    let mut row = row.map(|name, run| Side {
        run,
        work: work.clone(),
        name: name.to_owned(),
        repeats: 1,
        times: Vec::new(),
        failed: progress.left_out(&work, name),
        progress,
    });
    let begun = Instant::now();
    let mut sides: Vec<_> = row.sides().collect();
    let round: Duration = sides.iter_mut().map(|side| side.calibrate(budget.turn)).sum();
    let rounds = (budget.row.as_secs_f64() / round.as_secs_f64()) as usize;
    let count = sides.len();
    for round in 0..rounds.clamp(budget.fewest, MOST) {
        if round > 0 && begun.elapsed() > LONGEST {
            break;
        }
        // Each turn somebody else begins: who comes after whom decides as little as can be.
        (0..count).for_each(|side| sides[(side + round) % count].turn());
    }
    row.map(|_, side| side.failed.unwrap_or_else(|| Figure::of(side.times).into()))
}

impl Side<'_> {
    /// Finds out how often it does its work in a turn; says how long that takes.
    fn calibrate(&mut self, turn: Duration) -> Duration {
        // It warms up; what is so long that there is nothing to find out is a turn already.
        let first = self.takes();
        if first > 50 * turn {
            self.times.extend(self.failed.is_none().then_some(first.as_secs_f64()));
            return first;
        }
        loop {
            let mut taken = self.takes();
            if taken >= turn / 2 {
                // A pause of the system's is not the work's: one that is taken for it makes a turn of a single repeat,
                // and a figure of what it takes to begin one.
                taken = taken.min(self.takes());
            }
            if taken >= turn / 2 || self.repeats > 1 << 20 || self.failed.is_some() {
                return taken;
            }
            self.repeats *= 2;
        }
    }

    fn turn(&mut self) {
        let taken = self.takes();
        if self.failed.is_none() {
            self.times.push(taken.as_secs_f64() / f64::from(self.repeats));
        }
    }

    /// What a turn takes; nothing where it fails.
    fn takes(&mut self) -> Duration {
        if self.failed.is_some() {
            return Duration::ZERO;
        }
        let taken = guarded(|| {
            self.progress.turn(&self.work, &self.name)?;
            (self.run)(self.repeats)
        });
        taken.unwrap_or_else(|error| {
            self.failed = Some(Outcome::failed(&error));
            Duration::ZERO
        })
    }
}

/// A panic is an error like any other.
pub(crate) fn guarded<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(|text| &**text);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        Err(anyhow!("panicked: {}", text.unwrap_or("with something that is no text")))
    })
}
