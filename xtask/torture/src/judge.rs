//! What the journals of a round come to, beside a model of what a store may answer.

mod own;
mod shared;

use std::collections::{HashMap, HashSet};

use crate::journal::Event;
use crate::plan::{Plan, Weather};
use crate::tally::{Charge, Tally};

/// Everything that is known of a round once it is over.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) plan: Plan,
    pub(crate) lanes: Vec<Lane>,
    /// When the process in a slot was killed, just before the signal.
    pub(crate) kills: Vec<(usize, u64)>,
    pub(crate) damages: Vec<Damage>,
}

/// The journal of one thread of a slot, over all processes that were in it.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) slot: usize,
    pub(crate) lane: usize,
    pub(crate) events: Vec<(u64, Event)>,
}

/// A key's file was met some time in between.
#[derive(Debug, Clone)]
pub(crate) struct Damage {
    pub(crate) key: String,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Evidence {
    /// The verdict on all charges, and the count of operations.
    pub(crate) fn judge(&self) -> Tally {
        let mut tally = Tally::default();
        let made = self.made();
        for lane in &self.lanes {
            self.hear(lane, &made, &mut tally);
            if lane.lane == 0 {
                own::judge(self, lane, &mut tally);
            }
        }
        shared::judge(self, &mut tally);
        tally
    }

    /// Which generations were computed of each key.
    fn made(&self) -> HashSet<(&str, u64)> {
        let events = self.lanes.iter().flat_map(|lane| &lane.events);
        events
            .filter_map(|(_, event)| match event {
                Event::Begin(key, generation) => Some((key.as_str(), *generation)),
                _ => None,
            })
            .collect()
    }

    /// What is wrong whatever happened around it.
    fn hear(&self, lane: &Lane, made: &HashSet<(&str, u64)>, tally: &mut Tally) {
        for (time, event) in &lane.events {
            let at = |what: String| format!("slot {}, at {time}: {what}", lane.slot);
            match event {
                Event::Ask(_) => tally.operations += 1,
                Event::Begin(..) => tally.computations += 1,
                Event::Jumped(_) => tally.jumps += 1,
                Event::Got(key, generation) if !made.contains(&(key.as_str(), *generation)) => {
                    tally.charge(
                        Charge::Wrong,
                        at(format!("{key} is {generation}, which nobody made")),
                    );
                }
                Event::Wrong(what) => tally.charge(Charge::Wrong, at(what.clone())),
                Event::Trouble(what) => tally.charge(Charge::Trouble, at(what.clone())),
                Event::Failed(..) if self.may_fail() => tally.errors += 1,
                Event::Failed(key, why) => {
                    tally.charge(Charge::Trouble, at(format!("{key}: {why}")));
                }
                _ => {}
            }
        }
    }

    /// Whether a store may say that it cannot: one without room, or whose very database was damaged.
    fn may_fail(&self) -> bool {
        match self.plan.weather {
            Weather::Calm | Weather::Evicting | Weather::Jumping => false,
            Weather::Damaging => self.plan.has_database(),
            Weather::Full => true,
        }
    }

    /// Whether an entry may be missing though nobody met its own file.
    fn may_lose(&self) -> bool {
        match self.plan.weather {
            Weather::Calm | Weather::Full => false,
            Weather::Evicting | Weather::Jumping => true,
            Weather::Damaging => self.plan.has_database(),
        }
    }

    fn damages(&self) -> HashMap<&str, Vec<&Damage>> {
        let mut by_key: HashMap<&str, Vec<&Damage>> = HashMap::new();
        for damage in &self.damages {
            by_key.entry(&damage.key).or_default().push(damage);
        }
        by_key
    }
}

#[cfg(test)]
mod tests;
