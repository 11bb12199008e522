//! Tasks as bytes for the shim.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use larder_core::parallel::tasks::EncodedTask;
use larder_core::parallel::{Batch, Call, PortableTask};
use larder_core::{Error, ErrorKind, MmapMode, Result};
use larder_worker::{BatchWriter, Plain};

use super::shares::Shares;
use crate::bridge::Bridge;

/// Makes parcels for one call.
#[derive(Debug)]
pub(super) struct Packer<'c> {
    /// Tells calls apart on the workers.
    number: u64,
    surroundings: Vec<u8>,
    shares: Shares<'c>,
    first: First,
}

/// The frame that each child is sent before its first task, and the arrays it needs for that.
#[derive(Debug, Default)]
struct First {
    frame: Vec<u8>,
    arrays: Vec<u64>,
}

/// What is submitted.
#[derive(Debug, Default)]
pub(super) struct Packed {
    /// What the shim reads, and what it tells new children.
    pub(super) head: Vec<u8>,
    /// The tasks.
    pub(super) frame: Vec<u8>,
    /// The arrays they need.
    pub(super) arrays: Vec<u64>,
    /// Which they are.
    pub(super) tasks: Vec<usize>,
    /// Those that cannot be sent.
    pub(super) refused: Vec<(usize, Error)>,
}

impl<'c> Packer<'c> {
    /// # Errors
    /// What is around the tasks, or the initializer, cannot be sent.
    pub(super) fn new(call: &dyn Call, bridge: &'c Bridge) -> Result<Self> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let mut packer = Self {
            number: LAST.fetch_add(1, Relaxed),
            surroundings: call.surroundings().to_bytes()?,
            shares: Shares::new(bridge, call.transfer()),
            first: First::default(),
        };
        packer.pack_first(call)?;
        Ok(packer)
    }

    fn pack_first(&mut self, call: &dyn Call) -> Result<()> {
        let Self { shares, surroundings, .. } = self;
        let mut first = Ok(First::default());
        call.initializer(&mut |task| {
            first = task.encode(&*call.transfer().codec).and_then(|encoded| {
                let (mut writer, mut arrays) = (writer(call, surroundings, true), Vec::new());
                push(&mut writer, task, encoded, shares, &mut arrays)?;
                Ok(First { frame: bytes(writer)?, arrays })
            });
        });
        self.first = first?;
        Ok(())
    }

    /// These tasks of `batch`.
    ///
    /// # Errors
    /// The bridge is gone.
    pub(super) fn pack(
        &mut self,
        call: &dyn Call,
        batch: &Batch<'_>,
        tasks: Vec<usize>,
    ) -> Result<Packed> {
        self.shares.sweep()?;
        let mut writer = writer(call, &self.surroundings, false);
        let (mut sent, mut refused) = (Vec::with_capacity(tasks.len()), Vec::new());
        let mut arrays = self.first.arrays.clone();
        for task in tasks {
            let portable = batch
                .portable(task)
                .ok_or_else(|| Error::unsupported("a closure", "being run elsewhere"));
            match portable
                .and_then(|portable| Ok((portable, portable.encode(&*call.transfer().codec)?)))
            {
                Ok((portable, encoded)) => {
                    push(&mut writer, portable, encoded, &mut self.shares, &mut arrays)?;
                    sent.push(task);
                }
                Err(error) => refused.push((task, error)),
            }
        }
        let is_private = call.transfer().mmap_mode == MmapMode::CopyOnWrite;
        let numbers = [self.number, self.first.frame.len() as u64, is_private.into()];
        let mut head = numbers.map(u64::to_le_bytes).concat();
        head.extend_from_slice(&self.first.frame);
        match bytes(writer) {
            Ok(frame) => Ok(Packed { head, frame, arrays, tasks: sent, refused }),
            Err(error) => {
                let message = error.to_string();
                let all =
                    sent.into_iter().map(|task| (task, Error::new(error.kind(), message.clone())));
                refused.extend(all);
                Ok(Packed { refused, ..Packed::default() })
            }
        }
    }

    /// The cluster has lost some of these arrays: what needs one packs it again.
    ///
    /// # Errors
    /// The bridge is gone; the initializer cannot be sent.
    pub(super) fn lose(&mut self, call: &dyn Call, arrays: &[u64]) -> Result<()> {
        self.shares.lose(arrays)?;
        if self.first.arrays.iter().any(|array| arrays.contains(array)) {
            self.pack_first(call)?;
        }
        Ok(())
    }
}

/// # Errors
/// The bridge is gone.
fn push<'t>(
    writer: &mut BatchWriter<'t>,
    task: &dyn PortableTask,
    encoded: EncodedTask<'t>,
    shares: &mut Shares<'_>,
    arrays: &mut Vec<u64>,
) -> Result<()> {
    let placed = encoded.buffers.into_iter().map(|buffer| shares.place(buffer, arrays));
    let placed = placed.collect::<Result<Vec<_>>>()?;
    writer.push((task.function(), task.version()), &encoded.payload, placed);
    Ok(())
}

fn writer<'t>(call: &dyn Call, surroundings: &[u8], initializer: bool) -> BatchWriter<'t> {
    let codec = call.transfer().codec.name();
    let batch = larder_worker::Batch {
        timeout: if initializer { None } else { call.timeout() },
        codec,
        surroundings,
        initializer,
        by_file: None,
    };
    BatchWriter::new(batch, Vec::new())
}

fn bytes(writer: BatchWriter<'_>) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let sent = writer.finish().send(&mut Plain(&mut bytes));
    sent.map_err(|error| {
        Error::new(ErrorKind::Encode, "too many buffers for a batch").with_source(error)
    })?;
    Ok(bytes)
}
