//! One round: processes over one store, what happens to them, and the verdict.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::damage::{Names, damage};
use crate::ground::Small;
use crate::journal::{self, now};
use crate::judge::{Damage, Evidence, Lane};
use crate::lane::SLOTS;
use crate::leftovers;
use crate::plan::{Plan, Weather};
use crate::tally::{Charge, Tally};
use crate::worker::Worker;

/// How long processes play in one round. A holder that is stopped for longer than a waiter's limit has to fit in.
const LENGTH: Duration = Duration::from_millis(3_500);

/// A round that is being played.
struct Round<'p> {
    plan: &'p Plan,
    dir: &'p Path,
    rng: fastrand::Rng,
    /// Of sixty strikes, how many kill: where few do, waiters live long enough to lose patience.
    deadly: u32,
    began: u64,
    workers: Vec<Worker>,
    /// Who is stopped, and until when.
    stopped: Vec<(usize, Instant)>,
    small: Option<Small>,
    names: Names,
    kills: Vec<(usize, u64)>,
    damages: Vec<Damage>,
    tally: Tally,
}

/// Plays the round of `plan` for `length` at most, and judges it.
pub(crate) fn play(plan: &Plan, length: Duration) -> Result<Tally> {
    let dir = tempfile::Builder::new().prefix("larder-torture-").tempdir()?;
    fs::create_dir(dir.path().join("journal"))?;
    let store = dir.path().join("store");
    fs::create_dir(&store)?;
    let small = (plan.weather == Weather::Full).then(|| Small::at(&store)).transpose()?;
    let mut rng = fastrand::Rng::with_seed(plan.seed);
    let mut round = Round {
        plan,
        dir: dir.path(),
        deadly: rng.choice([1, 30, 40]).unwrap_or_default(),
        rng,
        began: now(),
        workers: Vec::new(),
        stopped: Vec::new(),
        small,
        names: Names::new()?,
        kills: Vec::new(),
        damages: Vec::new(),
        tally: Tally::default(),
    };
    for slot in 0..SLOTS {
        let worker = round.start(slot)?;
        round.workers.push(worker);
    }
    let end = Instant::now() + length.min(LENGTH);
    while Instant::now() < end {
        std::thread::sleep(Duration::from_millis(round.rng.u64(10..60)));
        round.resume(|until| until <= Instant::now())?;
        round.look_after()?;
        round.strike()?;
    }
    round.finish()
}

impl Round<'_> {
    fn start(&mut self, slot: usize) -> Result<Worker> {
        Worker::start(self.plan, self.dir, slot, self.rng.u64(..), self.began, false)
    }

    /// Lets those go on whose time has come.
    fn resume(&mut self, is_over: impl Fn(Instant) -> bool) -> Result<()> {
        for (slot, until) in std::mem::take(&mut self.stopped) {
            match is_over(until) {
                true => self.workers[slot].resume()?,
                false => self.stopped.push((slot, until)),
            }
        }
        Ok(())
    }

    /// Who ended by itself has failed, or found no room to begin with; another takes its place.
    fn look_after(&mut self) -> Result<()> {
        for slot in 0..SLOTS {
            if let Some(status) = self.workers[slot].ended()? {
                if !(status.success() && self.plan.weather == Weather::Full) {
                    let what = format!("the process in slot {slot} ended by itself: {status}");
                    self.tally.charge(Charge::Trouble, what);
                }
                self.kills.push((slot, now()));
                self.replace(slot)?;
            }
        }
        Ok(())
    }

    /// Starts another process where one has ended.
    fn replace(&mut self, slot: usize) -> Result<()> {
        self.stopped.retain(|(stopped, _)| *stopped != slot);
        self.workers[slot] = self.start(slot)?;
        Ok(())
    }

    /// Something happens to somebody.
    fn strike(&mut self) -> Result<()> {
        let slot = self.rng.usize(..SLOTS);
        match self.rng.u32(..60) {
            it if it < self.deadly => self.kill(slot),
            it if it < 50 => self.stop(slot),
            _ => self.harm(),
        }
    }

    fn kill(&mut self, slot: usize) -> Result<()> {
        self.kills.push((slot, now()));
        self.workers[slot].kill()?;
        self.tally.kills += 1;
        self.replace(slot)
    }

    /// Stops a process for a while; rather one that computes for everybody, if there is one.
    fn stop(&mut self, slot: usize) -> Result<()> {
        let journals = self.dir.join("journal");
        let is_computing = |slot: &usize| {
            (0..2).any(|lane| journal::is_computing(&journal::path(&journals, *slot, lane)))
        };
        let holder = (0..SLOTS).map(|n| (slot + n) % SLOTS).find(is_computing);
        let slot = holder.unwrap_or(slot);
        // Somebody has to go on, to notice.
        if self.stopped.len() + 2 > SLOTS || self.stopped.iter().any(|it| it.0 == slot) {
            return Ok(());
        }
        let patient = self.deadly < 10;
        let long = self.rng.u32(..if patient { 2 } else { 8 }) == 0;
        let millis = if long { 2_600 } else { self.rng.u64(20..300) };
        self.workers[slot].stop()?;
        self.stopped.push((slot, Instant::now() + Duration::from_millis(millis)));
        self.tally.stops += 1;
        self.tally.stopped_holders += u64::from(holder.is_some());
        Ok(())
    }

    /// What the weather brings.
    fn harm(&mut self) -> Result<()> {
        if self.plan.weather == Weather::Damaging
            && let Some(damaged) = damage(&self.dir.join("store"), &self.names, &mut self.rng)?
        {
            self.tally.damages += 1;
            self.damages.extend(damaged);
        }
        if let Some(small) = &self.small {
            match self.rng.bool() {
                true => {
                    small.fill();
                    self.tally.fills += 1;
                }
                false => small.relieve(),
            }
        }
        Ok(())
    }

    /// Ends everybody, has everything looked at once more, and judges.
    fn finish(mut self) -> Result<Tally> {
        self.resume(|_| true)?;
        self.workers.iter_mut().for_each(Worker::ask_to_end);
        for (slot, worker) in std::mem::take(&mut self.workers).into_iter().enumerate() {
            self.await_end(slot, worker)?;
        }
        if let Some(small) = &self.small {
            small.grow()?;
        }
        for slot in 0..SLOTS {
            let seed = self.rng.u64(..);
            let inspector = Worker::start(self.plan, self.dir, slot, seed, self.began, true)?;
            self.await_end(slot, inspector)?;
        }
        leftovers::find(self.plan, self.dir, &mut self.tally)?;
        let evidence = Evidence {
            plan: *self.plan,
            lanes: lanes(&self.dir.join("journal"))?,
            kills: self.kills,
            damages: self.damages,
        };
        self.tally += evidence.judge();
        self.tally.rounds = 1;
        Ok(self.tally)
    }

    fn await_end(&mut self, slot: usize, worker: Worker) -> Result<()> {
        let what = match worker.finish()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => format!("the process in slot {slot} failed: {status}"),
            None => format!("the process in slot {slot} does not end"),
        };
        self.tally.charge(Charge::Trouble, what);
        Ok(())
    }
}

/// Every journal there is.
fn lanes(dir: &Path) -> Result<Vec<Lane>> {
    let all = (0..SLOTS).flat_map(|slot| (0..2).map(move |lane| (slot, lane)));
    all.map(|(slot, lane)| (slot, lane, journal::path(dir, slot, lane)))
        .filter(|(.., path)| path.exists())
        .map(|(slot, lane, path)| Ok(Lane { slot, lane, events: journal::read(&path)? }))
        .collect::<Result<_>>()
        .context("a journal cannot be read")
}
