//! Taking one small result again and again, from many threads or as one of many processes.

use std::fs;
use std::io::{self, BufRead};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context, Result};
use cached::{ConcurrentCached, RedbCache};
use clap::{Args, ValueEnum};
use larder::Memory;

use crate::stores::{Raw, sqlite};
use crate::work::number;

/// Answers each line, which ends with a number, with how many seconds so many hits took.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    peer: Peer,
    folder: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Peer {
    Files,
    Sqlite,
    Cacache,
    Cached,
    Read,
    Select,
}

/// Takes the result so many times.
pub(crate) trait Taker: Sync {
    fn take(&self, times: u32);
}

impl<F: Fn() + Sync> Taker for F {
    fn take(&self, times: u32) {
        (0..times).for_each(|_| self());
    }
}

/// A connection belongs to one thread at a time.
struct Select(Vec<Mutex<Raw>>);

/// The key of the one entry.
const TOGETHER: &str = "together";

impl Taker for Select {
    fn take(&self, times: u32) {
        let free = self.0.iter().find_map(|raw| raw.try_lock().ok());
        let raw = free.expect("a connection for each thread");
        (0..times).for_each(|_| drop(raw.select(TOGETHER)));
    }
}

impl Peer {
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// Opens its store below `folder`, and puts the result there where it is missing.
    pub(crate) fn open(self, folder: &Path) -> Result<Box<dyn Taker>> {
        Ok(match self {
            Self::Files => hits(Memory::open(folder.join("local"))?)?,
            Self::Sqlite => hits(Memory::open(sqlite(folder, "larder.db").as_str())?)?,
            Self::Cacache => {
                let folder = folder.join("cacache");
                cacache::write_sync(&folder, TOGETHER, 12_f64.to_le_bytes())?;
                Box::new(move || drop(cacache::read_sync(&folder, TOGETHER).expect("an entry")))
            }
            Self::Cached => {
                let cache: RedbCache<String, f64> = RedbCache::builder(TOGETHER)
                    .disk_dir(folder)
                    .build()
                    .map_err(anyhow::Error::msg)?;
                cache.cache_set("7/seven".to_owned(), 12.0).map_err(anyhow::Error::msg)?;
                Box::new(move || _ = cache.cache_get(&"7/seven".to_owned()).expect("an entry"))
            }
            Self::Read => {
                let memory = Memory::open(folder.join("local"))?;
                let numbers = memory.cache::<number>();
                numbers.call(7, "seven")?;
                let path = memory.local_path(&numbers.with(7, "seven").key()?).context("a file")?;
                Box::new(move || drop(fs::read(&path).expect("an entry")))
            }
            Self::Select => {
                let path = folder.join("together.db");
                if !path.exists() {
                    Raw::open(&path)?.insert(TOGETHER, &[7; 300]);
                }
                let connections = (0..8).map(|_| Ok(Mutex::new(Raw::existing(&path)?)));
                Box::new(Select(connections.collect::<Result<_>>()?))
            }
        })
    }
}

fn hits(memory: Memory) -> Result<Box<dyn Taker>> {
    let numbers = memory.cache::<number>();
    numbers.call(7, "seven")?;
    Ok(Box::new(move || _ = numbers.call(7, "seven").expect("a hit")))
}

impl Serve {
    #[expect(clippy::print_stdout, reason = "it is asked, and answers")]
    pub(crate) fn run(&self) -> Result<()> {
        let taker = self.peer.open(&self.folder)?;
        for line in io::stdin().lock().lines() {
            let times = line?.split(' ').next_back().context("a number")?.parse()?;
            let begun = Instant::now();
            taker.take(times);
            println!("{}", begun.elapsed().as_secs_f64());
        }
        Ok(())
    }
}
