//! A case is data: what it is called, what it shows, whom it concerns, how it runs.

use std::fmt;

use larder_core::store::Execution;

use super::fixture::Fixture;
use crate::failure::Checked;
use crate::need::Need;

/// Something a store can do, or be, that a case depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ability {
    /// It never awaits.
    Inline,
    /// Entries outlive the process.
    Persistent,
    /// `PutMode::Create`.
    Create,
    /// `lease` and `PutMode::Leased`.
    Lease,
    /// `touch`, and the last use in listings.
    Recency,
    /// `touch` notes every use; see [`StoreSuite::throttles_touch`](super::StoreSuite::throttles_touch).
    EveryTouch,
    /// `local_path`.
    LocalPath,
    /// Puts and deletes are taken. Every case needs this but those for stores without it.
    Writes,
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Inline => "a store that never awaits",
            Self::Persistent => "entries that outlive the process",
            Self::Create => "conditional creation",
            Self::Lease => "leases",
            Self::Recency => "recency",
            Self::EveryTouch => "a touch that is never left out",
            Self::LocalPath => "local paths",
            Self::Writes => "a store that can be written",
        })
    }
}

/// One promise of the contract, and how to check it.
#[derive(Clone, Copy)]
pub struct StoreCase {
    /// Its name: `subject.promise`. Names stay; reports are compared across releases.
    pub id: &'static str,
    /// What holds if it passes.
    pub about: &'static str,
    /// Whom it concerns: all of these must be so.
    pub needs: &'static [Need<Ability>],
    pub(super) run: fn(&Fixture) -> Checked,
}

impl StoreCase {
    pub(super) const fn new(
        id: &'static str,
        about: &'static str,
        needs: &'static [Need<Ability>],
        run: fn(&Fixture) -> Checked,
    ) -> Self {
        Self { id, about, needs, run }
    }
}

impl fmt::Debug for StoreCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreCase({}: {})", self.id, self.about)
    }
}

impl Fixture {
    pub(super) fn has(&self, ability: Ability) -> bool {
        let declares = &self.declares;
        match ability {
            Ability::Inline => declares.execution == Execution::Inline,
            Ability::Persistent => declares.persistent,
            Ability::Create => declares.create,
            Ability::Lease => declares.lease.is_some(),
            Ability::Recency => declares.recency,
            Ability::EveryTouch => declares.recency && !self.throttles_touch,
            Ability::LocalPath => declares.local_path,
            Ability::Writes => !declares.read_only,
        }
    }
}
