//! What holds for all batches of a call.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use larder_core::Result;
use larder_core::codec::Codec;
use larder_core::parallel::tasks::{EncodedTask, TaskBuffer};
use larder_core::parallel::{Call, PortableTask, Transfer};
use larder_worker::{Batch, BatchWriter, ByFile, MapsWriter};

use crate::arrays::{Arrays, Known};
use crate::blame::Blame;
use crate::crew::Crew;
use crate::pool::Pool;

/// Most of it is said to each worker with its first batch of the call.
#[derive(Debug)]
pub(crate) struct Context<'c> {
    pub(crate) codec: &'c dyn Codec,
    pub(crate) surroundings: Vec<u8>,
    pub(crate) arrays: Arrays<'c>,
    pub(crate) threads: usize,
    /// Who of the call has a worker.
    pub(crate) crew: Crew,
    pub(crate) blame: Blame,
    transfer: &'c Transfer,
    is_out_of_files: AtomicBool,
    timeout: Option<Duration>,
    initializer: Option<Initializer>,
}

/// A task to be run before any other, as bytes.
#[derive(Debug)]
struct Initializer {
    function: (&'static str, u64),
    payload: Vec<u8>,
    buffers: Vec<TaskBuffer<'static>>,
}

impl<'c> Context<'c> {
    /// # Errors
    /// The initializer, or what is around the tasks, cannot be sent.
    pub(crate) fn new(call: &'c dyn Call, pool: &'c Pool) -> Result<Self> {
        let codec = &*call.transfer().codec;
        let mut initializer = Ok(None);
        call.initializer(&mut |task| initializer = Initializer::of(task, codec).map(Some));
        Ok(Self {
            codec,
            surroundings: call.surroundings().to_bytes()?,
            transfer: call.transfer(),
            is_out_of_files: AtomicBool::new(false),
            arrays: Arrays::new(call.transfer(), pool),
            threads: call.threads_per_worker(),
            crew: Crew::default(),
            blame: Blame::default(),
            timeout: call.timeout(),
            initializer: initializer?,
        })
    }

    /// A batch for a worker that knows what is around the tasks, and is prepared, or not.
    ///
    /// # Errors
    /// The folder for large arrays is none to write to.
    pub(crate) fn batch<'t>(
        &self,
        is_known: bool,
        is_prepared: bool,
        room: Vec<u8>,
        known: &mut Known,
        maps: &mut MapsWriter,
    ) -> Result<BatchWriter<'t>> {
        let initializer = self.initializer.as_ref().filter(|_| !is_prepared);
        let batch = Batch {
            timeout: self.timeout,
            codec: self.codec.name(),
            surroundings: if is_known { &[] } else { &self.surroundings },
            initializer: initializer.is_some(),
            by_file: self.by_file(),
        };
        let mut writer = BatchWriter::new(batch, room);
        if let Some(Initializer { function, payload, buffers }) = initializer {
            let shared = |buffer: &TaskBuffer<'_>| TaskBuffer::Shared(buffer.to_bytes());
            let buffers =
                buffers.iter().map(|buffer| self.arrays.place(shared(buffer), known, maps));
            writer.push(*function, payload, buffers.collect::<Result<Vec<_>>>()?);
        }
        Ok(writer)
    }
}

impl Context<'_> {
    /// How large results come back.
    fn by_file(&self) -> Option<ByFile<'_>> {
        let Transfer { max_nbytes, temp_folder, .. } = self.transfer;
        let by_file = ByFile { max_nbytes: *max_nbytes, temp_folder: temp_folder.as_deref() };
        (!self.is_out_of_files.load(Relaxed)).then_some(by_file)
    }

    /// A file that came with results was lost: there is no room for its descriptor.
    pub(crate) fn lost_a_file(&self) {
        self.is_out_of_files.store(true, Relaxed);
    }
}

impl Initializer {
    fn of(task: &dyn PortableTask, codec: &dyn Codec) -> Result<Self> {
        let EncodedTask { payload, buffers, .. } = task.encode(codec)?;
        let kept = |buffer: TaskBuffer<'_>| TaskBuffer::Shared(buffer.to_bytes());
        let buffers = buffers.into_iter().map(kept).collect();
        Ok(Self { function: (task.function(), task.version()), payload, buffers })
    }
}
