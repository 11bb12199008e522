//! One call of a task function, about to be made.

use super::frame::EncodedTask;
use super::{ArgumentWriter, Task};
use crate::codec::{Codec, Codecs, Encoded};
use crate::parallel::PortableTask;
use crate::parallel::delayed::TaskObject;
use crate::{ArgsWriter, Argument, Error, ErrorKind, Result};

/// The arguments, until they are used up.
pub(super) enum TaskCall<'a, F: Task> {
    Ready(F::Args<'a>),
    /// The call took them; this is what they were.
    Taken(Vec<Argument>),
}

impl<'a, F: Task> TaskCall<'a, F> {
    pub(super) fn new(args: F::Args<'a>) -> Self {
        Self::Ready(args)
    }

    /// The arguments, which are not there again; what they were is written down first.
    fn take(&mut self) -> F::Args<'a> {
        let mut arguments = Vec::new();
        self.describe(&mut ArgsWriter::new(&mut arguments));
        match std::mem::replace(self, Self::Taken(arguments)) {
            Self::Ready(args) => args,
            Self::Taken(_) => panic!(
                "`{}` ran once and cannot again: not all of its arguments are `Clone`",
                F::cell().name::<F>()
            ),
        }
    }
}

impl<F: Task> TaskObject<F::Output> for TaskCall<'_, F> {
    fn run(&mut self) -> F::Output {
        let again = match self {
            Self::Ready(args) => F::clones(args),
            Self::Taken(_) => None,
        };
        F::run(again.unwrap_or_else(|| self.take()))
    }

    fn run_last(&mut self) -> F::Output {
        let again = match self {
            Self::Ready(args) => F::copies(args),
            Self::Taken(_) => None,
        };
        F::run(again.unwrap_or_else(|| self.take()))
    }

    fn is_repeatable(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    fn describe(&self, arguments: &mut ArgsWriter<'_>) {
        match self {
            Self::Ready(args) => F::describe(args, arguments),
            Self::Taken(taken) => arguments.again(taken),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Ready(args) => F::bytes(args),
            Self::Taken(_) => 0,
        }
    }

    fn portable(&self) -> Option<&dyn PortableTask> {
        Some(self)
    }

    fn decode(&self, returned: Encoded, codecs: &Codecs) -> Result<F::Output> {
        (F::returned().decode)(returned, codecs)
    }
}

impl<F: Task> PortableTask for TaskCall<'_, F> {
    fn function(&self) -> &'static str {
        F::cell().name::<F>()
    }

    fn version(&self) -> u64 {
        F::cell().version::<F>()
    }

    fn encode(&self, codec: &dyn Codec) -> Result<EncodedTask<'_>> {
        let Self::Ready(args) = self else {
            let why = "the arguments were used up by an earlier run in this process";
            return Err(Error::new(ErrorKind::Encode, why));
        };
        let mut out = ArgumentWriter::new(codec);
        let sent = match F::returned().portable {
            Ok(()) => F::send(args, &mut out),
            Err(why) => Err(why()),
        };
        sent.map_err(|error| error.with("task", self.function()))?;
        Ok(out.finish())
    }
}
