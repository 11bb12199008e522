//! What `#[memoize]` implements: the traits between generated code and the walk of a call.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::{ArgsWriter, FunctionCell, FunctionOptions, Handle, Hot, Tracked};
use crate::codec::Storage;
use crate::digest::Digest;

/// A memoized function, implemented by `#[memoize]` on its namesake type.
///
/// Not meant to be implemented by hand: for a function that cannot carry the attribute there is
/// [`Memory::cache_fn`](crate::Memory::cache_fn).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a memoized function",
    note = "put #[memoize] on the function, or use `memory.cache_fn(name, version, captures, closure)`"
)]
pub trait Memoize: Tracked + Sized + 'static {
    /// Its arguments, as a tuple.
    type Args<'a>;
    /// Its return type.
    type Output: 'static;
    /// [`Sync`] or [`Async`].
    type Mode: Mode<Self>;
    /// What the attribute was given.
    const OPTIONS: FunctionOptions;

    /// What the process keeps of this function: one static.
    fn cell() -> &'static FunctionCell;
    /// Digests the arguments that are part of the key.
    fn digest(args: &Self::Args<'_>, digest: &mut Digest);
    /// Writes the arguments down for a person.
    fn describe(args: &Self::Args<'_>, out: &mut ArgsWriter<'_>);
    /// How its result is turned into bytes and back.
    fn storage() -> Storage<Self::Output>;
    /// How its result is kept in memory, for a function that asked for it with `hot`.
    fn hot() -> Option<Hot<Self::Output>> {
        None
    }
    /// The namesake handle around a generic one.
    fn from_handle(handle: Handle<Self>) -> Self;
}

/// A memoized `fn`.
pub trait RunSync: Memoize {
    /// Calls the body.
    fn run<'a>(args: Self::Args<'a>) -> Self::Output;
}

/// A memoized `async fn`.
pub trait RunAsync: Memoize {
    /// Calls the body. Boxed by name: an opaque future would not be `Send` under `tokio::spawn` (rust-lang/rust#100013).
    fn run<'a>(args: Self::Args<'a>) -> Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;
}

/// How a function runs, so that one walk serves both kinds.
pub trait Mode<F: Memoize> {
    /// The body under way: nothing of it has run before the first poll.
    type Run<'a>: Future<Output = F::Output> + Unpin;
    /// The body of one call.
    fn run<'a>(args: F::Args<'a>) -> Self::Run<'a>;
}

/// The mode of a `fn`.
#[derive(Debug)]
pub enum Sync {}

/// The mode of an `async fn`.
#[derive(Debug)]
pub enum Async {}

impl<F: RunSync> Mode<F> for Sync {
    type Run<'a> = RunNow<'a, F>;

    fn run<'a>(args: F::Args<'a>) -> RunNow<'a, F> {
        RunNow(Some(args))
    }
}

impl<F: RunAsync> Mode<F> for Async {
    type Run<'a> = Pin<Box<dyn Future<Output = F::Output> + Send + 'a>>;

    fn run<'a>(args: F::Args<'a>) -> Self::Run<'a> {
        F::run(args)
    }
}

/// A plain call as a future: the whole body runs in its first poll.
#[derive(Debug)]
pub struct RunNow<'a, F: Memoize>(Option<F::Args<'a>>);

// Nothing in it is ever pinned: the arguments are moved out before they are used.
impl<F: Memoize> Unpin for RunNow<'_, F> {}

impl<F: RunSync> Future for RunNow<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<F::Output> {
        Poll::Ready(F::run(self.0.take().expect("a finished future is not polled again")))
    }
}
