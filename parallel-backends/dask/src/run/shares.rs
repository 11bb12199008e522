//! Large arrays of arguments: each goes to the cluster once, and from there to the workers that need it.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Weak;

use bytes::Bytes;
use larder_core::Result;
use larder_core::parallel::Transfer;
use larder_core::parallel::tasks::TaskBuffer;
use larder_worker::Placed;

use crate::bridge::Bridge;

/// The arrays of a call that the cluster has, by where they are in memory. Once the call is over, it has them no more.
#[derive(Debug)]
pub(super) struct Shares<'c> {
    bridge: &'c Bridge,
    /// From how many bytes on an array is one of them.
    from: Option<u64>,
    by_start: BTreeMap<usize, Share>,
}

#[derive(Debug)]
struct Share {
    number: u64,
    len: usize,
    /// Of an array that may be gone before the call is.
    life: Option<Weak<dyn Any + Send + Sync>>,
    /// Held so that nothing else comes to lie there.
    _held: Option<Bytes>,
}

impl<'c> Shares<'c> {
    pub(super) fn new(bridge: &'c Bridge, transfer: &Transfer) -> Self {
        Self { bridge, from: transfer.max_nbytes, by_start: BTreeMap::new() }
    }

    /// How the buffer gets to a worker. The number of the array that has it is added to `used`.
    ///
    /// # Errors
    /// The bridge is gone.
    pub(super) fn place<'t>(
        &mut self,
        buffer: TaskBuffer<'t>,
        used: &mut Vec<u64>,
    ) -> Result<Placed<'t>> {
        let bytes = buffer.as_bytes();
        let (start, len) = (bytes.as_ptr().addr(), bytes.len());
        let nearest = self.by_start.range(..=start).next_back();
        let (number, offset) = match nearest {
            Some((at, share)) if start - at + len <= share.len && share.is_there() => {
                (share.number, start - at)
            }
            _ if self.is_large(&buffer) => (self.add(&buffer)?, 0),
            _ => return Ok(buffer.into()),
        };
        if !used.contains(&number) {
            used.push(number);
        }
        Ok(Placed::Mapped { number, offset, len })
    }

    /// Whether the cluster should have it on its own. What is one task's own goes with that task.
    fn is_large(&self, buffer: &TaskBuffer<'_>) -> bool {
        let len = buffer.as_bytes().len() as u64;
        !matches!(buffer, TaskBuffer::Own(_)) && self.from.is_some_and(|from| len >= from.max(1))
    }

    fn add(&mut self, buffer: &TaskBuffer<'_>) -> Result<u64> {
        let bytes = buffer.as_bytes();
        let (life, held) = match buffer {
            TaskBuffer::Array { life, .. } => (Some(life.clone()), None),
            TaskBuffer::Shared(bytes) => (None, Some(bytes.clone())),
            TaskBuffer::Lent(_) | TaskBuffer::Own(_) => (None, None),
        };
        let number = self.bridge.share(bytes)?;
        let share = Share { number, len: bytes.len(), life, _held: held };
        // What it takes the place of is gone, or a part of it.
        if let Some(old) = self.by_start.insert(bytes.as_ptr().addr(), share) {
            self.bridge.free([old.number])?;
        }
        Ok(number)
    }

    /// Has the cluster forget the arrays that are gone.
    ///
    /// # Errors
    /// The bridge is gone.
    pub(super) fn sweep(&mut self) -> Result<()> {
        self.forget(|share| !share.is_there())
    }

    /// The cluster has lost some of these: who needs one brings it again.
    ///
    /// # Errors
    /// The bridge is gone.
    pub(super) fn lose(&mut self, numbers: &[u64]) -> Result<()> {
        self.forget(|share| numbers.contains(&share.number))
    }

    fn forget(&mut self, which: impl Fn(&Share) -> bool) -> Result<()> {
        let forgotten = self.by_start.extract_if(.., |_, share| which(share));
        let numbers: Vec<u64> = forgotten.map(|(_, share)| share.number).collect();
        if numbers.is_empty() { Ok(()) } else { self.bridge.free(numbers) }
    }
}

impl Share {
    fn is_there(&self) -> bool {
        self.life.as_ref().is_none_or(|life| life.strong_count() > 0)
    }
}

impl Drop for Shares<'_> {
    fn drop(&mut self) {
        // A bridge that is gone has none.
        let _ = self.forget(|_| true);
    }
}
