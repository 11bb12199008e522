//! Entries among objects.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use futures::{StreamExt, TryStreamExt};
use larder_core::store::EntryInfo;
use larder_core::{Key, Prefix, Result};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStoreExt};

use crate::bucket::{Bucket, Held, modified};
use crate::placeholder::{self, Nonce, Placeholder};

/// What nothing points to for so long, nobody is about to point to.
const ORPHANED: Duration = Duration::from_secs(24 * 3600);
const LOOKS_AT_ONCE: usize = 16;

/// What an object is, by its name.
enum Name {
    Entry(Key),
    /// A value beside its entry.
    Side(Key, Nonce),
    Foreign,
}

impl Bucket {
    fn kind(&self, path: &Path) -> Name {
        let Some(name) = self.name(path) else { return Name::Foreign };
        if let Ok(key) = Key::new(name) {
            return Name::Entry(key);
        }
        let side = name
            .rsplit_once('.')
            .and_then(|(key, nonce)| Some(Name::Side(Key::new(key).ok()?, nonce.parse().ok()?)));
        side.unwrap_or(Name::Foreign)
    }

    /// Every entry under `prefix`.
    pub(crate) fn entries(
        &self,
        prefix: &Prefix,
    ) -> impl futures::Stream<Item = Result<EntryInfo>> + use<'_> {
        let entries = self.objects(prefix).map(move |object| async move {
            let object = object?;
            let Name::Entry(key) = self.kind(&object.location) else { return Ok(None) };
            let size = match object.size {
                size if placeholder::is_bare(size) => None,
                size if placeholder::is_length(size) => {
                    self.look_inside(&key).await?.and_then(|place| place.held.size())
                }
                size => Some(size),
            };
            Ok(size.map(|size| EntryInfo::new(key, size).last_used(modified(&object))))
        });
        entries.buffered(LOOKS_AT_ONCE).try_filter_map(async |entry| Ok(entry))
    }

    /// Removes every entry under `prefix`, and what is left of others; leases stay. Says how many entries there were.
    pub(crate) async fn delete_below(&self, prefix: &Prefix) -> Result<u64> {
        let mut plain = Vec::new();
        let mut deleted = 0;
        let mut objects = self.objects(prefix);
        while let Some(object) = objects.try_next().await? {
            match self.kind(&object.location) {
                Name::Entry(key) if placeholder::is_length(object.size) => {
                    deleted += u64::from(self.delete_placeholder(&key).await?);
                }
                Name::Entry(_) => plain.push(object.location),
                Name::Side(..) if is_old(&object) => plain.push(object.location),
                Name::Side(..) | Name::Foreign => {}
            }
        }
        drop(objects);
        let entries: HashSet<_> = plain
            .iter()
            .filter(|path| matches!(self.kind(path), Name::Entry(_)))
            .cloned()
            .collect();
        let paths = futures::stream::iter(plain).map(Ok).boxed();
        let mut gone = self.objects.delete_stream(paths);
        while let Some(path) = gone.next().await {
            match path {
                Ok(path) => deleted += u64::from(entries.contains(&path)),
                // Somebody else was faster.
                Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.failures.below("delete_prefix", prefix, error)),
            }
        }
        Ok(deleted)
    }

    /// Removes the values beside that nothing points to; says how many bytes they held.
    pub(crate) async fn remove_orphans(&self) -> Result<u64> {
        let mut freed = 0;
        let mut objects = self.objects(&Prefix::root());
        while let Some(object) = objects.try_next().await? {
            let Name::Side(key, nonce) = self.kind(&object.location) else { continue };
            if !is_old(&object) || self.points_to(&key, nonce).await? {
                continue;
            }
            match self.objects.delete(&object.location).await {
                Ok(()) => freed += object.size,
                Err(error) => self.failures.absent("compact", &key, error)?,
            }
        }
        Ok(freed)
    }

    async fn points_to(&self, key: &Key, nonce: Nonce) -> Result<bool> {
        let place = self.look(key).await?;
        let side = place.and_then(|place| match place.held {
            Held::Placeholder(placeholder) => placeholder.side(),
            Held::Value(_) => None,
        });
        Ok(side.is_some_and(|side| side.nonce == nonce))
    }

    /// Removes a value that lies beside, or what is left of a lease that ended.
    async fn delete_placeholder(&self, key: &Key) -> Result<bool> {
        let Some(place) = self.look_inside(key).await? else { return Ok(false) };
        match place.held {
            Held::Placeholder(Placeholder::Ended { .. }) => self.remove(key).await.map(|()| false),
            _ => self.delete(key).await,
        }
    }
}

/// Whether what nothing points to is an orphan, rather than about to be pointed to.
fn is_old(object: &ObjectMeta) -> bool {
    SystemTime::now().duration_since(modified(object)).is_ok_and(|age| age > ORPHANED)
}
