//! A store with everything a call needs around it: what a [`Memory`](crate::Memory) is, unless it is disabled.

use std::collections::{HashMap, HashSet};
use std::panic::RefUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, Once, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;

use super::breaker::Breaker;
use super::context::Frame;
use super::flight::{Flights, Landing};
use super::function_state::FunctionState;
use super::hot::{HotTier, HotValue, Source};
use super::identity::Identity;
use super::upkeep::Upkeep;
use super::{ArgsWriter, FunctionInfo, FunctionOptions, Metadata, MissReason};
use crate::codec::{Codecs, Storage};
use crate::compress::Compressors;
use crate::digest::Digest;
use crate::envelope::{Header, Opened, Reject, Signers};
use crate::store::read_back;
use crate::{
    Error, ErrorKind, Key, MemoryConfig, Mounted, OnStoreError, Prefix, Result, ShortName,
};

/// How far ahead of this machine's clock an entry may be: clocks of a cluster agree to within this.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);
/// Entries up to this size are handed to the calls of this process that waited for them; larger ones are read back,
/// which shares them through the page cache instead of copying.
pub(crate) const HAND_OVER: u64 = 1 << 20;

/// A store and the state of the calls that use it.
#[derive(Debug)]
pub(crate) struct Shelf {
    /// Which of this process's shelves it is.
    pub(crate) id: u64,
    pub(crate) store: Mounted,
    pub(crate) settings: MemoryConfig,
    /// Whether the store was opened from the description in the settings, rather than built in code.
    pub(crate) described: bool,
    pub(crate) codecs: Codecs,
    pub(crate) compressors: Compressors,
    /// What entries are signed and checked with, if they are.
    pub(crate) signers: Option<Signers>,
    pub(crate) flights: Flights,
    functions: RwLock<HashMap<Prefix, Arc<FunctionState>>>,
    pub(crate) breaker: Breaker,
    pub(crate) hot: Option<HotTier>,
    pub(crate) upkeep: Option<Arc<Upkeep>>,
    told: Mutex<HashSet<(ErrorKind, Prefix)>>,
    /// Of a store built in code: that it was asked for elsewhere.
    pub(crate) told_undescribed: Once,
}

// A function that panics leaves nothing half changed: whoever catches that may go on with its memory.
impl RefUnwindSafe for Shelf {}

/// What a look at the store finds.
#[derive(Debug)]
pub(crate) enum Look {
    /// An entry that is whole, this key's, and still wanted.
    Found(Entry),
    Missing(Miss),
}

/// Why there is nothing to take.
#[derive(Debug, Clone)]
pub(crate) struct Miss {
    pub(crate) reason: MissReason,
    /// What is there and was refused: to be found once more, it need not be judged and told of again.
    refused: Option<Bytes>,
}

impl Miss {
    fn refused(reason: MissReason, bytes: Bytes) -> Self {
        Self { reason, refused: Some(bytes) }
    }
}

impl From<MissReason> for Miss {
    fn from(reason: MissReason) -> Self {
        Self { reason, refused: None }
    }
}

/// An entry that is whole, this key's, and still wanted.
#[derive(Debug)]
pub(crate) struct Entry(pub(super) Opened);

impl Entry {
    /// What to tell calls that waited for this entry.
    pub(crate) fn landing(&self) -> Landing {
        match self.0.header.total_len {
            ..=HAND_OVER => Landing::Entry(self.0.bytes()),
            _ => Landing::Stored,
        }
    }

    /// What the hot tier wants to know of it.
    pub(crate) fn source(&self, function: &FunctionState) -> Source {
        let header = &self.0.header;
        let metadata = || Metadata::from_json(self.0.metadata().ok()?);
        Source {
            created: header.created,
            duration: header.duration,
            metadata: function.validate.and_then(|_| metadata()),
            bytes: header.total_len.max(header.raw_len),
        }
    }

    /// To miss, since it does not become a value.
    pub(crate) fn refuse(&self, reason: MissReason) -> Miss {
        Miss::refused(reason, self.0.bytes())
    }
}

impl Shelf {
    pub(crate) fn new(
        store: Mounted,
        settings: MemoryConfig,
        described: bool,
        codecs: Codecs,
        compressors: Compressors,
        signers: Option<Signers>,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (hot, upkeep) = (HotTier::new(&settings), Upkeep::new(&store, settings.limits()));
        Self {
            id: NEXT.fetch_add(1, Relaxed),
            store,
            settings,
            described,
            codecs,
            compressors,
            signers,
            flights: Flights::default(),
            functions: RwLock::default(),
            breaker: Breaker::default(),
            hot,
            upkeep,
            told: Mutex::default(),
            told_undescribed: Once::new(),
        }
    }

