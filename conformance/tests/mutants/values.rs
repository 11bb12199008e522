//! Stores that lose, mix or change values.

use std::collections::{HashMap, HashSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use larder_core::store::{PutMode, PutOutcome, StoreBackend};
use larder_core::{Error, ErrorKind, Key, Payload, Result, Segment};

use super::flaw::{Flaw, Mutant, Sound, mutant};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        mutant("loses a put", LosesPuts::default(), &["value.apart", "race.own_keys"]),
        mutant("tears large values", TearsLarge, &["value.sizes"]),
        mutant("flips a bit", FlipsABit, &["value.sizes", "value.replaced"]),
        mutant("drops the last piece", DropsLastPiece, &["value.pieces"]),
        mutant("knows only pieces in memory", ForgetsFiles, &["value.files"]),
        mutant("takes absence for an error", AbsenceIsAnError, &["value.absent"]),
        mutant("keeps the first value", KeepsFirst, &["value.replaced"]),
        mutant("writes over a longer value", WritesOver, &["value.resized"]),
        mutant("does not delete, but says so", DeleteLies, &["value.deleted"]),
        mutant(
            "keeps what was deleted away",
            Tombstones::default(),
            &["value.put_again", "create.deleted"],
        ),
        mutant("sorts keys into sixteen slots", SixteenSlots, &["value.apart"]),
        mutant("rewrites a file that is mapped", RewritesMapped, &["value.outlives"]),
        mutant("reads across a replacement", TornReads::default(), &["race.whole_values"]),
    ]
}

#[derive(Clone, Debug, Default)]
struct LosesPuts(Arc<AtomicU64>);
#[async_trait]
impl Flaw for LosesPuts {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        if self.0.fetch_add(1, Ordering::Relaxed) % 10 == 9 {
            return Ok(PutOutcome::Written);
        }
        sound.put(key, value, mode).await
    }
}

#[derive(Clone, Debug)]
struct TearsLarge;
#[async_trait]
impl Flaw for TearsLarge {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        let value = value.into_bytes()?;
        sound.put(key, value.slice(..value.len().min(1 << 20)).into(), mode).await
    }
}

#[derive(Clone, Debug)]
struct FlipsABit;
#[async_trait]
impl Flaw for FlipsABit {
    async fn get(&self, sound: &Sound, key: &Key) -> Result<Option<Bytes>> {
        let mut value = sound.memory.get(key).await?.map(Vec::from);
        if let Some(last) = value.as_mut().and_then(|value| value.last_mut()) {
            *last ^= 1;
        }
        Ok(value.map(Bytes::from))
    }
}

#[derive(Clone, Debug)]
struct DropsLastPiece;
#[async_trait]
impl Flaw for DropsLastPiece {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        let pieces = value.segments();
        let kept = if pieces.len() > 1 { &pieces[..pieces.len() - 1] } else { pieces };
        let bytes = kept.iter().filter_map(|piece| match piece {
            Segment::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        });
        sound.put(key, bytes.collect(), mode).await
    }
}

#[derive(Clone, Debug)]
struct ForgetsFiles;
#[async_trait]
impl Flaw for ForgetsFiles {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        let in_memory = value.segments().iter().filter_map(|piece| match piece {
            Segment::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        });
        sound.put(key, in_memory.collect(), mode).await
    }
}

#[derive(Clone, Debug)]
struct AbsenceIsAnError;
#[async_trait]
impl Flaw for AbsenceIsAnError {
    async fn get(&self, sound: &Sound, key: &Key) -> Result<Option<Bytes>> {
        let found = sound.memory.get(key).await?;
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, "no such entry")).map(Some)
    }
}

#[derive(Clone, Debug)]
struct KeepsFirst;
#[async_trait]
impl Flaw for KeepsFirst {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        if sound.memory.get(key).await?.is_some() && matches!(mode, PutMode::Replace) {
            return Ok(PutOutcome::Written);
        }
        sound.put(key, value, mode).await
    }
}

#[derive(Clone, Debug)]
struct WritesOver;
#[async_trait]
impl Flaw for WritesOver {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        let new = value.into_bytes()?;
        let old = sound.memory.get(key).await?.unwrap_or_default();
        let rest = old.slice(new.len().min(old.len())..);
        sound.put(key, [new, rest].into_iter().collect(), mode).await
    }
}

#[derive(Clone, Debug)]
struct DeleteLies;
#[async_trait]
impl Flaw for DeleteLies {
    async fn delete(&self, sound: &Sound, key: &Key) -> Result<bool> {
        Ok(sound.memory.get(key).await?.is_some())
    }
}

#[derive(Clone, Debug, Default)]
struct Tombstones(Arc<Mutex<HashSet<Key>>>);
#[async_trait]
impl Flaw for Tombstones {
    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        if self.0.lock().unwrap().contains(key) {
            return Ok(PutOutcome::Exists);
        }
        sound.put(key, value, mode).await
    }

    async fn delete(&self, sound: &Sound, key: &Key) -> Result<bool> {
        self.0.lock().unwrap().insert(key.clone());
        sound.memory.delete(key).await
    }
}

#[derive(Clone, Debug)]
struct SixteenSlots;
impl SixteenSlots {
    fn slot(key: &Key) -> Key {
        let digit = u8::from_str_radix(&key.digest()[..1], 16).unwrap();
        key.version().key(&[digit; 32]).unwrap()
    }
}
#[async_trait]
impl Flaw for SixteenSlots {
    async fn get(&self, sound: &Sound, key: &Key) -> Result<Option<Bytes>> {
        sound.memory.get(&Self::slot(key)).await
    }

    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        sound.put(&Self::slot(key), value, mode).await
    }
}

#[derive(Clone, Debug)]
struct RewritesMapped;
#[async_trait]
impl Flaw for RewritesMapped {
    async fn get(&self, sound: &Sound, key: &Key) -> Result<Option<Bytes>> {
        let Some(_) = sound.memory.get(key).await? else { return Ok(None) };
        let file = std::fs::File::open(sound.files.path().join(key.digest()))?;
        // SAFETY: the file is only ever written within its length, and not while anybody reads the map: the case reads
        // and writes by turns. That what it read changes is the flaw.
        let map = unsafe { memmap2::Mmap::map(&file)? };
        Ok(Some(Bytes::from_owner(map)))
    }

    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        let value = value.into_bytes()?;
        let path = sound.files.path().join(key.digest());
        // Not truncated: whoever has mapped it must not fault.
        let mut file = OpenOptions::new().create(true).write(true).truncate(false).open(path)?;
        file.write_all(&value)?;
        sound.put(key, value.into(), mode).await
    }
}

#[derive(Clone, Debug, Default)]
struct TornReads(Arc<Mutex<HashMap<Key, Bytes>>>);
#[async_trait]
impl Flaw for TornReads {
    async fn get(&self, sound: &Sound, key: &Key) -> Result<Option<Bytes>> {
        let Some(new) = sound.memory.get(key).await? else { return Ok(None) };
        let Some(old) = self.0.lock().unwrap().get(key).cloned() else { return Ok(Some(new)) };
        let cut = old.len().min(new.len()) / 2;
        Ok(Some([&old[..cut], &new[cut..]].concat().into()))
    }

    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        if let Some(old) = sound.memory.get(key).await? {
            self.0.lock().unwrap().insert(key.clone(), old);
        }
        sound.put(key, value, mode).await
    }
}
