//! What the frames say.

mod hello;
mod results;
#[cfg(unix)]
mod setup;
mod tasks;

pub use self::hello::Hello;
pub use self::results::{Results, refusal, warning};
pub(crate) use self::results::{put_outcome, refused, warned};
#[cfg(unix)]
pub use self::setup::setup;
pub use self::tasks::{Batch, BatchWriter};
pub(crate) use self::tasks::{Call, TaskCall};

use bytes::Bytes;
use larder_core::parallel::tasks::TaskBuffer;

use crate::wire::{Malformed, Put, Take};

/// How a buffer travels. A way of its own for those that all workers of a machine map would be another number.
const BESIDE: u64 = 0;

/// Says where the buffer numbered `index` among those of the frame is.
fn put_buffer(head: &mut Vec<u8>, index: usize) {
    head.put_number(BESIDE);
    head.put_number(index as u64);
}

fn take_buffer(head: &mut Take<'_>, buffers: &[Bytes]) -> Result<Bytes, Malformed> {
    match head.number()? {
        BESIDE => buffers.get(head.size()?).cloned().ok_or(Malformed),
        _ => Err(Malformed),
    }
}

/// How many buffers are named next.
fn take_buffers(head: &mut Take<'_>, buffers: &[Bytes]) -> Result<Vec<Bytes>, Malformed> {
    let count = head.size()?;
    let mut taken = Vec::with_capacity(count.min(buffers.len()));
    for _ in 0..count {
        taken.push(take_buffer(head, buffers)?);
    }
    Ok(taken)
}

/// Whether two buffers are the same bytes for as long as a frame is written.
fn same_place(a: &TaskBuffer<'_>, b: &TaskBuffer<'_>) -> bool {
    std::ptr::eq(a.as_bytes(), b.as_bytes())
}
