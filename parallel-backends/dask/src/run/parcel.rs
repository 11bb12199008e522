//! Tasks as bytes for the shim.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use larder_core::parallel::{Batch, Call};
use larder_core::{Error, ErrorKind, Result};
use larder_worker::{BatchWriter, Plain};

/// Makes parcels for one call.
#[derive(Debug)]
pub(super) struct Packer {
    /// Tells calls apart on the workers.
    number: u64,
    surroundings: Vec<u8>,
    /// The frame that each child is sent before its first task.
    first: Vec<u8>,
}

/// What is submitted.
#[derive(Debug)]
pub(super) struct Packed {
    /// What the shim reads.
    pub(super) head: Vec<u8>,
    pub(super) first: Vec<u8>,
    /// The tasks.
    pub(super) frame: Vec<u8>,
    /// Which they are.
    pub(super) tasks: Vec<usize>,
    /// Those that cannot be sent.
    pub(super) refused: Vec<(usize, Error)>,
}

impl Packer {
    /// # Errors
    /// What is around the tasks, or the initializer, cannot be sent.
    pub(super) fn new(call: &dyn Call) -> Result<Self> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let surroundings = call.surroundings().to_bytes()?;
        let mut first = Ok(Vec::new());
        call.initializer(&mut |task| {
            first = task.encode(&*call.transfer().codec).and_then(|encoded| {
                let mut writer = writer(call, &surroundings, true);
                writer.push((task.function(), task.version()), &encoded.payload, encoded.buffers);
                bytes(writer)
            });
        });
        Ok(Self { number: LAST.fetch_add(1, Relaxed), first: first?, surroundings })
    }

    /// These tasks of `batch`.
    pub(super) fn pack(&self, call: &dyn Call, batch: &Batch<'_>, tasks: Vec<usize>) -> Packed {
        let mut writer = writer(call, &self.surroundings, false);
        let (mut sent, mut refused) = (Vec::with_capacity(tasks.len()), Vec::new());
        for task in tasks {
            let portable = batch
                .portable(task)
                .ok_or_else(|| Error::unsupported("a closure", "being run elsewhere"));
            match portable
                .and_then(|portable| Ok((portable, portable.encode(&*call.transfer().codec)?)))
            {
                Ok((portable, encoded)) => {
                    let function = (portable.function(), portable.version());
                    writer.push(function, &encoded.payload, encoded.buffers);
                    sent.push(task);
                }
                Err(error) => refused.push((task, error)),
            }
        }
        let mut head = self.number.to_le_bytes().to_vec();
        head.extend((self.first.len() as u64).to_le_bytes());
        match bytes(writer) {
            Ok(frame) => Packed { head, first: self.first.clone(), frame, tasks: sent, refused },
            Err(error) => {
                let message = error.to_string();
                let all =
                    sent.into_iter().map(|task| (task, Error::new(error.kind(), message.clone())));
                refused.extend(all);
                Packed { head, first: Vec::new(), frame: Vec::new(), tasks: Vec::new(), refused }
            }
        }
    }
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