    /// The state of the function at `identity`, made on its first use.
    pub(crate) fn function(
        &self,
        identity: &Identity,
        info: Option<&'static FunctionInfo>,
        options: &FunctionOptions,
    ) -> Result<Arc<FunctionState>> {
        let known = self.functions.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(state) = known.get(&identity.version)
            && state.uncached == identity.conflict.is_some()
        {
            return Ok(state.clone());
        }
        drop(known);
        let state = Arc::new(FunctionState::new(self, identity, info, options)?);
        if state.uncached {
            return Ok(state);
        }
        let mut known = self.functions.write().unwrap_or_else(PoisonError::into_inner);
        Ok(known.entry(identity.version.clone()).or_insert(state).clone())
    }

    pub(crate) fn functions(&self) -> Vec<Arc<FunctionState>> {
        self.functions.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// The digest of a call's arguments; `None` when its result is not to be kept.
    pub(crate) fn digest(
        &self,
        function: &FunctionState,
        digest: impl FnOnce(&mut Digest),
    ) -> Result<Option<[u8; 32]>> {
        if function.uncached {
            return Ok(None);
        }
        let mut arguments = Digest::with_algorithm(self.settings.key_algorithm);
        digest(&mut arguments);
        match arguments.finish() {
            Ok(digest) => Ok(Some(digest)),
            Err(error) => self.degrade(function, error).map(|()| None),
        }
    }

    /// Looks for a result, once.
    pub(crate) async fn look(&self, function: &FunctionState, key: &Key) -> Result<Look> {
        self.look_again(function, key, &MissReason::Never.into()).await
    }

    /// As [`look`](Self::look), for who has looked before.
    pub(crate) async fn look_again(
        &self,
        function: &FunctionState,
        key: &Key,
        before: &Miss,
    ) -> Result<Look> {
        if !self.breaker.allows(Instant::now) {
            return Ok(Look::Missing(MissReason::StoreFailed.into()));
        }
        let found = match self.store.get(key).await {
            Ok(found) => found,
            Err(error) => {
                self.degrade(function, error)?;
                return Ok(Look::Missing(MissReason::StoreFailed.into()));
            }
        };
        self.breaker.answered();
        Ok(match found {
            Some(bytes) if before.refused.as_ref() == Some(&bytes) => Look::Missing(before.clone()),
            Some(bytes) => self.open(function, key, bytes),
            None => Look::Missing(MissReason::Never.into()),
        })
    }

    /// As [`look`](Self::look), for who wants the store's errors.
    pub(crate) async fn fetch(&self, function: &FunctionState, key: &Key) -> Result<Look> {
        Ok(match self.store.get(key).await? {
            Some(bytes) => self.open(function, key, bytes),
            None => Look::Missing(MissReason::Never.into()),
        })
    }

    /// Checks an entry, and whether it is still wanted.
    pub(crate) fn open(&self, function: &FunctionState, key: &Key, bytes: Bytes) -> Look {
        let opened = match self.opened(key, bytes.clone()) {
            Ok(opened) => opened,
            Err(reject) => {
                let reason = note_reject(function, key, &reject);
                return Look::Missing(Miss::refused(reason, bytes));
            }
        };
        match function
            .objection(opened.header.created, || Metadata::from_json(opened.metadata().ok()?))
        {
            Some(reason) => Look::Missing(Miss::refused(reason, bytes)),
            None => Look::Found(Entry(opened)),
        }
    }

    /// An entry that is whole and this key's; with a secret, one that a holder of it put.
    pub(crate) fn opened(&self, key: &Key, bytes: Bytes) -> Result<Opened, Reject> {
        let Some(signers) = &self.signers else { return Opened::new(bytes, key) };
        // A map shows what is in the file when it is looked at, which may be another thing by then.
        let bytes =
            read_back(bytes).map_err(|_| Reject::Corrupt("it was cut while it was read"))?;
        let opened = Opened::new(bytes, key)?;
        opened.check_signature(key, signers)?;
        Ok(opened)
    }

    /// Whether the codec and compressor of an entry are registered here.
    pub(crate) fn knows_format(&self, header: &Header) -> bool {
        let known = |name: ShortName| self.compressors.get(name.as_str()).is_ok();
        header.codec.is_some_and(|name| self.codecs.get(name.as_str()).is_ok())
            && header.compressor.is_none_or(known)
    }

    /// The value of an entry, or why there is none in it.
    pub(crate) fn value<T>(
        &self,
        function: &FunctionState,
        key: &Key,
        entry: &Entry,
        storage: Storage<T>,
    ) -> Result<T, MissReason> {
        let value =
            self.unpack(function, key, entry, (storage.copies)())?.decode(storage, &self.codecs);
        self.note_taken(function, key, entry, false, value)
    }

    /// Counts a hit and tells whoever wants to know, or says why an entry whose bytes are right is no value.
    pub(crate) fn note_taken<T>(
        &self,
        function: &FunctionState,
        key: &Key,
        entry: &Entry,
        waited: bool,
        taken: Result<T>,
    ) -> Result<T, MissReason> {
        match taken {
            Ok(value) => {
                self.note_hit(function, key, entry, waited);
                Ok(value)
            }
            Err(error) => Err(note_unreadable(function, key, &error)),
        }
    }

    fn note_hit(&self, function: &FunctionState, key: &Key, entry: &Entry, waited: bool) {
        let header = &entry.0.header;
        let counters = &function.counters;
        counters.hits.fetch_add(1, Relaxed);
        counters.waited.fetch_add(u64::from(waited), Relaxed);
        counters.bytes_read.fetch_add(header.total_len, Relaxed);
        counters.micros_saved.fetch_add(header.duration.as_micros() as u64, Relaxed);
        function.note_duration(header.duration);
        Frame::note_use(key);
        self.store.touch_soon(key);
        super::events::hit(function, key, header.duration, waited, false);
    }

    /// As for a hit in the store; only that was not read.
    pub(crate) fn note_hot_hit(&self, function: &FunctionState, found: &HotValue) {
        let counters = &function.counters;
        counters.hits.fetch_add(1, Relaxed);
        counters.hot.fetch_add(1, Relaxed);
        counters.micros_saved.fetch_add(found.duration.as_micros() as u64, Relaxed);
        Frame::note_use(&found.key);
        self.store.touch_soon(&found.key);
        super::events::hit(function, &found.key, found.duration, false, true);
    }

    /// Removes an entry; says whether there was one.
    pub(crate) async fn delete(&self, key: &Key) -> Result<bool> {
        let _overtaken = self.hot.as_ref().map(|hot| hot.overtake(key));
        self.store.delete(key).await
    }

    /// What will be written beside the value; tells that the function is about to run.
    pub(crate) fn describe(
        &self,
        function: &FunctionState,
        key: &Key,
        reason: MissReason,
        describe: impl FnOnce(&mut ArgsWriter<'_>),
    ) -> Metadata {
        let mut arguments = Vec::new();
        if self.settings.record_args {
            describe(&mut ArgsWriter::new(&mut arguments));
        }
        super::events::computing(function, key, reason, &arguments);
        Metadata::new(
            &function.name,
            function.info.map_or("", |info| info.package_version),
            arguments,
        )
    }

    /// Takes a failure of the store: an error for who asked for errors; otherwise it is counted, told once, and the
    /// call goes on without the store.
    pub(crate) fn degrade(&self, function: &FunctionState, error: Error) -> Result<()> {
        function.counters.store_errors.fetch_add(1, Relaxed);
        if self.settings.on_store_error == OnStoreError::Fail {
            return Err(error);
        }
        // Only for calls that go on without the store: who asked for errors gets one for every call.
        if error.is_transient() {
            self.breaker.failed(Instant::now());
        }
        let first = self
            .told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((error.kind(), function.version.clone()));
        super::events::store_failed(function, &error, first);
        Ok(())
    }
}

pub(super) fn note_unreadable(function: &FunctionState, key: &Key, error: &Error) -> MissReason {
    let reason = if error.is_invalid() { MissReason::Unreadable } else { MissReason::Corrupt };
    super::events::rejected(function, key, reason, error);
    reason
}

pub(super) fn note_reject(function: &FunctionState, key: &Key, reject: &Reject) -> MissReason {
    let reason = reject.into();
    super::events::rejected(function, key, reason, &reject.why());
    reason
}

impl FunctionState {
    /// Why a whole entry is not wanted.
    pub(crate) fn objection(
        &self,
        created: SystemTime,
        metadata: impl FnOnce() -> Option<Metadata>,
    ) -> Option<MissReason> {
        let age = match SystemTime::now().duration_since(created) {
            Ok(age) => age,
            Err(ahead) if ahead.duration() > CLOCK_TOLERANCE => {
                return Some(MissReason::FromTheFuture);
            }
            Err(_) => Duration::ZERO,
        };
        if self.expires_after.is_some_and(|limit| age > limit) {
            return Some(MissReason::Expired);
        }
        let validate = self.validate?;
        match metadata() {
            Some(metadata) if validate(&metadata) => None,
            Some(_) => Some(MissReason::Rejected),
            None => Some(MissReason::Corrupt),
        }
    }
}
