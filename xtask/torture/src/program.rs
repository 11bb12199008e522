//! What one process does: random operations, each written down before and after it.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use larder::store::LeaseAttempt;
use larder::{Condition, Copied, Limits, Memory};

use crate::clock;
use crate::journal::{self, Event, now};
use crate::lane::{OWN, SLOTS, VERSIONS, begin_journal, function, function_of, note, own_keys};
use crate::plan::{Plan, Store, Weather};
use crate::sabotage::Sabotage;
use crate::value::Value;

/// Who a process is: told to it by the one that starts it.
#[derive(Debug, Clone, Args)]
pub(crate) struct Assignment {
    #[arg(long)]
    pub(crate) dir: PathBuf,
    #[arg(long)]
    pub(crate) slot: usize,
    #[arg(long)]
    pub(crate) seed: u64,
    #[arg(long)]
    pub(crate) store: Store,
    #[arg(long)]
    pub(crate) weather: Weather,
    #[arg(long)]
    pub(crate) sabotage: Option<Sabotage>,
    /// When the round began, on the clock of all processes.
    #[arg(long)]
    pub(crate) began: u64,
    /// Looks at everything once, rather than playing.
    #[arg(long)]
    pub(crate) inspects: bool,
}

impl Assignment {
    fn plan(&self) -> Plan {
        let Self { seed, store, weather, sabotage, .. } = *self;
        Plan { seed, store, weather, sabotage }
    }

    /// Does what it was told to, until nobody holds the other end of its standard input.
    pub(crate) fn work(&self) -> Result<()> {
        let memory = match self.plan().open(&self.dir.join("store"), self.slot) {
            Err(_) if self.weather == Weather::Full => return Ok(()),
            memory => memory?,
        };
        if self.inspects {
            return self.inspect(&memory);
        }
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            // Not joined at the end: a process that is done has nothing to wait for.
            scope.spawn(|| {
                let _closed = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
                over.store(true, Relaxed);
            });
            let other = scope.spawn(|| self.second_lane(&memory, &over));
            let first = self.first_lane(&memory, &over);
            other.join().expect("a lane does not panic").and(first)
        })?;
        memory.close(Duration::from_secs(60))?;
        Ok(())
    }

    fn journal(&self, lane: usize, gives_up: bool) -> Result<fastrand::Rng> {
        begin_journal(&journal::path(&self.dir.join("journal"), self.slot, lane), gives_up)?;
        Ok(fastrand::Rng::with_seed(self.seed ^ (lane as u64) << 32))
    }

    /// The only thread that computes this slot's own keys, and so the only one that knows what they must be.
    fn first_lane(&self, memory: &Memory, over: &AtomicBool) -> Result<()> {
        let mut rng = self.journal(0, false)?;
        self.jump(&mut rng);
        let backup = Memory::open(self.dir.join(format!("backup-{}", self.slot)))?;
        while !over.load(Relaxed) {
            let own = format!("o.{}.{}.{}", rng.u64(..VERSIONS), self.slot, rng.u64(..OWN));
            let shared = self.shared(&mut rng);
            let theirs =
                format!("o.{}.{}.{}", rng.u64(..VERSIONS), rng.usize(..SLOTS), rng.u64(..OWN));
            match rng.u32(..1000) {
                0..250 => attempt(&own, || refresh(memory, &own)),
                250..450 => attempt(&own, || call(memory, &own)),
                450..600 => attempt(&own, || get(memory, &own)),
                600..640 => attempt(&own, || invalidate(memory, &own)),
                640..750 => attempt(&theirs, || get(memory, &theirs)),
                750..945 => attempt(&shared, || call(memory, &shared)),
                945..950 => self.jump(&mut rng),
                950..970 => attempt("compact", || memory.compact().map(drop)),
                970..985 => attempt("verify", || self.verify(memory)),
                985..995 if self.weather == Weather::Calm => {
                    attempt("copy", || copy(memory, &backup, self.slot));
                }
                995.. if self.weather == Weather::Evicting => {
                    attempt("evict", || evict(memory, &mut rng));
                }
                _ => attempt(&own, || look_up(memory, &own)),
            }
        }
        Ok(())
    }

    /// Calls what everybody calls. In every other process on a worker of a pool, which gives up waiting after a while.
    fn second_lane(&self, memory: &Memory, over: &AtomicBool) -> Result<()> {
        let gives_up = self.slot % 2 == 1;
        let run = || {
            let mut rng = self.journal(1, gives_up)?;
            while !over.load(Relaxed) {
                let shared = self.shared(&mut rng);
                match rng.u32(..10) {
                    0 => attempt(&shared, || get(memory, &shared)),
                    _ => attempt(&shared, || call(memory, &shared)),
                }
            }
            Ok(())
        };
        match gives_up {
            true => rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(run),
            false => run(),
        }
    }

    /// Sets the clock of this process.
    fn jump(&self, rng: &mut fastrand::Rng) {
        let most = self.weather.clocks();
        let ahead = rng.i64(-most..=most);
        clock::set_ahead(ahead);
        note(Event::Jumped(ahead));
    }

    /// A key that everybody is at just now.
    fn shared(&self, rng: &mut fastrand::Rng) -> String {
        let wave = now().saturating_sub(self.began) / 15_000_000;
        format!("s.{}.{}", rng.u64(..VERSIONS), wave.saturating_sub(rng.u64(..4)))
    }

    /// Sound or gone is what an entry may be while nobody touches the files.
    fn verify(&self, memory: &Memory) -> larder::Result<()> {
        let contents = memory.contents()?;
        memory.verify(&contents, &mut |entry, condition| match condition {
            Condition::Sound | Condition::Gone => {}
            _ if self.weather == Weather::Damaging => {}
            _ => note(Event::Trouble(format!("verify: {} is {condition}", entry.key))),
        })
    }

    /// The end of a round: every entry once more, and whether anybody still holds a lease.
    fn inspect(&self, memory: &Memory) -> Result<()> {
        self.journal(0, false)?;
        for key in own_keys(self.slot) {
            attempt(&key, || get(memory, &key));
        }
        let last = now().saturating_sub(self.began) / 15_000_000;
        let store = self.plan().open_store(&self.dir.join("store"), self.slot)?;
        let waves = (0..last).flat_map(|n| (0..VERSIONS).map(move |v| format!("s.{v}.{n}")));
        for shared in waves {
            attempt(&shared, || get(memory, &shared));
            let key = function_of(memory, &shared)?.key(&shared)?.expect("an enabled memory");
            // Only one of those who look at the same time: they would hold each other's.
            if self.slot == 0
                && let Ok(LeaseAttempt::Held(_)) = futures::executor::block_on(store.lease(&key))
            {
                note(Event::Trouble(format!("the lease of {shared} is left")));
            }
        }
        attempt("verify", || self.verify(memory));
        Ok(())
    }
}

