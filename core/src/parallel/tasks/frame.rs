//! A call as bytes.

use std::any::Any;
use std::fmt;
use std::sync::{Arc, Weak};

use bytes::Bytes;

use super::MappedFile;
use crate::store::file_of;

/// The arguments of one call, as bytes and what stands beside them.
#[derive(Debug)]
#[non_exhaustive]
pub struct EncodedTask<'t> {
    /// The arguments.
    pub payload: Vec<u8>,
    /// Large arrays and texts, in their order. They are to arrive as they are; where they then lie aligned to 64 bytes,
    /// the function is lent them without a copy.
    pub buffers: Vec<TaskBuffer<'t>>,
}

/// Bytes beside the arguments, and how long they stay what they are.
pub enum TaskBuffer<'t> {
    /// Lent by the caller until the whole call ends: within the call, the same place is the same bytes.
    Lent(&'t [u8]),
    /// The task's own: gone with it, and the next task's may lie in the same place.
    Own(&'t [u8]),
    /// Shared: keep a clone, and the same place is the same bytes, also in later calls.
    Shared(Bytes),
    /// The elements of an [`Array`](crate::Array): as long as `life` can be upgraded, the same place is the same bytes,
    /// also in later calls. Nothing of it has to be kept for that, so the array can be changed or dropped meanwhile.
    Array {
        /// The elements.
        bytes: Bytes,
        /// Of the elements, where they are.
        life: Weak<dyn Any + Send + Sync>,
    },
}

impl TaskBuffer<'_> {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) | Self::Own(bytes) => bytes,
            Self::Shared(bytes) | Self::Array { bytes, .. } => bytes,
        }
    }

    /// The bytes to keep: a copy, unless they are shared.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Lent(bytes) | Self::Own(bytes) => Bytes::copy_from_slice(bytes),
            Self::Shared(bytes) | Self::Array { bytes, .. } => bytes.clone(),
        }
    }

    /// The file these bytes are mapped from, and where in its map they are: another process that maps the file has
    /// them, too. `None` where they are in memory, and where the file of a map was not kept open, as those of hundreds
    /// are not.
    pub fn mapped(&self) -> Option<(Arc<MappedFile>, usize)> {
        file_of(self.as_bytes())
    }
}

impl fmt::Debug for TaskBuffer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Lent(_) => "Lent",
            Self::Own(_) => "Own",
            Self::Shared(_) => "Shared",
            Self::Array { .. } => "Array",
        };
        write!(f, "{kind}({} bytes)", self.as_bytes().len())
    }
}
