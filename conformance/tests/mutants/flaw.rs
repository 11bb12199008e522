//! A sound store that can do everything, and what it takes to break it in one point.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::{fmt, fs, pin};

use async_trait::async_trait;
use bytes::Bytes;
use larder_conformance::StoreSuite;
use larder_core::store::{
    BoxStream, EntryInfo, LeaseAttempt, LeaseScope, MemoryStore, PutMode, PutOutcome, StoreBackend,
    StoreCapabilities, listing,
};
use larder_core::{Error, Key, Payload, Prefix, Result};
use tempfile::TempDir;

/// What a store without a flaw declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Everything,
    Nothing,
    ReadOnly,
}

/// A store without a flaw.
#[derive(Clone, Debug)]
pub(crate) struct Sound {
    pub(crate) memory: MemoryStore,
    /// Copies of entries, for local paths.
    pub(crate) files: Arc<TempDir>,
    pub(crate) form: Form,
}

impl Sound {
    fn new(form: Form) -> Result<Self> {
        Ok(Self { memory: MemoryStore::new(), files: Arc::new(tempfile::tempdir()?), form })
    }

    fn declares(form: Form) -> StoreCapabilities {
        let inline = StoreCapabilities::inline();
        match form {
            Form::Everything => {
                let kept = inline.persistent().create().recency();
                kept.lease(LeaseScope::Process).range().local_path()
            }
            Form::Nothing => inline,
            Form::ReadOnly => inline.read_only(),
        }
    }

    /// Declared by the one that declares everything only.
    fn refuse_if_bare(&self, operation: &'static str) -> Result<()> {
        match self.form {
            Form::Everything => Ok(()),
            Form::Nothing | Form::ReadOnly => Err(Error::unsupported("a bare store", operation)),
        }
    }

    fn refuse_if_read_only(&self, operation: &'static str) -> Result<()> {
        match self.form {
            Form::ReadOnly => Err(Error::unsupported("a store to look at", operation)),
            Form::Everything | Form::Nothing => Ok(()),
        }
    }

    pub(crate) fn entries(&self, prefix: &Prefix) -> Vec<EntryInfo> {
        let mut list = self.memory.list(prefix);
        std::iter::from_fn(|| now(std::future::poll_fn(|cx| list.as_mut().poll_next(cx))))
            .map(|entry| entry.expect("memory lists without errors"))
            .collect()
    }

    pub(crate) async fn put(
        &self,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        self.refuse_if_read_only("put")?;
        if !matches!(mode, PutMode::Replace) {
            self.refuse_if_bare("put mode")?;
        }
        self.memory.put(key, value, mode).await
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        self.refuse_if_read_only("delete")?;
        self.memory.delete(key).await
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        self.refuse_if_read_only("delete_prefix")?;
        self.memory.delete_prefix(prefix).await
    }

    pub(crate) async fn touch(&self, key: &Key) -> Result<bool> {
        self.refuse_if_bare("touch")?;
        self.memory.touch(key).await
    }

    pub(crate) async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        self.refuse_if_bare("lease")?;
        self.memory.lease(key).await
    }

    pub(crate) fn local_path(&self, key: &Key, value: &Bytes) -> Option<PathBuf> {
        let path = self.files.path().join(key.digest());
        fs::write(&path, value).ok().map(|()| path)
    }
}

/// The output of a future of a store that never awaits.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("memory never awaits"),
    }
}

/// One way to break a store: what is not overridden is sound.
#[async_trait]
pub(crate) trait Flaw: fmt::Debug + Clone + Send + Sync + 'static {
    /// The flaw as each handle on the place has it; state in an `Arc` is shared unless made anew here.
    fn per_handle(&self) -> Self {
        self.clone()
    }

    /// The store that a new handle on the place works on.
    fn opens(&self, sound: &Sound) -> Sound {
        sound.clone()
    }

    fn capabilities(&self, sound: StoreCapabilities) -> StoreCapabilities {
        sound
    }

    async fn get(&self, sound: &Sound, key: &Key) -> Result<Option<Bytes>> {
        sound.memory.get(key).await
    }

    async fn put(
        &self,
        sound: &Sound,
        key: &Key,
        value: Payload,
        mode: PutMode<'_>,
    ) -> Result<PutOutcome> {
        sound.put(key, value, mode).await
    }

    async fn delete(&self, sound: &Sound, key: &Key) -> Result<bool> {
        sound.delete(key).await
    }

    fn list(&self, sound: &Sound, prefix: &Prefix) -> Vec<EntryInfo> {
        sound.entries(prefix)
    }

    async fn head(&self, sound: &Sound, key: &Key) -> Result<Option<EntryInfo>> {
        sound.memory.head(key).await
    }

    async fn get_range(
        &self,
        sound: &Sound,
        key: &Key,
        range: Range<u64>,
    ) -> Result<Option<Bytes>> {
        sound.memory.get_range(key, range).await
    }

    async fn delete_prefix(&self, sound: &Sound, prefix: &Prefix) -> Result<u64> {
        sound.delete_prefix(prefix).await
    }

    async fn touch(&self, sound: &Sound, key: &Key) -> Result<bool> {
        sound.touch(key).await
    }

    async fn lease(&self, sound: &Sound, key: &Key) -> Result<LeaseAttempt> {
        sound.lease(key).await
    }

    async fn compact(&self, _: &Sound) -> Result<u64> {
        Ok(0)
    }

    fn local_path(&self, sound: &Sound, key: &Key) -> Option<PathBuf> {
        let bare = sound.form != Form::Everything;
        let value = if bare { None } else { now(sound.memory.get(key)).ok()? };
        sound.local_path(key, &value?)
    }
}

