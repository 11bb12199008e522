//! What is kept, by function and version: for tools and services that look at a store from outside.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::maintenance::both;
use super::{Memory, VersionRecord};
use crate::runtime::block_on;
use crate::side_by_side::{AT_ONCE, side_by_side};
use crate::store::EntryInfo;
use crate::{Key, Prefix, Result};

/// A function of which something is kept.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KeptFunction {
    /// `package::crate::module::function`, as far as an entry tells; otherwise the path of its keys.
    pub name: String,
    /// Where all its versions are.
    pub prefix: Prefix,
    /// The versions of which something is kept, in the order of their keys.
    pub versions: Vec<KeptVersion>,
}

/// A version of a function of which something is kept.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KeptVersion {
    /// Where its results are.
    pub prefix: Prefix,
    /// What the version was, where that is recorded and can be read.
    pub record: Option<VersionRecord>,
    /// Its results, in the order of their keys.
    pub results: Vec<EntryInfo>,
}

impl KeptVersion {
    /// How many bytes its results take.
    pub fn bytes(&self) -> u64 {
        self.results.iter().map(|entry| entry.size).sum()
    }

    /// When one of its results was last used, where the store keeps that.
    pub fn last_used(&self) -> Option<SystemTime> {
        self.results.iter().filter_map(|entry| entry.last_used).max()
    }
}

impl KeptFunction {
    /// Its results, of all versions.
    pub fn results(&self) -> impl Iterator<Item = &EntryInfo> {
        self.versions.iter().flat_map(|version| &version.results)
    }

    /// How many bytes its results take.
    pub fn bytes(&self) -> u64 {
        self.versions.iter().map(KeptVersion::bytes).sum()
    }

    /// When one of its results was last used, where the store keeps that.
    pub fn last_used(&self) -> Option<SystemTime> {
        self.versions.iter().filter_map(KeptVersion::last_used).max()
    }
}

both! {
    /// Everything larder keeps in the store, sorted by key: the results, and the [records](VersionRecord) of versions.
    ///
    /// # Errors
    /// Those of the store.
    contents contents_async() -> Result<Vec<EntryInfo>> = contents;
    /// What is kept, by function and version, sorted by name. Takes one listing, and reads a little of one entry of each
    /// version.
    ///
    /// # Errors
    /// Those of the store. An entry that cannot be read is listed all the same.
    functions functions_async() -> Result<Vec<KeptFunction>> = functions;
    /// Removes the entry of `key`; says whether there was one.
    ///
    /// # Errors
    /// Those of the store.
    remove remove_async(key: &Key) -> Result<bool> = remove;
    /// Removes everything under `prefix`, such as all versions of [a function](KeptFunction::prefix); says how many
    /// results there were.
    ///
    /// # Errors
    /// Those of the store.
    clear_under clear_under_async(prefix: &Prefix) -> Result<u64> = clear_under;
}

async fn contents(memory: &Memory) -> Result<Vec<EntryInfo>> {
    match memory.shelf() {
        Some(shelf) => shelf.store.entries(&Prefix::root()).await,
        None => Ok(Vec::new()),
    }
}

async fn remove(memory: &Memory, key: &Key) -> Result<bool> {
    match memory.shelf() {
        Some(shelf) => shelf.delete(key).await,
        None => Ok(false),
    }
}

async fn clear_under(memory: &Memory, prefix: &Prefix) -> Result<u64> {
    memory.clear_prefix(prefix).await
}

async fn functions(memory: &Memory) -> Result<Vec<KeptFunction>> {
    let mut versions: BTreeMap<Prefix, (bool, Vec<EntryInfo>)> = BTreeMap::new();
    for entry in contents(memory).await? {
        let (recorded, results) = versions.entry(entry.key.version()).or_default();
        match VersionRecord::is_at(&entry.key) {
            true => *recorded = true,
            false => results.push(entry),
        }
    }
    let describe =
        async |(prefix, (recorded, results))| describe(memory, prefix, recorded, results).await;
    let mut functions: BTreeMap<Prefix, KeptFunction> = BTreeMap::new();
    side_by_side(AT_ONCE, versions, describe, |(name, version): (Option<String>, KeptVersion)| {
        let prefix = version.prefix.parent();
        let function = functions.entry(prefix.clone()).or_insert_with(|| KeptFunction {
            name: prefix.to_string(),
            prefix,
            versions: Vec::new(),
        });
        function.name = name.unwrap_or_else(|| std::mem::take(&mut function.name));
        function.versions.push(version);
    })
    .await?;
    let mut functions: Vec<_> = functions.into_values().collect();
    for function in &mut functions {
        function.versions.sort_by(|a, b| a.prefix.cmp(&b.prefix));
    }
    functions.sort_by(|a, b| (&a.name, &a.prefix).cmp(&(&b.name, &b.prefix)));
    Ok(functions)
}

/// The version, and the name of its function, from the record or else from a result. What cannot be read says nothing.
async fn describe(
    memory: &Memory,
    prefix: Prefix,
    recorded: bool,
    results: Vec<EntryInfo>,
) -> Result<(Option<String>, KeptVersion)> {
    let record = match recorded {
        true => readable(memory.version_record_async(&prefix).await)?,
        false => None,
    };
    let name = match (&record, results.first()) {
        (Some(record), _) => Some(record.function.clone()),
        (None, Some(entry)) => readable(memory.inspect_async(&entry.key).await)?
            .map(|details| details.meta.metadata.function),
        (None, None) => None,
    };
    Ok((name, KeptVersion { prefix, record, results }))
}

fn readable<T>(found: Result<Option<T>>) -> Result<Option<T>> {
    match found {
        Err(error) if error.is_corrupt() || error.is_decode() => Ok(None),
        found => found,
    }
}
