//! Keys that everybody calls: computed by one at a time and, once kept, never again.

use std::collections::{BTreeMap, HashMap};

use super::{Evidence, Lane};
use crate::journal::Event;
use crate::plan::Weather;
use crate::tally::{Charge, Tally};

/// How long a call waits at least before it gives up on the holder of a lease, where it may: two seconds, nearly, since
/// a clock that is read twice differs by the time between.
const PATIENCE: u64 = 1_900_000_000;

/// One computation of a key.
#[derive(Debug)]
struct Run {
    slot: usize,
    began: u64,
    /// When its lease may have ended: with its function, or with the process.
    ended: u64,
    gave_up: bool,
}

#[derive(Debug, Default)]
struct History {
    runs: Vec<Run>,
    /// When somebody first knew that the store has it.
    kept: Option<u64>,
    /// Who was told that there is nothing: when it was asked, and answered.
    missed: Vec<(u64, u64)>,
}

pub(super) fn judge(evidence: &Evidence, tally: &mut Tally) {
    let mut histories: BTreeMap<&str, History> = BTreeMap::new();
    for lane in &evidence.lanes {
        collect(evidence, lane, &mut histories);
    }
    for (key, history) in &mut histories {
        history.runs.sort_by_key(|run| run.began);
        let kept = history.kept.filter(|_| evidence.plan.weather == Weather::Calm);
        for (at, later) in history.runs.iter().enumerate() {
            let told =
                |what: String| format!("{key} by slot {}, at {}: {what}", later.slot, later.began);
            match history.runs[..at].iter().find(|run| run.ended > later.began) {
                Some(_) if later.gave_up => tally.impatient += 1,
                Some(holder) => {
                    let what = format!("slot {} is at it since {}", holder.slot, holder.began);
                    tally.charge(Charge::Duplicate, told(what));
                }
                None if kept.is_some_and(|kept| kept < later.began) => {
                    let what = "computed again, though it was kept".to_owned();
                    tally.charge(Charge::Lost, told(what));
                }
                None => {}
            }
        }
        for (asked, at) in &history.missed {
            if kept.is_some_and(|kept| kept < *asked) {
                let what = format!("{key}, at {at}: not there, though it was kept");
                tally.charge(Charge::Lost, what);
            }
        }
    }
}

fn collect<'e>(evidence: &Evidence, lane: &'e Lane, histories: &mut BTreeMap<&'e str, History>) {
    let (mut gives_up, mut asked) = (false, 0);
    // Computations of this lane that have not ended.
    let mut open: HashMap<u64, usize> = HashMap::new();
    for (time, event) in &lane.events {
        match event {
            Event::Start { gives_up: it } => gives_up = *it,
            Event::Ask(_) => asked = *time,
            _ => {}
        }
        let Some(key) = event.key().filter(|key| key.starts_with('s')) else { continue };
        let history = histories.entry(key).or_default();
        match event {
            Event::Begin(_, generation) => {
                open.insert(*generation, history.runs.len());
                let killed = evidence.kills.iter().filter(|(slot, _)| *slot == lane.slot);
                let killed = killed.map(|(_, at)| *at).filter(|at| at >= time).min();
                history.runs.push(Run {
                    slot: lane.slot,
                    began: *time,
                    ended: killed.unwrap_or(u64::MAX),
                    gave_up: gives_up && time - asked >= PATIENCE,
                });
            }
            Event::End(_, generation) => {
                if let Some(run) = open.remove(generation) {
                    history.runs[run].ended = *time;
                }
            }
            Event::Kept(..) => history.kept = Some(history.kept.map_or(*time, |it| it.min(*time))),
            Event::Nothing(_) => history.missed.push((asked, *time)),
            _ => {}
        }
    }
}
