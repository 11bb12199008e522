//! Task functions as backends see them that run them elsewhere: a call as bytes, and the functions that can be called by
//! name.
//!
//! `#[task]` makes a function known here under `package::module::function` and a version, which is a hash of its code
//! and of the shapes of its arguments and result. On the driver's side [`encode`](super::PortableTask::encode) makes an
//! [`EncodedTask`]; on the worker's side [`find`] finds the function, and [`RegisteredTask::run`] runs it:
//!
//! ```
//! # mod larder { pub use larder_core::*; }
//! use larder_core::codec::EncodeOptions;
//! use larder_core::parallel::tasks;
//!
//! #[larder_macros::task(crate = larder_core)]
//! fn longest(words: &[String], at_least: usize) -> Option<String> {
//!     words.iter().filter(|word| word.len() >= at_least).max_by_key(|word| word.len()).cloned()
//! }
//!
//! let words = ["fig", "pear"].map(String::from);
//! let call = longest::delayed(&words, 2);
//! let portable = call.portable().expect("a task function's call");
//! let encoded = portable.encode(&larder_core::codec::Postcard)?;
//!
//! // Elsewhere, in a program that has the function too:
//! let buffers: Vec<bytes::Bytes> = encoded.buffers.into_iter().map(|buffer| buffer.to_bytes()).collect();
//! let function = tasks::find(portable.function(), portable.version())?;
//! let returned = function.run(&encoded.payload, buffers, &EncodeOptions::default())?;
//! # assert_eq!(returned.payload, [1, 4, b'p', b'e', b'a', b'r']);
//! # Ok::<(), larder_core::Error>(())
//! ```
//!
//! What arguments and results may be is told where the attribute is; the bytes are no format: both sides are programs
//! that were built from the same source.

mod again;
mod argument;
mod call;
mod frame;
mod lent;
mod registry;
mod returned;
mod task;
mod value;

pub use self::frame::{EncodedTask, TaskBuffer};
pub use self::registry::{RegisteredTask, check, find, register, registered};
pub use self::task::Task;
#[doc(hidden)]
pub use self::{
    again::{clone_via, copy_via},
    argument::{
        ArgumentReader, ArgumentWriter, IsPortable, NotPortable, argument_via, of_argument,
    },
    registry::TaskCell,
    returned::{NotReturned, Returned, returned_via},
};
pub use crate::map::MappedFile;
