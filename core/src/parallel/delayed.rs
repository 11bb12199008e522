//! A task that has not run yet.

use std::fmt;

use super::tasks::EncodedTask;
use crate::codec::{Codec, Codecs, Encoded};
use crate::{ArgsWriter, Error, Result};

/// A call to be made later, elsewhere, or both: of a [closure](delayed), or of a `#[task]` function.
pub struct Delayed<'a, R>(Box<dyn TaskObject<R> + 'a>);

/// The task of running `task`, once. It may borrow what outlives the parallel call.
///
/// A closure cannot leave this process. A call whose first task is one runs on threads, whichever backend was asked for;
/// one that comes after `#[task]` functions, in another process, fails.
///
/// ```
/// use larder_core::{Parallel, delayed};
///
/// let roots: Vec<f64> = Parallel::new().run((0..10).map(|i| delayed(move || f64::from(i * i).sqrt())))?;
/// assert_eq!(roots[9], 9.0);
/// # Ok::<(), larder_core::Error>(())
/// ```
pub fn delayed<'a, R, F: FnOnce() -> R + Send + 'a>(task: F) -> Delayed<'a, R> {
    Delayed::new(Once(Some(task)))
}

/// As [`delayed`], of a closure that can run again: where the call has [retries](super::Parallel::retries), a failing
/// task is given another chance.
pub fn repeatable<'a, R, F: Fn() -> R + Send + 'a>(task: F) -> Delayed<'a, R> {
    Delayed::new(Repeatable(task))
}

impl<'a, R> Delayed<'a, R> {
    /// A task in whichever form.
    pub(crate) fn new(task: impl TaskObject<R> + 'a) -> Self {
        Self(Box::new(task))
    }

    /// Runs it here and now.
    pub fn call(mut self) -> R {
        self.0.run_last()
    }

    /// The form that can be sent elsewhere; `None` for a closure.
    pub fn portable(&self) -> Option<&dyn PortableTask> {
        self.0.portable()
    }

    pub(super) fn object(&self) -> &(dyn TaskObject<R> + 'a) {
        &*self.0
    }

    pub(super) fn run(&mut self) -> R {
        self.0.run()
    }

    pub(super) fn run_last(&mut self) -> R {
        self.0.run_last()
    }
}

impl<R> fmt::Debug for Delayed<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let function = self.0.portable().map_or("closure", PortableTask::function);
        let mut arguments = Vec::new();
        self.0.describe(&mut ArgsWriter::new(&mut arguments));
        f.debug_struct("Delayed")
            .field("function", &function)
            .field("arguments", &arguments)
            .finish()
    }
}

/// A task behind its type.
pub(crate) trait TaskObject<R>: Send {
    /// Runs it; again only if it [can](Self::is_repeatable).
    fn run(&mut self) -> R;

    /// As [`run`](Self::run), when it will not run again in this process: by-value arguments need not be kept.
    fn run_last(&mut self) -> R {
        self.run()
    }

    /// Whether it may run more than once.
    fn is_repeatable(&self) -> bool;

    /// Writes its arguments down, for messages, also after it ran.
    fn describe(&self, arguments: &mut ArgsWriter<'_>) {
        let _ = arguments;
    }

    /// About how many bytes its arguments are, so that batches don't grow too large.
    fn bytes(&self) -> usize {
        size_of_val(self)
    }

    /// The form that can be sent elsewhere.
    fn portable(&self) -> Option<&dyn PortableTask> {
        None
    }

    /// What came back from there.
    ///
    /// # Errors
    /// The bytes are no such result.
    fn decode(&self, returned: Encoded, codecs: &Codecs) -> Result<R> {
        let _ = (returned, codecs);
        Err(Error::unsupported("a closure", "being run elsewhere"))
    }
}

/// A task that can be sent to another process: a function known there by name, and arguments as bytes.
pub trait PortableTask: Send {
    /// The function, as it is registered: `package::module::function`.
    fn function(&self) -> &'static str;

    /// Tells functions of one name and different code apart.
    fn version(&self) -> u64;

    /// The arguments as bytes, with large arrays beside them.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`](crate::ErrorKind::Encode) for arguments that have no bytes.
    fn encode(&self, codec: &dyn Codec) -> Result<EncodedTask<'_>>;
}

struct Once<F>(Option<F>);

impl<R, F: FnOnce() -> R + Send> TaskObject<R> for Once<F> {
    fn run(&mut self) -> R {
        let task = self.0.take().expect("a task that runs once is not run again");
        task()
    }

    fn is_repeatable(&self) -> bool {
        false
    }
}

struct Repeatable<F>(F);

impl<R, F: Fn() -> R + Send> TaskObject<R> for Repeatable<F> {
    fn run(&mut self) -> R {
        (self.0)()
    }

    fn is_repeatable(&self) -> bool {
        true
    }
}
