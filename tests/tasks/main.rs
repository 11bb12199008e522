//! `#[task]`: functions whose calls run anywhere. "Elsewhere" is a backend that does to every task what one that sends
//! them does: encodes, finds by name, runs, decodes.

mod arguments;
mod memoized;
mod names;
mod repeats;
mod results;
mod signatures;

use bytes::Bytes;
use larder::codec::{Codec, EncodeOptions, Postcard};
use larder::parallel::tasks::{self, EncodedTask};
use larder::parallel::{
    Batch, Call, NJobs, Outcome, ParallelBackend, ParallelCapabilities, PortableTask, TaskErrorKind,
};
use larder::{Delayed, Error, Parallel, Result, TaskError};

/// Sends tasks nowhere, and takes them in from there.
#[derive(Debug)]
struct Elsewhere;

impl ParallelBackend for Elsewhere {
    fn capabilities(&self) -> ParallelCapabilities {
        ParallelCapabilities::separate()
    }

    fn workers(&self, _: NJobs) -> Result<usize> {
        Ok(1)
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        while let Some(mut batch) = call.next_batch(0) {
            for i in 0..batch.len() {
                let outcome = outcome_of(&batch, i);
                batch.set(i, outcome, "elsewhere")?;
            }
        }
        Ok(())
    }
}

fn outcome_of(batch: &Batch<'_>, i: usize) -> Outcome {
    let task = batch.portable(i).expect("a task function's call");
    there(task, &Postcard).map_or_else(Outcome::Failed, Outcome::Returned)
}

/// What a worker does.
fn there(task: &dyn PortableTask, codec: &dyn Codec) -> Result<larder::codec::Encoded> {
    let EncodedTask { payload, buffers, .. } = task.encode(codec)?;
    let buffers: Vec<Bytes> = buffers.iter().map(tasks::TaskBuffer::to_bytes).collect();
    let function = tasks::find(task.function(), task.version())?;
    function.run(&payload, buffers, &EncodeOptions::new(codec))
}

/// The result of a call that was sent there and back.
fn across<R: Send>(call: Delayed<'_, R>) -> R {
    Parallel::new().backend(Elsewhere).run([call]).expect("it crosses").remove(0)
}

/// Why a call could not be sent there, or did not come back.
fn refused<R: Send>(call: Delayed<'_, R>) -> TaskError {
    let error: Error = match Parallel::new().backend(Elsewhere).run([call]) {
        Ok(_) => panic!("it should not cross"),
        Err(error) => error,
    };
    let task = error.task().expect("one task failed").clone();
    assert_eq!(task.kind(), TaskErrorKind::Failed, "{task}");
    task
}
