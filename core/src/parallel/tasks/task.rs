//! What `#[task]` implements: the trait between generated code and the calls of a function.

use super::{ArgumentReader, ArgumentWriter, Returned, TaskCell};
use crate::memory::{ArgsWriter, Tracked};
use crate::{Delayed, Result};

/// A task function, implemented by `#[task]` on its namesake type.
///
/// Not meant to be implemented by hand: what cannot carry the attribute is a task as a
/// [closure](crate::parallel::delayed).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a task function",
    note = "put #[task] on the function"
)]
pub trait Task: Tracked + Sized + 'static {
    /// Its arguments, as a tuple.
    type Args<'a>: Send;
    /// Its return type.
    type Output: 'static;

    /// What the process keeps of this function: one static.
    #[doc(hidden)]
    fn cell() -> &'static TaskCell;
    /// Calls the function.
    #[doc(hidden)]
    fn run(args: Self::Args<'_>) -> Self::Output;
    /// The arguments once more, if all of them are `Clone`.
    #[doc(hidden)]
    fn clones<'a>(args: &Self::Args<'a>) -> Option<Self::Args<'a>>;
    /// The arguments once more, if all of them are `Copy`.
    #[doc(hidden)]
    fn copies<'a>(args: &Self::Args<'a>) -> Option<Self::Args<'a>>;
    /// Writes the arguments down for a person.
    #[doc(hidden)]
    fn describe(args: &Self::Args<'_>, out: &mut ArgsWriter<'_>);
    /// About how much the arguments add to what is sent.
    #[doc(hidden)]
    fn bytes(args: &Self::Args<'_>) -> usize;
    /// The structure of each argument.
    #[doc(hidden)]
    fn shapes() -> Vec<[u8; 16]>;
    /// The arguments as bytes.
    #[doc(hidden)]
    fn send<'t>(args: &'t Self::Args<'_>, out: &mut ArgumentWriter<'t, '_>) -> Result<()>;
    /// Calls the function with arguments that arrived.
    #[doc(hidden)]
    fn receive(arguments: &mut ArgumentReader<'_>) -> Result<Self::Output>;
    /// How its result travels.
    #[doc(hidden)]
    fn returned() -> Returned<Self::Output>;

    /// A call to be made: what the generated `delayed` does.
    #[doc(hidden)]
    fn later<'a>(args: Self::Args<'a>) -> Delayed<'a, Self::Output> {
        Delayed::new(super::call::TaskCall::<Self>::new(args))
    }
}
