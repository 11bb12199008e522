//! A case is data: what it is called, what it shows, whom it concerns, how it runs.

use std::fmt;

use larder_core::store::Execution;

use super::fixture::Fixture;
use crate::failure::Checked;

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
        })
    }
}

/// Whom a case concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Need {
    /// Stores that must have the ability: it has to work.
    Has(Ability),
    /// Stores that do not declare it: it has to be refused.
    Lacks(Ability),
}

/// One promise of the contract, and how to check it.
#[derive(Clone, Copy)]
pub struct StoreCase {
    /// Its name: `subject.promise`. Names stay; reports are compared across releases.
    pub id: &'static str,
    /// What holds if it passes.
    pub about: &'static str,
    /// Whom it concerns: all of these must be so.
    pub needs: &'static [Need],
    pub(super) run: fn(&Fixture) -> Checked,
}

impl StoreCase {
    pub(super) const fn new(
        id: &'static str,
        about: &'static str,
        needs: &'static [Need],
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
        }
    }
}
