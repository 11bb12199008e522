//! When entries were last used, without a request a use.
//!
//! A process gathers the uses it notes and writes them, once in a while, into one object of its own; listings read
//! all of these objects. An entry's own time of writing is the least that is known of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use futures::{StreamExt, TryStreamExt};
use larder_core::{ErrorKind, Key, Prefix};
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use crate::bucket::Bucket;
use crate::placeholder::Nonce;
use crate::probe::OWN;

/// From the first use to be noted to the first write: short, for processes that do not live long.
const FIRST: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_secs(60);
/// For how long an entry that was read is taken to be there still.
const TRUSTED: Duration = Duration::from_secs(60);
/// Uses in one object: some megabytes. After that another one is begun.
const MOST: usize = 20_000;
/// With so many objects of other processes, those that are not written any more become one.
const MANY: usize = 16;
const OLD: Duration = Duration::from_secs(3600);
const OBJECTS_AT_ONCE: usize = 8;

/// The uses that one store notes.
#[derive(Debug)]
pub(crate) struct Recency {
    bucket: Arc<Bucket>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// This process's object.
    object: Nonce,
    uses: Uses,
    there: HashMap<Key, Instant>,
    /// Uses that are not written yet are about to be.
    writing: bool,
    written: u32,
    /// Who may only read cannot note.
    refused: bool,
}

type Uses = HashMap<Key, SystemTime>;

impl Recency {
    pub(crate) fn new(bucket: Arc<Bucket>) -> Self {
        let state = State {
            object: Nonce::new_v4(),
            uses: Uses::new(),
            there: HashMap::new(),
            writing: false,
            written: 0,
            refused: false,
        };
        Self { bucket, state: Mutex::new(state) }
    }

    /// An entry was found.
    pub(crate) fn found(&self, key: &Key) {
        let mut state = self.state();
        if state.there.len() >= MOST {
            state.there.clear();
        }
        state.there.insert(key.clone(), Instant::now());
    }

    /// Whether an entry was found a moment ago.
    pub(crate) fn is_there(&self, key: &Key) -> bool {
        self.state().there.get(key).is_some_and(|at| at.elapsed() < TRUSTED)
    }

    /// An entry is gone.
    pub(crate) fn forget(&self, key: &Key) {
        let mut state = self.state();
        state.there.remove(key);
        state.uses.remove(key);
    }

    /// Entries are gone.
    pub(crate) fn forget_below(&self, prefix: &Prefix) {
        let mut state = self.state();
        state.there.retain(|key, _| !prefix.contains(key));
        state.uses.retain(|key, _| !prefix.contains(key));
    }

    /// When this process used an entry last.
    pub(crate) fn last_use(&self, key: &Key) -> Option<SystemTime> {
        self.state().uses.get(key).copied()
    }

