//! Values on their way in, outside of leases.

use larder_core::store::PutOutcome;
use larder_core::{Key, Payload, Result};
use object_store::{ObjectStoreExt, PutPayload, WriteMultipart};

use crate::bucket::{Bucket, Held, Swap, restless, sendable};
use crate::placeholder::{self, Lease, Nonce, Placeholder, Side};

/// Services take at least 5 MiB a part, and at most 10 000 parts.
const PART: usize = 8 << 20;
const MOST_PARTS: u64 = 9_000;
const PARTS_AT_ONCE: usize = 4;
const PATIENCE: usize = 20;

/// A value ready to be written in an entry's place: itself, or the way to where it was put.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) bytes: PutPayload,
    pub(crate) side: Option<Side>,
}

impl Bucket {
    /// Puts a value beside where it cannot be put in the entry's place: it is too large for one request, which is all
    /// that can be conditional, or as long as a placeholder.
    pub(crate) async fn ready(
        &self,
        key: &Key,
        value: Payload,
        multipart_from: u64,
    ) -> Result<Ready> {
        let size = value.len();
        if size < multipart_from && !placeholder::is_length(size) {
            return Ok(Ready { bytes: sendable(value)?, side: None });
        }
        let side = Side { nonce: Nonce::new_v4(), size };
        self.write_side(key, side, value, multipart_from).await?;
        Ok(Ready { bytes: Placeholder::Pointer(side).to_bytes().into(), side: Some(side) })
    }

    async fn write_side(
        &self,
        key: &Key,
        side: Side,
        value: Payload,
        multipart_from: u64,
    ) -> Result<()> {
        let path = self.side_path(key, side.nonce);
        let pieces = sendable(value)?;
        let failed = |error| self.failures.of("put", key, error);
        if side.size < multipart_from {
            return self.objects.put(&path, pieces).await.map(drop).map_err(failed);
        }
        let part = PART.max(usize::try_from(side.size / MOST_PARTS).unwrap_or(usize::MAX));
        let upload = self.objects.put_multipart(&path).await.map_err(failed)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, part);
        for piece in pieces {
            for start in (0..piece.len()).step_by(part) {
                // Parts that are under way keep their bytes: so many at once, and no more.
                if let Err(error) = upload.wait_for_capacity(PARTS_AT_ONCE).await {
                    // What was sent would stay, unseen and paid for.
                    let _ = upload.abort().await;
                    return Err(failed(error));
                }
                upload.put(piece.slice(start..(start + part).min(piece.len())));
            }
        }
        upload.finish().await.map(drop).map_err(failed)
    }

    /// Removes what was put beside and is not pointed to after all.
    pub(crate) async fn discard(&self, key: &Key, ready: &Ready) {
        if let Some(side) = ready.side {
            self.remove_side(key, side).await;
        }
    }

    /// Writes, whatever is there. A lease in this place ends; its holder's value will be refused.
    pub(crate) async fn replace(
        &self,
        key: &Key,
        value: Payload,
        multipart_from: u64,
    ) -> Result<()> {
        let before = self.look(key).await?;
        let ready = self.ready(key, value, multipart_from).await?;
        if let Err(error) = self.write(key, ready.bytes.clone()).await {
            self.discard(key, &ready).await;
            return Err(error);
        }
        if let Some(Held::Placeholder(placeholder)) = before.map(|place| place.held)
            && let Some(side) = placeholder.side()
        {
            self.remove_side(key, side).await;
        }
        Ok(())
    }

    /// Writes where no value is. A lease is no value: it ends, as by [`replace`](Self::replace).
    pub(crate) async fn create_value(
        &self,
        key: &Key,
        value: Payload,
        multipart_from: u64,
    ) -> Result<PutOutcome> {
        // Before the value is sent, where that takes long.
        if value.len() >= multipart_from && self.size(key).await?.is_some() {
            return Ok(PutOutcome::Exists);
        }
        let ready = self.ready(key, value, multipart_from).await?;
        let outcome = self.create_ready(key, &ready).await;
        if !matches!(outcome, Ok(PutOutcome::Written)) {
            self.discard(key, &ready).await;
        }
        outcome
    }

    async fn create_ready(&self, key: &Key, ready: &Ready) -> Result<PutOutcome> {
        for _ in 0..PATIENCE {
            if let Swap::Done(_) = self.create(key, ready.bytes.clone()).await? {
                return Ok(PutOutcome::Written);
            }
            let Some(place) = self.look(key).await? else { continue };
            match place.held {
                Held::Placeholder(placeholder) if placeholder.side().is_none() => {
                    let swap = self.update(key, ready.bytes.clone(), place.version).await?;
                    if let Swap::Done(_) = swap {
                        return Ok(PutOutcome::Written);
                    }
                }
                Held::Placeholder(_) | Held::Value(_) => return Ok(PutOutcome::Exists),
            }
        }
        Err(restless(key))
    }

    /// The size of a value, if there is one.
    pub(crate) async fn size(&self, key: &Key) -> Result<Option<u64>> {
        Ok(self.look(key).await?.and_then(|place| place.held.size()))
    }

    /// Removes a value. A lease on the entry stays.
    pub(crate) async fn delete(&self, key: &Key) -> Result<bool> {
        for _ in 0..PATIENCE {
            let Some(place) = self.look(key).await? else { return Ok(false) };
            let placeholder = match place.held {
                Held::Value(_) => return self.remove(key).await.map(|()| true),
                Held::Placeholder(placeholder) => placeholder,
            };
            let Some(side) = placeholder.side() else { return Ok(false) };
            if let Placeholder::Lease(lease) = placeholder {
                let bare = Placeholder::Lease(Lease { over: None, beat: lease.beat + 1, ..lease });
                let swap = self.update(key, bare.to_bytes().into(), place.version).await?;
                if let Swap::Refused = swap {
                    continue;
                }
            } else {
                self.remove(key).await?;
            }
            self.remove_side(key, side).await;
            return Ok(true);
        }
        Err(restless(key))
    }
}
