//! What one round is made of. All of it follows from the round's seed, so that a round can be played again.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use clap::ValueEnum;
use larder::store::StoreBackend;
use larder::{Memory, OnStoreError, Verify};

use crate::sabotage::{Sabotage, Sabotaged};

/// The stores a round may be played over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    Local,
    Sqlite,
    /// A directory of each process's own before a database that all share.
    Tiered,
    /// Small values in a database, large ones in files.
    Split,
}

/// What happens in a round besides kills and stops, and with it what a missing entry may be explained by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Weather {
    /// Nothing: an entry that was committed must stay.
    Calm,
    /// Everything is cleared now and then, and limits are kept: any entry may go, none may come back.
    Evicting,
    /// Files are flipped, cut, replaced, aged and removed: an entry whose file was met may be missing.
    Damaging,
    /// The store lies on a small file system that fills up: any operation may fail.
    Full,
    /// The clock of each process jumps by years: an entry that is from the future there is missing, until it is not.
    Jumping,
}

impl Weather {
    /// How far the clock of a process may be from the true one, in seconds. Those of two processes differ by less than
    /// what larder bears with, unless the clocks are the very thing.
    pub(crate) fn clocks(self) -> i64 {
        match self {
            Self::Jumping => 10_000 * 86_400,
            Self::Calm | Self::Evicting | Self::Damaging | Self::Full => 25,
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name(self))
    }
}

impl fmt::Display for Weather {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&name(self))
    }
}

/// As on the command line.
pub(crate) fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|it| it.get_name().to_owned()).unwrap_or_default()
}

/// One round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) store: Store,
    pub(crate) weather: Weather,
    pub(crate) sabotage: Option<Sabotage>,
}

impl Plan {
    /// The round of `seed`. As many rounds with consecutive seeds as there are combinations meet each of them.
    pub(crate) fn new(seed: u64, weathers: &[Weather], sabotage: Option<Sabotage>) -> Self {
        let stores = Store::value_variants();
        let [at, weather] = [seed as usize, seed as usize / stores.len()];
        Self {
            seed,
            store: stores[at % stores.len()],
            weather: weathers[weather % weathers.len()],
            sabotage,
        }
    }

    /// The memory of the process in `slot` over the store in `dir`. Whatever the store cannot do is an error, so that
    /// an `Ok` is a commitment.
    pub(crate) fn open(&self, dir: &Path, slot: usize) -> Result<Memory> {
        let memory = match self.sabotage {
            Some(sabotage) => {
                let broken = Sabotaged::new(self.open_store(dir, slot)?, sabotage);
                Memory::over(Arc::new(broken))
            }
            None => Memory::builder(self.location(dir, slot).as_str())?,
        };
        // What is damaged on the disk is to be found at the first look at it, in arrays that are mapped as well.
        Ok(memory.on_store_error(OnStoreError::Fail).verify(Verify::Full).open()?)
    }

    /// The bare store, for who asks it for leases.
    pub(crate) fn open_store(&self, dir: &Path, slot: usize) -> Result<Arc<dyn StoreBackend>> {
        let config: larder::StoreConfig = self.location(dir, slot).parse()?;
        Ok(larder::registry().open_store(&config)?)
    }

    fn location(&self, dir: &Path, slot: usize) -> String {
        let (files, database) = (dir.join("files"), dir.join("database"));
        let (files, database) = (files.display(), database.display());
        match self.store {
            Store::Local => format!("local:{files}"),
            Store::Sqlite => format!("sqlite:{database}"),
            Store::Tiered => format!("tiered:?near=local:{files}-{slot}&far=sqlite:{database}"),
            Store::Split => {
                format!("split:?small=sqlite:{database}&large=local:{files}&large_from=4K")
            }
        }
    }

    pub(crate) fn has_database(&self) -> bool {
        self.store != Store::Local
    }
}
