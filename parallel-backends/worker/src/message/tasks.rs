//! Tasks on their way to a worker.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use larder_core::parallel::tasks::TaskBuffer;

use super::{Arrived, put_buffer, put_mapped, same_place, take_buffers};
use crate::frame::{Frame, Kind, Outgoing};
use crate::wire::{Malformed, Put, Take};

/// What holds for all tasks of a batch.
#[derive(Debug, Clone, Copy, Default)]
pub struct Batch<'t> {
    /// How long each may take, from its start.
    pub timeout: Option<Duration>,
    /// What makes bytes of results, by name.
    pub codec: &'t str,
    /// What is [around](larder_core::parallel::Surroundings) them, as bytes; empty: what was around the last ones.
    pub surroundings: &'t [u8],
    /// Whether the first one is the initializer: no task, but what has to be done before.
    pub initializer: bool,
    /// Which buffers of results come in files; `None`: all come in the frames.
    pub by_file: Option<ByFile<'t>>,
}

/// Large buffers come in files that the driver maps, over a [`Socket`](crate::Socket): those that are mapped from a file
/// already, and others as copies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ByFile<'t> {
    /// From how many bytes on they are copied to a file; `None`: never.
    pub max_nbytes: Option<u64>,
    /// Where to; `None`: in memory.
    pub temp_folder: Option<&'t Path>,
}

/// A buffer of a task on its way.
#[derive(Debug)]
pub enum Placed<'t> {
    /// In the frame.
    Beside(TaskBuffer<'t>),
    /// In a file that the worker was told to [map](crate::MapsWriter).
    Mapped {
        /// The file's.
        number: u64,
        /// Where in the map it begins.
        offset: usize,
        /// How many bytes it has.
        len: usize,
    },
}

impl<'t> From<TaskBuffer<'t>> for Placed<'t> {
    fn from(buffer: TaskBuffer<'t>) -> Self {
        Self::Beside(buffer)
    }
}

/// Writes a batch of tasks.
#[derive(Debug)]
pub struct BatchWriter<'t> {
    frame: Outgoing<'t>,
    /// The functions called so far, by their names' places in memory: few.
    functions: Vec<(*const u8, u64)>,
    /// The buffers that stay what they are for longer than a task, by their places.
    lent: HashMap<*const u8, usize>,
}

impl<'t> BatchWriter<'t> {
    /// A batch of no tasks yet, in the room of a frame that was sent.
    pub fn new(batch: Batch<'_>, room: Vec<u8>) -> Self {
        let mut frame = Outgoing::reusing(Kind::Tasks, room);
        let head = &mut frame.bytes;
        let limit = batch.timeout.map_or(0, |limit| limit.as_nanos().clamp(1, u64::MAX.into()));
        head.put_number(limit as u64);
        head.put_bytes(batch.codec.as_bytes());
        head.put_bytes(batch.surroundings);
        head.put_number(batch.initializer.into());
        put_by_file(head, batch.by_file);
        Self { frame, functions: Vec::new(), lent: HashMap::new() }
    }

