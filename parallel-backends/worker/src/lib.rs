//! Worker processes of larder, and what is said to them: for backends that run tasks in other processes.
//!
//! A program becomes a worker by being started again, marked by its name (`argv[0]`), with one end of a connection as its
//! standard input. [`init`], first in its `main`, sees the mark and never returns; [`test_worker!`] does the same for
//! programs whose `main` is the test harness.
//!
//! # The conversation
//!
//! ```text
//! driver                                worker
//!   Setup (a page of shared memory)  →
//!                                    ←  Hello
//!   Maps (files)                     →
//!   Tasks                            →
//!                                    ←  Results …, Warning …
//!                                    ←  Done, or Refused
//!   Tasks                            →     and so on
//! ```
//!
//! Strictly one answer to one request, and none to `Setup` and `Maps`. [`Frames`] and [`Outgoing`] are the frames, [`BatchWriter`], [`Results`] and
//! [`Hello`] what a driver says and hears. A frame is the same over a [`Socket`] and over [`Plain`] pipes; only the
//! socket brings file descriptors, so only there is a [`Progress`] to share, and are files to be mapped ([`MapsWriter`], [`ByFile`]).
//!
//! A worker ends when its connection does: between batches at once, in the middle of a task by ending itself, and
//! everything that the task started with it, where the worker leads a process group of its own.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod death;
mod frame;
#[cfg(test)]
mod garbled;
#[cfg(unix)]
mod hang_up;
mod init;
#[cfg(unix)]
mod maps;
mod message;
#[cfg(unix)]
mod outbox;
#[cfg(unix)]
mod progress;
mod transport;
#[cfg(unix)]
mod watch;
mod wire;
#[cfg(unix)]
mod work;

pub use self::death::{At, Death, Fates};
pub use self::frame::{Frame, Frames, Kind, Outgoing};
#[cfg(unix)]
pub use self::hang_up::wait_for_hang_up;
pub use self::init::{GAVE_UP, Launch, MARK, init, is_worker};
pub use self::message::{
    Batch, BatchWriter, ByFile, Hello, Placed, Results, each_buffer, refusal, warning,
};
#[cfg(unix)]
pub use self::message::{MapsWriter, setup};
#[cfg(unix)]
pub use self::progress::Progress;
#[cfg(unix)]
pub use self::transport::Socket;
pub use self::transport::{Descriptors, Plain, Sink, Source};

#[doc(hidden)]
pub mod __private {
    pub use inventory;

    pub use crate::init::{TestWorker, enter_if_marked};
    use crate::message::Call;
    use crate::{Frame, Kind};

    /// Reads a frame of tasks as a worker does; says how many there are before the first that is none. For fuzzing.
    pub fn tasks_of(frame: &Frame<'_>) -> usize {
        if frame.kind != Kind::Tasks {
            return 0;
        }
        let Ok(mut call) = Call::of(frame) else { return 0 };
        std::iter::from_fn(|| call.next_task().ok().flatten()).count()
    }
}
