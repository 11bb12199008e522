//! The objects of one store: where each lies, and the few requests that everything else is made of.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use futures::StreamExt;
use larder_core::{Error, ErrorKind, Key, Payload, Prefix, Result, Segment};
use object_store::path::Path;
use object_store::{
    GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    UpdateVersion,
};

use crate::error::Failures;
use crate::placeholder::{self, Nonce, Placeholder, Side};

/// What lies in an entry's place.
#[derive(Debug)]
pub(crate) struct Place {
    /// What a conditional write compares.
    pub(crate) version: UpdateVersion,
    pub(crate) written: SystemTime,
    pub(crate) held: Held,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// The value itself, so many bytes of it.
    Value(u64),
    Placeholder(Placeholder),
}

impl Held {
    /// The size of the value, if there is one.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Value(size) => Some(*size),
            Self::Placeholder(placeholder) => placeholder.side().map(|side| side.size),
        }
    }
}

/// Where a conditional write came too late, or not.
#[derive(Debug)]
pub(crate) enum Swap {
    Done(UpdateVersion),
    /// Something else is there than was expected.
    Refused,
}

/// An object store, and the place in it that is ours.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) objects: Arc<dyn ObjectStore>,
    pub(crate) prefix: Path,
    pub(crate) failures: Failures,
}

impl Bucket {
    pub(crate) fn path(&self, key: &Key) -> Path {
        self.below(key.as_str())
    }

    pub(crate) fn side_path(&self, key: &Key, nonce: Nonce) -> Path {
        self.below(&format!("{key}.{}", nonce.simple()))
    }

    pub(crate) fn prefix_path(&self, prefix: &Prefix) -> Path {
        self.below(prefix.as_str())
    }

    /// Keys hold nothing that a path would have to encode.
    pub(crate) fn below(&self, rest: &str) -> Path {
        match (self.prefix.as_ref(), rest) {
            ("", rest) => Path::from(rest),
            (prefix, "") => Path::from(prefix),
            (prefix, rest) => Path::from(format!("{prefix}/{rest}")),
        }
    }

    /// What of a path comes after our prefix.
    pub(crate) fn name<'p>(&self, path: &'p Path) -> Option<&'p str> {
        let rest = path.as_ref().strip_prefix(self.prefix.as_ref())?;
        match self.prefix.as_ref() {
            "" => Some(rest),
            _ => rest.strip_prefix('/'),
        }
    }

    /// What lies in the place of `key`, without reading a value.
    pub(crate) async fn look(&self, key: &Key) -> Result<Option<Place>> {
        let path = self.path(key);
        let meta = match self.objects.head(&path).await {
            Ok(meta) => meta,
            Err(error) => return self.failures.absent("head", key, error).map(|()| None),
        };
        match meta.size {
            size if placeholder::is_length(size) => self.look_inside(key).await,
            size => Ok(Some(Place::of(&meta, Held::Value(size)))),
        }
    }

    /// What lies in the place of `key`, where by its length that may be a placeholder.
    pub(crate) async fn look_inside(&self, key: &Key) -> Result<Option<Place>> {
        let Some((meta, bytes)) = self.read_small(key, &self.path(key)).await? else {
            return Ok(None);
        };
        let held = Placeholder::parse(&bytes).map_or(Held::Value(meta.size), Held::Placeholder);
        Ok(Some(Place::of(&meta, held)))
    }

    /// An object in one request.
    pub(crate) async fn read_small(
        &self,
        key: &Key,
        path: &Path,
    ) -> Result<Option<(ObjectMeta, Bytes)>> {
        let read = async {
            let found = self.objects.get_opts(path, GetOptions::new()).await?;
            let meta = found.meta.clone();
            Ok((meta, found.bytes().await?))
        };
        match read.await {
            Ok(read) => Ok(Some(read)),
            Err(error) => self.failures.absent("get", key, error).map(|()| None),
        }
    }

    /// Writes, whatever is there.
    pub(crate) async fn write(&self, key: &Key, bytes: PutPayload) -> Result<()> {
        let put = self.objects.put(&self.path(key), bytes).await;
        put.map(drop).map_err(|error| self.failures.of("put", key, error))
    }

    /// Writes where nothing is.
    pub(crate) async fn create(&self, key: &Key, bytes: PutPayload) -> Result<Swap> {
        self.swap(key, bytes, PutMode::Create).await
    }

    /// Writes where `version` still is.
    pub(crate) async fn update(
        &self,
        key: &Key,
        bytes: PutPayload,
        version: UpdateVersion,
    ) -> Result<Swap> {
        self.swap(key, bytes, PutMode::Update(version)).await
    }

    async fn swap(&self, key: &Key, bytes: PutPayload, mode: PutMode) -> Result<Swap> {
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.objects.put_opts(&self.path(key), bytes, options).await {
            Ok(put) => Ok(Swap::Done(put.into())),
            Err(
                object_store::Error::AlreadyExists { .. }
                | object_store::Error::Precondition { .. }
                | object_store::Error::NotModified { .. },
            ) => Ok(Swap::Refused),
            Err(error) => Err(self.failures.of("put", key, error)),
        }
    }

    /// Removes what is in the entry's place.
    pub(crate) async fn remove(&self, key: &Key) -> Result<()> {
        match self.objects.delete(&self.path(key)).await {
            Ok(()) => Ok(()),
            Err(error) => self.failures.absent("delete", key, error),
        }
    }

    /// Removes a value that nothing points to any more. One that stays costs room, nothing else.
    pub(crate) async fn remove_side(&self, key: &Key, side: Side) {
        if let Err(error) = self.objects.delete(&self.side_path(key, side.nonce)).await
            && let Err(error) = self.failures.absent("delete", key, error)
        {
            tracing::debug!(target: "larder::store", %key, %error, "a value that was replaced is left");
        }
    }

    /// All objects under `prefix`, ours or not.
    pub(crate) fn objects(
        &self,
        prefix: &Prefix,
    ) -> impl futures::Stream<Item = Result<ObjectMeta>> + use<'_> {
        let path = self.prefix_path(prefix);
        let path = (!path.as_ref().is_empty()).then_some(path);
        let prefix = prefix.clone();
        self.objects
            .list(path.as_ref())
            .map(move |object| object.map_err(|error| self.failures.below("list", &prefix, error)))
    }
}

impl Place {
    fn of(meta: &ObjectMeta, held: Held) -> Self {
        let version = UpdateVersion { e_tag: meta.e_tag.clone(), version: meta.version.clone() };
        Self { version, written: modified(meta), held }
    }
}

/// When it was written, to the second: one request of a service tells no more, another one does.
pub(crate) fn modified(meta: &ObjectMeta) -> SystemTime {
    let seconds = u64::try_from(meta.last_modified.timestamp()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds)
}

/// A value as it is sent, not copied as long as it is in memory.
pub(crate) fn sendable(value: Payload) -> Result<PutPayload> {
    let in_memory = |segment: &Segment| match segment {
        Segment::Bytes(bytes) => Some(bytes.clone()),
        _ => None,
    };
    match value.segments().iter().map(in_memory).collect::<Option<Vec<_>>>() {
        Some(pieces) => Ok(pieces.into_iter().collect()),
        None => value.into_bytes().map(PutPayload::from),
    }
}

/// For what keeps changing under a caller's hands.
pub(crate) fn restless(key: &Key) -> Error {
    Error::new(ErrorKind::Unavailable, "the entry changes faster than it can be read")
        .with("key", key)
}