    /// Adds a call of the [function](larder_core::parallel::PortableTask::function) and [version](larder_core::parallel::PortableTask::version), with what its arguments
    /// [encoded](larder_core::parallel::PortableTask::encode) to.
    pub fn push(
        &mut self,
        (name, version): (&'static str, u64),
        payload: &[u8],
        buffers: impl IntoIterator<Item: Into<Placed<'t>>, IntoIter: ExactSizeIterator>,
    ) {
        let buffers = buffers.into_iter();
        let called = (name.as_ptr(), version);
        let known = self.functions.iter().position(|function| *function == called);
        let head = &mut self.frame.bytes;
        head.put_number(known.unwrap_or(self.functions.len()) as u64);
        if known.is_none() {
            self.functions.push(called);
            head.put_bytes(name.as_bytes());
            head.put_number(version);
        }
        head.put_bytes(payload);
        head.put_number(buffers.len() as u64);
        for buffer in buffers {
            match buffer.into() {
                Placed::Beside(buffer) => {
                    let index = self.place(buffer);
                    put_buffer(&mut self.frame.bytes, index);
                }
                Placed::Mapped { number, offset, len } => {
                    put_mapped(&mut self.frame.bytes, number, offset as u64, len);
                }
            }
        }
    }

    /// The buffer's number among those of the frame. What many tasks are lent stands there once.
    fn place(&mut self, buffer: TaskBuffer<'t>) -> usize {
        let next = self.frame.buffers.len();
        if !matches!(buffer, TaskBuffer::Own(_)) {
            let index = *self.lent.entry(buffer.as_bytes().as_ptr()).or_insert(next);
            if index < next && same_place(&self.frame.buffers[index], &buffer) {
                return index;
            }
        }
        self.frame.buffers.push(buffer);
        next
    }

    /// The frame.
    pub fn finish(self) -> Outgoing<'t> {
        self.frame
    }
}

/// The tasks of a batch that arrived.
#[derive(Debug)]
pub(crate) struct Call<'f> {
    pub(crate) batch: Batch<'f>,
    tasks: Take<'f>,
    functions: Vec<(&'f str, u64)>,
    buffers: &'f [Bytes],
}

/// One task that arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TaskCall<'f> {
    /// The function's number in this batch, counted from 0 in the order in which they are first called.
    pub(crate) function: usize,
    pub(crate) name: &'f str,
    pub(crate) version: u64,
    pub(crate) payload: &'f [u8],
    pub(crate) buffers: Vec<Arrived>,
}

impl<'f> Call<'f> {
    pub(crate) fn of(frame: &'f Frame<'_>) -> Result<Self, Malformed> {
        let mut head = Take(frame.head);
        let limit = head.number()?;
        let batch = Batch {
            timeout: (limit > 0).then(|| Duration::from_nanos(limit)),
            codec: head.text()?,
            surroundings: head.bytes()?,
            initializer: head.number()? > 0,
            by_file: take_by_file(&mut head)?,
        };
        Ok(Self { batch, tasks: head, functions: Vec::new(), buffers: &frame.buffers })
    }

    #[inline]
    pub(crate) fn next_task(&mut self) -> Result<Option<TaskCall<'f>>, Malformed> {
        if self.tasks.is_empty() {
            return Ok(None);
        }
        let function = self.tasks.size()?;
        if function == self.functions.len() {
            self.functions.push((self.tasks.text()?, self.tasks.number()?));
        }
        let (name, version) = *self.functions.get(function).ok_or(Malformed)?;
        let payload = self.tasks.bytes()?;
        let buffers = take_buffers(&mut self.tasks, self.buffers)?;
        Ok(Some(TaskCall { function, name, version, payload, buffers }))
    }
}

fn put_by_file(head: &mut Vec<u8>, by_file: Option<ByFile<'_>>) {
    head.put_number(by_file.is_some().into());
    if let Some(ByFile { max_nbytes, temp_folder }) = by_file {
        head.put_number(max_nbytes.unwrap_or(u64::MAX));
        head.put_bytes(temp_folder.map_or(&[][..], |folder| folder.as_os_str().as_encoded_bytes()));
    }
}

fn take_by_file<'f>(head: &mut Take<'f>) -> Result<Option<ByFile<'f>>, Malformed> {
    if head.number()? == 0 {
        return Ok(None);
    }
    let max_nbytes = Some(head.number()?).filter(|from| *from < u64::MAX);
    let folder = head.bytes()?;
    let temp_folder = if folder.is_empty() { None } else { Some(path(folder)?) };
    Ok(Some(ByFile { max_nbytes, temp_folder }))
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> Result<&Path, Malformed> {
    use std::os::unix::ffi::OsStrExt;

    Ok(Path::new(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> Result<&Path, Malformed> {
    std::str::from_utf8(bytes).map(Path::new).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests;