/// No flaw at all: the original that must pass.
#[derive(Clone, Debug)]
pub(crate) struct Flawless;
impl Flaw for Flawless {}

#[derive(Debug)]
struct Broken<F> {
    flaw: F,
    sound: Sound,
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl<F: Flaw> StoreBackend for Broken<F> {
    fn capabilities(&self) -> StoreCapabilities {
        self.flaw.capabilities(Sound::declares(self.sound.form))
    }

    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        self.flaw.get(&self.sound, key).await
    }

    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        self.flaw.put(&self.sound, key, value, mode).await
    }

    async fn delete(&self, key: &Key) -> Result<bool> {
        self.flaw.delete(&self.sound, key).await
    }

    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        listing(self.flaw.list(&self.sound, prefix).into_iter().map(Ok))
    }

    async fn head(&self, key: &Key) -> Result<Option<EntryInfo>> {
        self.flaw.head(&self.sound, key).await
    }

    async fn get_range(&self, key: &Key, range: Range<u64>) -> Result<Option<Bytes>> {
        self.flaw.get_range(&self.sound, key, range).await
    }

    async fn delete_prefix(&self, prefix: &Prefix) -> Result<u64> {
        self.flaw.delete_prefix(&self.sound, prefix).await
    }

    async fn touch(&self, key: &Key) -> Result<bool> {
        self.flaw.touch(&self.sound, key).await
    }

    async fn lease(&self, key: &Key) -> Result<LeaseAttempt> {
        self.flaw.lease(&self.sound, key).await
    }

    async fn compact(&self) -> Result<u64> {
        self.flaw.compact(&self.sound).await
    }

    fn local_path(&self, key: &Key) -> Option<PathBuf> {
        self.flaw.local_path(&self.sound, key)
    }
}

/// A broken store and the cases that must find it out.
pub(crate) struct Mutant {
    pub(crate) suite: StoreSuite,
    pub(crate) caught_by: &'static [&'static str],
}

/// A mutant of the store that declares everything.
pub(crate) fn mutant(name: &str, flaw: impl Flaw, caught_by: &'static [&'static str]) -> Mutant {
    breed(name, Form::Everything, flaw, caught_by)
}

/// A mutant of the store that declares nothing.
pub(crate) fn bare(name: &str, flaw: impl Flaw, caught_by: &'static [&'static str]) -> Mutant {
    breed(name, Form::Nothing, flaw, caught_by)
}

/// A mutant of the store that cannot be written.
pub(crate) fn read_only(name: &str, flaw: impl Flaw, caught_by: &'static [&'static str]) -> Mutant {
    breed(name, Form::ReadOnly, flaw, caught_by)
}

/// A mutant of the store that declares everything, which makes its cases hang.
pub(crate) fn hanging(name: &str, flaw: impl Flaw, caught_by: &'static [&'static str]) -> Mutant {
    let Mutant { suite, .. } = breed(name, Form::Everything, flaw, caught_by);
    Mutant { suite: suite.limit(Duration::from_secs(1)), caught_by }
}

fn breed<F: Flaw>(name: &str, form: Form, flaw: F, caught_by: &'static [&'static str]) -> Mutant {
    let suite = StoreSuite::new(name, Sound::declares(form), move || {
        let (sound, flaw) = (Sound::new(form)?, flaw.clone());
        Ok(move || Ok(Broken { flaw: flaw.per_handle(), sound: flaw.opens(&sound) }))
    });
    Mutant { suite, caught_by }
}