    /// Notes a use now; to be called on a runtime, which writes it later.
    pub(crate) fn note(self: &Arc<Self>, key: &Key) {
        let mut state = self.state();
        state.uses.insert(key.clone(), SystemTime::now());
        if state.writing || state.refused {
            return;
        }
        state.writing = true;
        let pause = if state.written == 0 { FIRST } else { INTERVAL };
        drop(state);
        let recency = Arc::clone(self);
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            recency.write().await;
        });
    }

    /// Writes what was noted.
    pub(crate) async fn write(&self) {
        let (object, text, first) = {
            let mut state = self.state();
            state.writing = false;
            state.written += 1;
            let (object, text) = (state.object, to_text(&state.uses));
            if state.uses.len() >= MOST {
                state.object = Nonce::new_v4();
                state.uses.clear();
            }
            (object, text, state.written == 1)
        };
        if let Err(error) = self.bucket.objects.put(&self.path(object), text.into()).await {
            let error = self.bucket.failures.plain("put", error);
            tracing::debug!(target: "larder::store", %error, "the last uses were not noted");
            self.state().refused = error.kind() == ErrorKind::PermissionDenied;
            return;
        }
        if first && let Err(error) = self.merge(object).await {
            let error = self.bucket.failures.plain("merge", error);
            tracing::debug!(target: "larder::store", %error, "the last uses were not merged");
        }
    }

    /// Makes one object of those that ended processes left.
    async fn merge(&self, own: Nonce) -> object_store::Result<()> {
        let objects: Vec<_> = self.objects().try_collect().await?;
        let own = self.path(own);
        let is_old = |object: &ObjectMeta| {
            let age = SystemTime::now().duration_since(object.last_modified.into());
            object.location != own && age.is_ok_and(|age| age > OLD)
        };
        let old: Vec<_> = objects.into_iter().filter(is_old).map(|it| it.location).collect();
        if old.len() < MANY {
            return Ok(());
        }
        let uses = self.read(old.clone(), &Prefix::root()).await?;
        // Only when the new one is there do the others go: in between all uses are there twice, which is no harm.
        self.bucket.objects.put(&self.path(Nonce::new_v4()), to_text(&uses).into()).await?;
        let gone = futures::stream::iter(old).map(Ok).boxed();
        self.bucket.objects.delete_stream(gone).try_for_each(async |_| Ok(())).await
    }

    /// The last uses of entries under `prefix` that any process noted; what cannot be read is left out.
    pub(crate) async fn uses(&self, prefix: &Prefix) -> Uses {
        let read = async {
            let objects = self.objects().map_ok(|object| object.location);
            self.read(objects.try_collect().await?, prefix).await
        };
        let mut uses = read.await.unwrap_or_else(|error| {
            let error = self.bucket.failures.plain("list", error);
            tracing::debug!(target: "larder::store", %error, "the last uses cannot be read");
            Uses::new()
        });
        let state = self.state();
        let own = state.uses.iter().filter(|(key, _)| prefix.contains(key));
        add(&mut uses, own.map(|(key, at)| (key.clone(), *at)));
        uses
    }

    async fn read(&self, objects: Vec<Path>, prefix: &Prefix) -> object_store::Result<Uses> {
        let texts = objects.into_iter().map(|path| async move {
            match self.bucket.objects.get(&path).await {
                Ok(found) => found.bytes().await,
                // Merged by another process meanwhile.
                Err(object_store::Error::NotFound { .. }) => Ok(bytes::Bytes::new()),
                Err(error) => Err(error),
            }
        });
        let mut texts = futures::stream::iter(texts).buffer_unordered(OBJECTS_AT_ONCE);
        let mut uses = Uses::new();
        while let Some(text) = texts.try_next().await? {
            add(&mut uses, from_text(&text).filter(|(key, _)| prefix.contains(key)));
        }
        Ok(uses)
    }

    fn objects(&self) -> futures::stream::BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.bucket.objects.list(Some(&self.bucket.below(&format!("{OWN}/recency"))))
    }

    fn path(&self, object: Nonce) -> Path {
        self.bucket.below(&format!("{OWN}/recency/{}", object.simple()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No map is ever half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(uses: &mut Uses, others: impl Iterator<Item = (Key, SystemTime)>) {
    for (key, at) in others {
        let known = uses.entry(key).or_insert(at);
        *known = (*known).max(at);
    }
}

/// One line an entry: the seconds since 1970, and its key.
fn to_text(uses: &Uses) -> String {
    let line = |(key, at): (&Key, &SystemTime)| {
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        format!("{} {key}\n", since.as_secs())
    };
    uses.iter().map(line).collect()
}

/// Lines that are none are passed over.
fn from_text(text: &[u8]) -> impl Iterator<Item = (Key, SystemTime)> {
    let lines = text.split(|byte| *byte == b'\n').filter_map(|line| str::from_utf8(line).ok());
    lines.filter_map(|line| {
        let (seconds, key) = line.split_once(' ')?;
        let at = Duration::from_secs(seconds.parse().ok()?);
        Some((Key::new(key).ok()?, SystemTime::UNIX_EPOCH.checked_add(at)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_written_and_read() {
        let key = |n: u8| Key::new(&format!("a/{}", format!("{n:02x}").repeat(32))).unwrap();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let uses = Uses::from([(key(1), at(1_000_000)), (key(2), at(0))]);
        assert_eq!(from_text(to_text(&uses).as_bytes()).collect::<Uses>(), uses);
        assert_eq!(from_text(b"\n12\nx y\n99999999999999999999 a\n\xff\n").count(), 0);
    }
}
