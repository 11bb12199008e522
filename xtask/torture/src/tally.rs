//! What all rounds came to.

use std::fmt;
use std::ops::AddAssign;

/// What must not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charge {
    /// A value that is another key's, torn, or older than what was kept since.
    Wrong,
    /// A committed entry is gone, and nobody removed or damaged it.
    Lost,
    /// Two compute one key at the same time, and none of them had waited long enough to give up.
    Duplicate,
    /// A process, file or lease outlives its use.
    Leftover,
    /// A process hangs or ends by itself, an operation fails without a reason, a check finds damage nobody did.
    Trouble,
}

impl Charge {
    const ALL: [(Self, &str); 5] = [
        (Self::Wrong, "wrong values"),
        (Self::Lost, "lost committed entries"),
        (Self::Duplicate, "duplicate computations under a live lease"),
        (Self::Leftover, "leftovers: processes, files, leases"),
        (Self::Trouble, "other failures: errors without a fault, hangs, panics"),
    ];
}

/// Counts, and what was charged.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rounds: u64,
    pub(crate) operations: u64,
    pub(crate) computations: u64,
    pub(crate) kills: u64,
    /// Processes stopped for a while, and how many of them were computing for all.
    pub(crate) stops: u64,
    pub(crate) stopped_holders: u64,
    pub(crate) damages: u64,
    /// Clocks set.
    pub(crate) jumps: u64,
    /// File systems filled to the last byte.
    pub(crate) fills: u64,
    /// Errors of stores without room or with a damaged database.
    pub(crate) errors: u64,
    /// Computations beside the holder of a lease after a waiter's limit.
    pub(crate) impatient: u64,
    /// Computations without a lease, since the holder that was waited for failed and let everybody go.
    pub(crate) released: u64,
    pub(crate) charges: Vec<(Charge, String)>,
}

impl Tally {
    pub(crate) fn charge(&mut self, charge: Charge, what: String) {
        self.charges.push((charge, what));
    }

    pub(crate) fn count(&self, charge: Charge) -> usize {
        self.charges.iter().filter(|(it, _)| *it == charge).count()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.operations += other.operations;
        self.computations += other.computations;
        self.kills += other.kills;
        self.stops += other.stops;
        self.stopped_holders += other.stopped_holders;
        self.damages += other.damages;
        self.jumps += other.jumps;
        self.fills += other.fills;
        self.errors += other.errors;
        self.impatient += other.impatient;
        self.released += other.released;
        self.charges.extend(other.charges);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |count: u64, what: &str| writeln!(f, "{count:>9}  {what}");
        row(self.rounds, "rounds")?;
        row(self.operations, "operations")?;
        row(self.computations, "computations")?;
        row(self.kills, "kills")?;
        row(self.stops, "processes stopped and continued")?;
        row(self.stopped_holders, "  of them while computing for all")?;
        row(self.damages, "files damaged")?;
        row(self.jumps, "clocks set")?;
        row(self.fills, "file systems filled")?;
        row(self.errors, "errors that had such a reason")?;
        row(self.impatient, "computations beside a holder after a waiter's limit")?;
        row(self.released, "computations by those whom a holder that failed let go")?;
        for (charge, what) in Charge::ALL {
            row(self.count(charge) as u64, what)?;
        }
        Ok(())
    }
}
