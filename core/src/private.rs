//! What code written by larder's macros calls. Not for anybody else: it changes without notice.

pub use crate::Result;
pub use crate::codec::{Probe, Storage, via as value_via};
pub use crate::digest::via::{self as digest_via, Wrap};
pub use crate::digest::{Digest, KeyDigest};
pub use crate::memory::{
    ArgsWriter, Async, Bound, FunctionCell, FunctionInfo, FunctionOptions, Handle, Hot, KeepHot,
    Memoize, Metadata, Mode, RunAsync, RunSync, Sync, Tracked, Version, ambient, ambient_async,
    describe_via, hot_via,
};
pub use crate::parallel::Delayed;
pub use crate::parallel::tasks::{
    ArgumentReader, ArgumentWriter, IsPortable, NotPortable, NotReturned, RegisteredTask, Returned,
    Task, TaskCell, argument_via, clone_via, copy_via, of_argument, returned_via,
};
pub use inventory;
