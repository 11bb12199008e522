//! Versions of functions that nobody calls any more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use super::Memory;
use super::identity::VALUES;
use super::version_record::VersionRecord;
use crate::runtime::block_on;
use crate::store::EntryInfo;
use crate::{Prefix, Result};

impl Memory {
    /// The versions of functions that were not used for `unused_for`, while another version of the same function was:
    /// what changed code has left behind. Where a store does not tell the last use, there are none; values of
    /// [`get_or_compute`](Self::get_or_compute) have no versions.
    ///
    /// # Errors
    /// Those of the store.
    pub fn stale(&self, unused_for: Duration) -> Result<Vec<Prefix>> {
        block_on(self.stale_async(unused_for))
    }

    /// [`stale`](Self::stale), for asynchronous code.
    ///
    /// # Errors
    /// The same.
    pub async fn stale_async(&self, unused_for: Duration) -> Result<Vec<Prefix>> {
        Ok(stale(&self.entries_async().await?, unused_for, SystemTime::now()))
    }

    /// Removes all results of the versions that are [stale](Self::stale); says how many there were.
    ///
    /// # Errors
    /// Those of the store.
    pub fn prune_stale(&self, unused_for: Duration) -> Result<u64> {
        block_on(self.prune_stale_async(unused_for))
    }

    /// [`prune_stale`](Self::prune_stale), for asynchronous code.
    ///
    /// # Errors
    /// The same.
    pub async fn prune_stale_async(&self, unused_for: Duration) -> Result<u64> {
        let mut removed = 0;
        for version in self.stale_async(unused_for).await? {
            removed += self.clear_prefix(&version).await?;
        }
        Ok(removed)
    }
}

fn stale(entries: &[EntryInfo], unused_for: Duration, now: SystemTime) -> Vec<Prefix> {
    // When the last of a version's results was used, by function and version.
    let mut functions: BTreeMap<String, BTreeMap<Prefix, SystemTime>> = BTreeMap::new();
    // Functions of which something may have been used at any time.
    let mut unknown = BTreeSet::new();
    for entry in entries.iter().filter(|entry| !VersionRecord::is_at(&entry.key)) {
        let version = entry.key.version();
        let Some((function, _)) = version.as_str().rsplit_once('/') else { continue };
        if function == VALUES {
            continue;
        }
        let Some(used) = entry.last_used else {
            unknown.insert(function.to_owned());
            continue;
        };
        let last = functions.entry(function.to_owned()).or_default().entry(version).or_insert(used);
        *last = used.max(*last);
    }
    let unused = |used: SystemTime| now.duration_since(used).is_ok_and(|age| age > unused_for);
    let of_function = |versions: BTreeMap<Prefix, SystemTime>| {
        let newest = versions.values().max().copied();
        versions
            .into_iter()
            .filter(move |(_, used)| Some(*used) < newest && unused(*used))
            .map(|(version, _)| version)
    };
    functions.retain(|function, _| !unknown.contains(function));
    functions.into_values().flat_map(of_function).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_stale_when_only_another_was_used_lately() {
        let now = SystemTime::now();
        let day = |days: u64| now - Duration::from_secs(86_400 * days);
        let entry = |path: &str, n: u8, used: Option<SystemTime>| {
            let entry = EntryInfo::new(Prefix::new(path).unwrap().key(&[n; 32]).unwrap(), 10);
            used.map_or(entry.clone(), |at| entry.last_used(at))
        };
        let entries = [
            entry("p/changed/v1", 1, Some(day(40))),
            entry("p/changed/v1", 2, Some(day(50))),
            entry("p/changed/v2", 1, Some(day(60))),
            entry("p/changed/v3", 1, Some(day(1))),
            entry("p/rests/v1", 1, Some(day(90))),
            entry("p/both/v1", 1, Some(day(29))),
            entry("p/both/v2", 1, Some(day(1))),
            entry("p/unknown/v1", 1, None),
            entry("p/unknown/v2", 1, Some(day(90))),
            entry("p/unknown/v3", 1, Some(day(1))),
            entry("-value/a", 1, Some(day(90))),
            entry("-value/b", 1, Some(day(1))),
            // The record of a version is not a result, and its use is not one of a result.
            entry("p/rests/v2", 0, Some(day(1))),
        ];
        let days = |days: u64| Duration::from_secs(86_400 * days);
        let found = |limit| {
            let found = stale(&entries, limit, now).into_iter();
            found.map(|version| version.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(found(days(30)), ["p/changed/v1", "p/changed/v2"]);
        assert_eq!(found(days(45)), ["p/changed/v2"], "what counts is the last use of any result");
        assert_eq!(found(days(0)), ["p/both/v1", "p/changed/v1", "p/changed/v2"]);
        assert!(found(days(365)).is_empty());
    }
}