/// One operation. That one fails is for the judge to judge.
fn attempt(what: &str, run: impl FnOnce() -> larder::Result<()>) {
    note(Event::Ask(what.to_owned()));
    if let Err(error) = run() {
        note(Event::Failed(what.to_owned(), format!("{error:?}")));
    }
}

fn got(key: &str, value: &Value) {
    note(match value.is_of(key) {
        true => Event::Got(key.to_owned(), value.generation),
        false => Event::Wrong(format!("{key}: {value:?}").chars().take(300).collect()),
    });
}

fn refresh(memory: &Memory, key: &str) -> larder::Result<()> {
    let value = function_of(memory, key)?.refresh(key)?;
    note(Event::Kept(key.to_owned(), value.generation));
    Ok(())
}

/// A value of this very process's making and one that was there are told apart by the judge: the first has just begun.
fn call(memory: &Memory, key: &str) -> larder::Result<()> {
    let value = function_of(memory, key)?.call(key)?;
    got(key, &value);
    note(Event::Kept(key.to_owned(), value.generation));
    Ok(())
}

fn get(memory: &Memory, key: &str) -> larder::Result<()> {
    match function_of(memory, key)?.get(key)? {
        Some(value) => got(key, &value),
        None => note(Event::Nothing(key.to_owned())),
    }
    Ok(())
}

fn look_up(memory: &Memory, key: &str) -> larder::Result<()> {
    if !function_of(memory, key)?.lookup(key)?.is_hit() {
        note(Event::Nothing(key.to_owned()));
    }
    Ok(())
}

fn invalidate(memory: &Memory, key: &str) -> larder::Result<()> {
    note(Event::Dropping(key.to_owned()));
    function_of(memory, key)?.invalidate(key)?;
    note(Event::Dropped(key.to_owned()));
    Ok(())
}

fn evict(memory: &Memory, rng: &mut fastrand::Rng) -> larder::Result<()> {
    match rng.u32(..4) {
        0 => memory.clear(),
        1 => function(memory, "shared", 0)?.clear(),
        2 => function(memory, "own", 0)?.clear(),
        _ => memory.reduce_size(Limits { max_items: Some(rng.u64(..40)), ..Limits::default() }),
    }
    .map(drop)
}

/// Copies everything, then looks whether the copy of what nobody else writes is as it is here.
fn copy(memory: &Memory, backup: &Memory, slot: usize) -> larder::Result<()> {
    memory.copy_to(backup, &memory.contents()?, &mut |entry, copied| {
        if let Copied::Left(condition) = copied
            && condition != Condition::Gone
        {
            note(Event::Trouble(format!("copy: {} is {condition}", entry.key)));
        }
    })?;
    for key in own_keys(slot) {
        let value = function_of(backup, &key)?.get(&key)?;
        match &value {
            Some(value) if !value.is_of(&key) => got(&key, value),
            _ => note(Event::Copy(key, value.map(|value| value.generation))),
        }
    }
    Ok(())
}
