//! From one store to another, byte for byte.

use super::maintenance::both;
use super::shelf::Shelf;
use super::verify::{as_written, by_weight};
use super::{Condition, Memory};
use crate::envelope::PRELUDE;
use crate::runtime::block_on;
use crate::side_by_side::side_by_side;
use crate::store::{EntryInfo, PutOutcome};
use crate::{Mounted, Prefix, Result};

/// What became of the copy of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Copied {
    /// The target had no such entry, and has it now.
    New,
    /// The target had another entry under this key, and has this one now.
    Replaced,
    /// The target had it already.
    Already,
    /// It was left out, since it is not sound.
    Left(Condition),
}

both! {
    /// Copies `entries` to another store, byte for byte, those used longest ago first, so that a target which keeps
    /// recency knows them in the same order. Tells `each` what became of an entry once that is certain.
    ///
    /// An entry that the target has already, as an earlier copy that was interrupted may have left it, is not copied
    /// again: same length, same first 128 bytes, which hold the checksums of the rest; with a secret everything is
    /// copied again. Damaged entries are left out, and with a secret those that no holder of it put; whatever the target
    /// has besides stays.
    ///
    /// ```
    /// # use larder_core::{Copied, Memory};
    /// # let (memory, backup) = (Memory::open("memory:")?, Memory::open("memory:")?);
    /// # memory.get_or_compute("answer", || 42)?;
    /// memory.copy_to(&backup, &memory.contents()?, &mut |entry, copied| {
    ///     if let Copied::Left(condition) = copied {
    ///         eprintln!("{} is {condition}", entry.key);
    ///     }
    /// })?;
    /// assert_eq!(backup.entries()?.len(), 1);
    /// # Ok::<(), larder_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of either store; what was copied until then is there.
    copy_to copy_to_async(target: &Memory, entries: &[EntryInfo], each: &mut (dyn FnMut(&EntryInfo, Copied) + Send)) -> Result<()> = copy_to;
}

async fn copy_to(
    source: &Memory,
    target: &Memory,
    entries: &[EntryInfo],
    each: &mut (dyn FnMut(&EntryInfo, Copied) + Send),
) -> Result<()> {
    let (Some(source), Some(target)) = (source.shelf(), target.shelf()) else { return Ok(()) };
    let there = target.store.entries(&Prefix::root()).await?;
    let size_there = |entry: &EntryInfo| {
        let at = there.binary_search_by(|known| known.key.cmp(&entry.key)).ok()?;
        Some(there[at].size)
    };
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by_key(|entry| entry.last_used);
    for (limit, entries) in by_weight(entries) {
        let copy = |entry| copy(source, &target.store, entry, size_there(entry));
        side_by_side(limit, entries, copy, |(entry, copied)| each(entry, copied)).await?;
    }
    Ok(())
}

async fn copy<'e>(
    shelf: &Shelf,
    target: &Mounted,
    entry: &'e EntryInfo,
    size_there: Option<u64>,
) -> Result<(&'e EntryInfo, Copied)> {
    let (key, source) = (&entry.key, &shelf.store);
    // What somebody put there who has no secret may begin just like this one.
    if size_there == Some(entry.size) && shelf.signers.is_none() {
        let prelude = 0..PRELUDE as u64;
        let here = source.get_range(key, prelude.clone()).await?;
        let whole = here.as_ref().is_some_and(|here| here.len() == PRELUDE);
        if whole && here == target.get_range(key, prelude).await? {
            return Ok((entry, Copied::Already));
        }
    }
    let Some(bytes) = source.get(key).await? else {
        return Ok((entry, Copied::Left(Condition::Gone)));
    };
    if let Err(reject) = as_written(shelf, key, bytes.clone()) {
        return Ok((entry, Copied::Left(reject.into())));
    }
    // Where nothing was listed, a put that only creates spares a store in a bucket the look for what it would replace.
    if size_there.is_none() && target.capabilities().create {
        match target.put(key, bytes.clone().into(), true).await? {
            PutOutcome::Exists => {}
            PutOutcome::Written | PutOutcome::LeaseLost => return Ok((entry, Copied::New)),
        }
    }
    let _: PutOutcome = target.put(key, bytes.into(), false).await?;
    Ok((entry, if size_there.is_some() { Copied::Replaced } else { Copied::New }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_and_copying_can_be_spawned_on_any_executor() {
        fn spawned(_: impl Future + Send) {}
        let memory = Memory::disabled();
        let key = Prefix::new("f/v").unwrap().key(&[1; 32]).unwrap();
        spawned(memory.copy_to_async(&memory, &[], &mut |_, _| {}));
        spawned(memory.verify_async(&[], &mut |_, _| {}));
        spawned(memory.inspect_async(&key));
        spawned(memory.functions_async());
        assert_eq!(memory.functions().unwrap(), []);
        assert_eq!(memory.inspect(&key).unwrap(), None);
    }
}
