//! Stores that mistake keys, list wrongly, or delete the wrong subtree.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use larder_core::store::{EntryInfo, PutMode, PutOutcome, StoreBackend};
use larder_core::{Error, Key, Payload, Prefix, Result};

use super::flaw::{Flaw, Mutant, Sound, mutant};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        mutant("refuses long keys", RefusesLongKeys, &["key.longest"]),
        mutant(
            "takes a dot for an underscore",
            Renames(|text| text.replace('.', "_")),
            &["key.characters"],
        ),
        mutant("looks at the digest alone", Renames(digest_alone), &["key.similar"]),
        mutant(
            "hides what ends in .tmp",
            Lists(|_, _, list| retain(list, |e| !e.key.as_str().contains(".tmp/"))),
            &["key.like_internals"],
        ),
        mutant("lists a ghost", Lists(|_, prefix, list| push_ghost(prefix, list)), &["list.empty"]),
        mutant(
            "lists twice",
            Lists(|_, _, list| list.extend(list.clone())),
            &["list.exact", "race.list"],
        ),
        mutant(
            "lists neighbours",
            Lists(|sound, prefix, list| *list = neighbours(sound, prefix)),
            &["list.prefix"],
        ),
        mutant(
            "lists the root for nothing",
            Lists(|_, prefix, list| retain(list, |_| !prefix.as_str().is_empty())),
            &["list.exact"],
        ),
        mutant(
            "lists wrong sizes",
            Lists(|_, _, list| list.iter_mut().for_each(|e| e.size += 1)),
            &["list.sizes"],
        ),
        mutant("lists an old page", OldPage::default(), &["list.follows"]),
        mutant(
            "lists the first page alone",
            Lists(|_, _, list| list.truncate(999)),
            &["list.thousand"],
        ),
        mutant("lies about the size", HeadLies, &["head.as_listed"]),
        mutant(
            "deletes without a count",
            Sweeps(|sound, prefix| {
                sweep(sound, prefix, |_| true);
                0
            }),
            &["delete_prefix.counts"],
        ),
        mutant(
            "deletes one level",
            Sweeps(|sound, prefix| sweep(sound, prefix, |e| e.key.version() == *prefix)),
            &["delete_prefix.removes"],
        ),
        mutant(
            "deletes neighbours",
            Sweeps(|sound, prefix| drop_all(sound, &neighbours(sound, prefix))),
            &["delete_prefix.spares"],
        ),
        mutant(
            "takes the root for nothing",
            Sweeps(|sound, prefix| sweep(sound, prefix, |_| !prefix.as_str().is_empty())),
            &["delete_prefix.root"],
        ),
        mutant(
            "reads one byte too many",
            Ranges(|range, _| Some(Ok(range.start..range.end.saturating_add(1)))),
            &["range.inside"],
        ),
        mutant(
            "takes a range past the end for an error",
            Ranges(|range, len| {
                Some(if range.end > len { Err(Error::invalid("past the end")) } else { Ok(range) })
            }),
            &["range.beyond"],
        ),
        mutant(
            "takes an empty range for nothing",
            Ranges(|range, _| (!range.is_empty()).then_some(Ok(range))),
            &["range.empty"],
        ),
    ]
}

fn retain(list: &mut Vec<EntryInfo>, keep: impl Fn(&EntryInfo) -> bool) {
    list.retain(keep);
}

fn push_ghost(prefix: &Prefix, list: &mut Vec<EntryInfo>) {
    let home =
        if prefix.as_str().is_empty() { Prefix::new("ghost").unwrap() } else { prefix.clone() };
    list.push(EntryInfo::new(home.key(&[0; 32]).unwrap(), 0));
}

/// All whose key goes on as the prefix ends, be it in the middle of a segment.
fn neighbours(sound: &Sound, prefix: &Prefix) -> Vec<EntryInfo> {
    let mut all = sound.entries(&Prefix::root());
    all.retain(|entry| entry.key.as_str().starts_with(prefix.as_str()));
    all
}

fn drop_all(sound: &Sound, entries: &[EntryInfo]) -> u64 {
    let deleted =
        entries.iter().filter(|entry| super::flaw::now(sound.memory.delete(&entry.key)).unwrap());
    deleted.count() as u64
}

fn sweep(sound: &Sound, prefix: &Prefix, which: impl Fn(&EntryInfo) -> bool) -> u64 {
    let mut entries = sound.entries(prefix);
    entries.retain(which);
    drop_all(sound, &entries)
}

#[derive(Clone, Debug)]
struct RefusesLongKeys;
#[async_trait]
impl Flaw for RefusesLongKeys {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        if key.as_str().len() > 255 {
            return Err(Error::invalid("the name is too long"));
        }
        sound.put(key, value, mode).await
    }
}

fn digest_alone(text: &str) -> String {
    format!("all/{}", text.rsplit('/').next().unwrap())
}

/// Keeps each entry under another name.
#[derive(Clone, Debug)]
struct Renames(fn(&str) -> String);
impl Renames {
    fn renamed(&self, key: &Key) -> Key {
        Key::new(&(self.0)(key.as_str())).unwrap()
    }
}
#[async_trait]
impl Flaw for Renames {
    async fn get(&self, sound: &Sound, key: &Key) -> Result<Option<Bytes>> {
        sound.memory.get(&self.renamed(key)).await
    }

    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        let _ = sound.put(key, Payload::default(), mode).await?; // so that the list is right
        sound.put(&self.renamed(key), value, mode).await
    }
}

/// Changes what is listed.
#[derive(Clone, Debug)]
struct Lists(fn(&Sound, &Prefix, &mut Vec<EntryInfo>));
impl Flaw for Lists {
    fn list(&self, sound: &Sound, prefix: &Prefix) -> Vec<EntryInfo> {
        let mut list = sound.entries(prefix);
        (self.0)(sound, prefix, &mut list);
        list
    }
}

#[derive(Clone, Debug, Default)]
struct OldPage(Arc<Mutex<Option<Vec<EntryInfo>>>>);
impl Flaw for OldPage {
    fn list(&self, sound: &Sound, prefix: &Prefix) -> Vec<EntryInfo> {
        self.0.lock().unwrap().get_or_insert_with(|| sound.entries(prefix)).clone()
    }
}

#[derive(Clone, Debug)]
struct HeadLies;
#[async_trait]
impl Flaw for HeadLies {
    async fn head(&self, sound: &Sound, key: &Key) -> Result<Option<EntryInfo>> {
        let head = sound.memory.head(key).await?;
        Ok(head.map(|mut entry| {
            entry.size += 1;
            entry
        }))
    }
}

/// Deletes a subtree in its own way.
#[derive(Clone, Debug)]
struct Sweeps(fn(&Sound, &Prefix) -> u64);
#[async_trait]
impl Flaw for Sweeps {
    async fn delete_prefix(&self, sound: &Sound, prefix: &Prefix) -> Result<u64> {
        Ok((self.0)(sound, prefix))
    }
}

/// Reads another range than was asked for, knowing the length; or finds nothing.
#[derive(Clone, Debug)]
struct Ranges(AnotherRange);
type AnotherRange = fn(Range<u64>, u64) -> Option<Result<Range<u64>>>;
#[async_trait]
impl Flaw for Ranges {
    async fn get_range(
        &self,
        sound: &Sound,
        key: &Key,
        range: Range<u64>,
    ) -> Result<Option<Bytes>> {
        let Some(entry) = sound.memory.head(key).await? else { return Ok(None) };
        let Some(range) = (self.0)(range, entry.size) else { return Ok(None) };
        sound.memory.get_range(key, range?).await
    }
}
