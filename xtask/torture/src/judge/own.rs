//! Keys that one thread at a time computes and removes: what they hold is known exactly.

use std::collections::{HashMap, HashSet};

use super::{Evidence, Lane};
use crate::journal::Event;
use crate::plan::Weather;
use crate::tally::{Charge, Tally};

/// What a look at a key may find: more than one thing only after an operation of which nobody knows how it ended.
#[derive(Debug)]
struct May {
    be: HashSet<Option<u64>>,
    /// When the last operation that settled it began.
    since: u64,
}

impl May {
    fn only(be: Option<u64>, since: u64) -> Self {
        Self { be: HashSet::from([be]), since }
    }
}

pub(super) fn judge(evidence: &Evidence, lane: &Lane, tally: &mut Tally) {
    let damages = evidence.damages();
    let mut model: HashMap<&str, May> = HashMap::new();
    let mut asked = 0;
    for (time, event) in &lane.events {
        if let Event::Ask(_) = event {
            asked = *time;
        }
        let Some(key) = event.key().filter(|key| is_own(lane.slot, key)) else { continue };
        let may = model.entry(key).or_insert_with(|| May::only(None, 0));
        let expected = |what: &str, may: &May| {
            let slot = lane.slot;
            format!("slot {slot}, at {time}: {key} is {what}, expected one of {:?}", may.be)
        };
        match event {
            Event::Begin(_, generation) => drop(may.be.insert(Some(*generation))),
            Event::Kept(_, generation) => *may = May::only(Some(*generation), asked),
            Event::Dropping(_) => drop(may.be.insert(None)),
            Event::Dropped(_) => *may = May::only(None, asked),
            Event::Got(_, generation) => {
                if !may.be.contains(&Some(*generation)) {
                    tally.charge(Charge::Wrong, expected(&generation.to_string(), may));
                }
                may.be = HashSet::from([Some(*generation)]);
            }
            Event::Nothing(_) => {
                let met = damages.get(key).is_some_and(|all| {
                    all.iter().any(|damage| damage.to >= may.since && damage.from <= *time)
                });
                if !may.be.contains(&None) && !met && !evidence.may_lose() {
                    tally.charge(Charge::Lost, expected("not there", may));
                }
                match evidence.plan.weather {
                    // It may be there again: another layer has it too, or it is no longer from the future.
                    Weather::Damaging | Weather::Jumping => drop(may.be.insert(None)),
                    _ => may.be = HashSet::from([None]),
                }
            }
            Event::Copy(_, found) if !may.be.contains(&None) && !may.be.contains(found) => {
                let (charge, what) = match found {
                    Some(generation) => (Charge::Wrong, format!("copied as {generation}")),
                    None => (Charge::Lost, "not copied".to_owned()),
                };
                tally.charge(charge, expected(&what, may));
            }
            _ => {}
        }
    }
}

/// Whether a key is one that `slot` has to itself: `o.<version>.<slot>.<n>`.
fn is_own(slot: usize, key: &str) -> bool {
    let mut parts = key.split('.');
    parts.next() == Some("o") && parts.nth(1).and_then(|it| it.parse().ok()) == Some(slot)
}
