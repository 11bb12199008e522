//! A row of the comparison: one kind of work, and all who do it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::figure::{Figure, Unit};

/// Does the work so many times, and says how long that took.
pub(crate) type Run = Box<dyn FnMut(u32) -> Result<Duration>>;

/// The side that runs `work` here.
pub(crate) fn here<T>(mut work: impl FnMut() -> T + 'static) -> Run {
    Box::new(move |times| {
        let begun = Instant::now();
        for _ in 0..times {
            drop(std::hint::black_box(work()));
        }
        Ok(begun.elapsed())
    })
}

/// The side that runs `work` here, `prepare`d each time without being timed.
pub(crate) fn prepared<G, T>(
    mut prepare: impl FnMut() -> G + 'static,
    mut work: impl FnMut(G) -> T + 'static,
) -> Run {
    Box::new(move |times| {
        let mut taken = Duration::ZERO;
        for _ in 0..times {
            let given = prepare();
            let begun = Instant::now();
            drop(std::hint::black_box(work(given)));
            taken += begun.elapsed();
        }
        Ok(taken)
    })
}

/// What larder wants of itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Reach {
    /// No peer is ahead.
    Peers,
    /// So many times what nobody can do without.
    Floor(f64),
    /// So much, in the row's unit.
    Absolute(f64),
}

#[derive(Debug)]
pub(crate) struct Row<T = Run> {
    pub(crate) work: String,
    pub(crate) unit: Unit,
    pub(crate) larder: T,
    pub(crate) peers: Vec<(&'static str, T)>,
    pub(crate) floor: Option<(&'static str, T)>,
    pub(crate) reach: Reach,
    /// Why a peer may be ahead.
    pub(crate) reason: Option<&'static str>,
}

/// What came out of a row.
pub(crate) type Measured = Row<Figure>;

impl<T> Row<T> {
    pub(crate) fn new(work: impl Into<String>, larder: T) -> Self {
        let (peers, floor, reason) = (Vec::new(), None, None);
        Self {
            work: work.into(),
            unit: Unit::Seconds,
            larder,
            peers,
            floor,
            reach: Reach::Peers,
            reason,
        }
    }

    pub(crate) fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    pub(crate) fn peer(mut self, name: &'static str, run: T) -> Self {
        self.peers.push((name, run));
        self
    }

    pub(crate) fn floor(mut self, name: &'static str, run: T) -> Self {
        self.floor = Some((name, run));
        self
    }

    pub(crate) fn reach(mut self, reach: Reach) -> Self {
        self.reach = reach;
        self
    }

    pub(crate) fn because(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }
}

/// How long all sides of a row run, and what one turn of one of them is worth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    pub(crate) row: Duration,
    pub(crate) turn: Duration,
    /// How many turns it has at least.
    pub(crate) fewest: usize,
}

const MOST: usize = 300;

impl Row {
    /// Runs the sides in turns.
    pub(crate) fn measure(mut self, budget: Budget) -> Result<Measured> {
        let peers = self.peers.iter_mut().map(|(_, run)| run);
        let mut sides: Vec<_> = [&mut self.larder]
            .into_iter()
            .chain(peers)
            .chain(self.floor.as_mut().map(|(_, run)| run))
            .collect();
        let mut repeats = Vec::new();
        let mut round = Duration::ZERO;
        for run in &mut sides {
            let (times, turn) = calibrate(run, budget.turn)?;
            repeats.push(times);
            round += turn;
        }
        let rounds = (budget.row.as_secs_f64() / round.as_secs_f64()) as usize;
        let mut times = vec![Vec::new(); sides.len()];
        let count = sides.len();
        for round in 0..rounds.clamp(budget.fewest, MOST) {
            // Each turn somebody else begins: who comes after whom decides as little as can be.
            for side in (0..count).map(|side| (side + round) % count) {
                let taken = sides[side](repeats[side])?;
                times[side].push(taken.as_secs_f64() / f64::from(repeats[side]));
            }
        }
        let mut figures = times.into_iter().map(Figure::of);
        let mut next = || figures.next().context("a figure for each side");
        let larder = next()?;
        let peers = self.peers.iter().map(|(name, _)| Ok((*name, next()?)));
        let peers = peers.collect::<Result<_>>()?;
        let floor = self.floor.as_ref().map(|(name, _)| Ok::<_, anyhow::Error>((*name, next()?)));
        Ok(Row {
            work: self.work,
            unit: self.unit,
            larder,
            peers,
            floor: floor.transpose()?,
            reach: self.reach,
            reason: self.reason,
        })
    }
}

/// How often a side does its work in a turn, and how long that takes.
fn calibrate(run: &mut Run, turn: Duration) -> Result<(u32, Duration)> {
    // It warms up, and may be so long that there is nothing to find out.
    let mut times = 1;
    let first = run(times)?;
    if first > 50 * turn {
        return Ok((times, first));
    }
    loop {
        let taken = run(times)?;
        if taken >= turn / 2 || times > 1 << 20 {
            return Ok((times, taken));
        }
        times *= 2;
    }
}

impl Measured {
    /// Whether larder is where it wants to be.
    pub(crate) fn met(&self) -> bool {
        match self.reach {
            Reach::Peers => self.ahead().is_empty(),
            Reach::Absolute(most) => self.larder.median <= most,
            Reach::Floor(times) => {
                self.floor.is_some_and(|(_, floor)| self.larder.median <= times * floor.median)
            }
        }
    }

    /// The peers that are ahead by more than what two runs of one thing differ by.
    pub(crate) fn ahead(&self) -> Vec<&'static str> {
        let even = match self.unit {
            // A page or two of what is mapped, a buffer.
            Unit::Megabytes => 5.0,
            Unit::Seconds | Unit::Crates => 0.05 * self.larder.median,
        };
        let ahead = self.peers.iter().filter(|(_, peer)| peer.median + even < self.larder.median);
        ahead.map(|(name, _)| *name).collect()
    }

    pub(crate) fn reach_shown(&self) -> String {
        match self.reach {
            Reach::Peers => "no peer ahead".to_owned(),
            Reach::Absolute(most) => format!("≤ {}", self.unit.show(most)),
            Reach::Floor(times) => format!("≤ {times} × floor"),
        }
    }
}
