//! A row of the comparison: one kind of work, and all who do it.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::figure::{Figure, Unit};
use crate::outcome::Outcome;

/// Does the work so many times, and says how long that took: no less than it did, or it is asked for ever more.
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
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) enum Reach {
    /// No peer is ahead.
    Peers,
    /// So many times what nobody can do without.
    Floor(f64),
    /// So much, in the row's unit.
    Absolute(f64),
}

/// A name or a text of a row.
pub(crate) type Text = Cow<'static, str>;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row<T = Run> {
    pub(crate) work: String,
    pub(crate) unit: Unit,
    pub(crate) larder: T,
    pub(crate) peers: Vec<(Text, T)>,
    pub(crate) floor: Option<(Text, T)>,
    pub(crate) reach: Reach,
    /// Why which peer may be ahead.
    pub(crate) reasons: Vec<(Text, Text)>,
}

/// What came out of a row.
pub(crate) type Measured = Row<Outcome>;

/// What reports call larder's side, and the floor's.
pub(crate) const LARDER: &str = "larder";
pub(crate) const FLOOR: &str = "floor";

impl<T> Row<T> {
    pub(crate) fn new(work: impl Into<String>, larder: T) -> Self {
        Self {
            work: work.into(),
            unit: Unit::Seconds,
            larder,
            peers: Vec::new(),
            floor: None,
            reach: Reach::Peers,
            reasons: Vec::new(),
        }
    }

    pub(crate) fn unit(mut self, unit: Unit) -> Self {
        self.unit = unit;
        self
    }

    pub(crate) fn peer(mut self, name: &'static str, run: T) -> Self {
        self.peers.push((name.into(), run));
        self
    }

    pub(crate) fn floor(mut self, name: impl Into<Text>, run: T) -> Self {
        self.floor = Some((name.into(), run));
        self
    }

    pub(crate) fn reach(mut self, reach: Reach) -> Self {
        self.reach = reach;
        self
    }

    /// Why `peer` may be ahead: what larder does more, and means to. Shown only where it is ahead.
    pub(crate) fn because(mut self, peer: &'static str, reason: &'static str) -> Self {
        assert!(self.peers.iter().any(|(name, _)| name == peer), "{peer} is not in {}", self.work);
        self.reasons.push((peer.into(), reason.into()));
        self
    }

    /// [`because`](Self::because), where that is so.
    pub(crate) fn because_if(self, is_so: bool, peer: &'static str, reason: &'static str) -> Self {
        if is_so { self.because(peer, reason) } else { self }
    }

    /// The same row with something else for each side, which `of` is told the name of.
    pub(crate) fn map<U>(self, mut of: impl FnMut(&str, T) -> U) -> Row<U> {
        Row {
            work: self.work,
            unit: self.unit,
            larder: of(LARDER, self.larder),
            peers: self
                .peers
                .into_iter()
                .map(|(name, side)| {
                    let side = of(&name, side);
                    (name, side)
                })
                .collect(),
            floor: self.floor.map(|(name, side)| (name, of(FLOOR, side))),
            reach: self.reach,
            reasons: self.reasons,
        }
    }

    /// All sides, in the order of [`map`](Self::map).
    pub(crate) fn sides(&mut self) -> impl Iterator<Item = &mut T> {
        let peers = self.peers.iter_mut().map(|(_, side)| side);
        let floor = self.floor.as_mut().map(|(_, side)| side);
        [&mut self.larder].into_iter().chain(peers).chain(floor)
    }
}

impl Measured {
    /// Whether larder is where it wants to be.
    pub(crate) fn met(&self) -> bool {
        let Some(own) = self.larder.median() else { return false };
        match self.reach {
            Reach::Peers => self.ahead().is_empty(),
            Reach::Absolute(most) => own <= most,
            Reach::Floor(times) => self.floor_median().is_some_and(|floor| own <= times * floor),
        }
    }

    pub(crate) fn floor_median(&self) -> Option<f64> {
        self.floor.as_ref().and_then(|(_, floor)| floor.median())
    }

    /// The peers that are ahead by more than what two runs of one thing differ by.
    pub(crate) fn ahead(&self) -> Vec<&str> {
        let Some(own) = self.larder.median() else { return Vec::new() };
        let even = match self.unit {
            // A page or two of what is mapped, a buffer.
            Unit::Megabytes => 5.0,
            Unit::Seconds | Unit::Crates => 0.05 * own,
        };
        let ahead = |side: &Outcome| side.median().is_some_and(|median| median + even < own);
        self.peers.iter().filter(|(_, side)| ahead(side)).map(|(name, _)| &**name).collect()
    }

    /// Who is ahead, and why; `None` where nobody knows.
    pub(crate) fn reasons_shown(&self) -> Vec<(&str, Option<&str>)> {
        let reason_of = |peer| self.reasons.iter().find(|(of, _)| of == peer).map(|(_, it)| &**it);
        self.ahead().into_iter().map(|peer| (peer, reason_of(peer))).collect()
    }

    /// The sides that came to nothing, and why.
    pub(crate) fn failed(&self) -> Vec<(&str, &Outcome)> {
        let peers = self.peers.iter().map(|(name, side)| (&**name, side));
        let floor = self.floor.iter().map(|(_, side)| (FLOOR, side));
        let sides = [(LARDER, &self.larder)].into_iter().chain(peers).chain(floor);
        sides.filter(|(_, side)| side.figure().is_none()).collect()
    }

    pub(crate) fn reach_shown(&self) -> String {
        match self.reach {
            Reach::Peers => "no peer ahead".to_owned(),
            Reach::Absolute(most) => format!("≤ {}", self.unit.show(most)),
            Reach::Floor(times) => format!("≤ {times} × floor"),
        }
    }
}

impl From<Figure> for Outcome {
    fn from(figure: Figure) -> Self {
        Self::Took(figure)
    }
}
