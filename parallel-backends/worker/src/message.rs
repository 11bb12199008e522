//! What the frames say.

#[cfg(unix)]
mod aside;
mod hello;
#[cfg(unix)]
mod maps;
mod results;
#[cfg(unix)]
mod setup;
mod tasks;

pub use self::hello::Hello;
#[cfg(unix)]
pub use self::maps::MapsWriter;
#[cfg(unix)]
pub(crate) use self::maps::{MapsTold, ToMap};
#[cfg(unix)]
pub(crate) use self::results::ResultsWriter;
pub use self::results::{Results, refusal, warning};
pub(crate) use self::results::{refused, warned};
#[cfg(unix)]
pub use self::setup::setup;
pub use self::tasks::{Batch, BatchWriter, ByFile, Placed};
pub(crate) use self::tasks::{Call, TaskCall};

use bytes::Bytes;
use larder_core::parallel::tasks::TaskBuffer;

use crate::wire::{Malformed, Put, Take};

/// How a buffer travels: in the frame.
const BESIDE: u64 = 0;
/// How a buffer travels: in a map that the worker was told to make, or in a file that comes with the frame.
const MAPPED: u64 = 1;

/// Says where the buffer numbered `index` among those of the frame is.
fn put_buffer(head: &mut Vec<u8>, index: usize) {
    head.put_number(BESIDE);
    head.put_number(index as u64);
}

/// Says in which map, or file, the buffer is, and where.
fn put_mapped(head: &mut Vec<u8>, number: u64, offset: u64, len: usize) {
    [MAPPED, number, offset, len as u64].into_iter().for_each(|n| head.put_number(n));
}

/// What becomes of the buffers of a task one by one. Most have none, and lose no time.
///
/// # Errors
/// The first of `each`.
pub fn each_buffer<T, P, E>(
    buffers: Vec<T>,
    each: impl FnMut(T) -> Result<P, E>,
) -> Result<Vec<P>, E> {
    if buffers.is_empty() { Ok(Vec::new()) } else { buffers.into_iter().map(each).collect() }
}

/// A buffer that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arrived {
    Here(Bytes),
    /// In the map of this number, or in the file of this number among those of the frame.
    Mapped {
        number: u64,
        offset: usize,
        len: usize,
    },
}

fn take_buffer(head: &mut Take<'_>, buffers: &[Bytes]) -> Result<Arrived, Malformed> {
    match head.number()? {
        BESIDE => buffers.get(head.size()?).cloned().map(Arrived::Here).ok_or(Malformed),
        MAPPED => {
            Ok(Arrived::Mapped { number: head.number()?, offset: head.size()?, len: head.size()? })
        }
        _ => Err(Malformed),
    }
}

/// The buffers that are named next.
#[inline]
fn take_buffers(head: &mut Take<'_>, buffers: &[Bytes]) -> Result<Vec<Arrived>, Malformed> {
    let count = head.size()?;
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut taken = Vec::with_capacity(count.min(head.0.len()));
    for _ in 0..count {
        taken.push(take_buffer(head, buffers)?);
    }
    Ok(taken)
}

/// Whether two buffers are the same bytes for as long as a frame is written.
fn same_place(a: &TaskBuffer<'_>, b: &TaskBuffer<'_>) -> bool {
    std::ptr::eq(a.as_bytes(), b.as_bytes())
}
