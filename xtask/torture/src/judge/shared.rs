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
    /// Slot and lane.
    by: (usize, usize),
    began: u64,
    /// When its lease may have ended: with its function, or with the process.
    ended: u64,
    asked: u64,
    gave_up: bool,
}

#[derive(Debug, Default)]
struct History {
    runs: Vec<Run>,
    /// When somebody first knew that the store has it.
    kept: Option<u64>,
    /// Who was told that there is nothing: when it was asked, and answered.
    missed: Vec<(u64, u64)>,
    /// Operations that failed: whose, when they were asked, and answered. Whoever waited for one of them computes
    /// without a lease.
    failed: Vec<((usize, usize), u64, u64)>,
}

impl History {
    fn was_released(&self, run: &Run) -> bool {
        let lets_go = |by, asked, at| run.by != by && run.asked <= at && run.began >= asked;
        self.failed.iter().any(|&(by, asked, at)| lets_go(by, asked, at))
    }
}

pub(super) fn judge(evidence: &Evidence, tally: &mut Tally) {
    let mut histories: BTreeMap<&str, History> = BTreeMap::new();
    for lane in &evidence.lanes {
        collect(evidence, lane, &mut histories);
    }
    for (key, history) in &mut histories {
        history.runs.sort_by_key(|run| run.began);
        let kept = history.kept.filter(|_| evidence.plan.weather == Weather::Calm);
        let alone = |run: &Run| run.gave_up || history.was_released(run);
        for (at, later) in history.runs.iter().enumerate() {
            tally.impatient += u64::from(later.gave_up);
            tally.released += u64::from(history.was_released(later));
            let told =
                |what: String| format!("{key} by slot {}, at {}: {what}", later.by.0, later.began);
            let holders = history.runs[..at].iter().filter(|run| !alone(run));
            match holders.filter(|_| !alone(later)).find(|run| run.ended > later.began) {
                Some(holder) => {
                    let what = format!("slot {} is at it since {}", holder.by.0, holder.began);
                    tally.charge(Charge::Duplicate, told(what));
                }
                None if !alone(later) && kept.is_some_and(|kept| kept < later.began) => {
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
                    by: (lane.slot, lane.lane),
                    began: *time,
                    ended: killed.unwrap_or(u64::MAX),
                    asked,
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
            Event::Failed(..) => history.failed.push(((lane.slot, lane.lane), asked, *time)),
            _ => {}
        }
    }
}
