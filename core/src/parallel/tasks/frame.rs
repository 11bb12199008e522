//! A call as bytes.

use std::fmt;

use bytes::Bytes;

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
}

impl TaskBuffer<'_> {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) | Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }

    /// The bytes to keep: a copy, unless they are shared.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Lent(bytes) | Self::Own(bytes) => Bytes::copy_from_slice(bytes),
            Self::Shared(bytes) => bytes.clone(),
        }
    }
}

impl fmt::Debug for TaskBuffer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Lent(_) => "Lent",
            Self::Own(_) => "Own",
            Self::Shared(_) => "Shared",
        };
        write!(f, "{kind}({} bytes)", self.as_bytes().len())
    }
}
