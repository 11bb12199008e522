//! What a parallel backend says of itself.

use std::time::Duration;

/// What a parallel backend can do. Start from [`shared_memory`](Self::shared_memory) or [`separate`](Self::separate),
/// and add to it.
///
/// ```
/// use std::time::Duration;
/// use larder_core::parallel::ParallelCapabilities;
///
/// let processes = ParallelCapabilities::separate().preemptive();
/// assert!(processes.preemptive && !processes.shared_memory);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParallelCapabilities {
    /// Tasks run in this process and see its memory: [closures](super::delayed) work. Where not, a task has to have a
    /// [portable](super::PortableTask) form.
    pub shared_memory: bool,
    /// Tasks may run on other machines.
    pub remote: bool,
    /// A running task can be ended: by its time limit, and when the call is cancelled.
    pub preemptive: bool,
    /// A batch should take no less than the first and no more than the second: below, handing it out costs too much;
    /// above, workers wait for each other at the end.
    pub batch_window: (Duration, Duration),
    /// A batch should hold no more arguments than this many bytes.
    pub batch_bytes: usize,
}

impl ParallelCapabilities {
    /// Tasks run in this process: batches of 0.2 to 1 ms.
    pub const fn shared_memory() -> Self {
        Self {
            shared_memory: true,
            remote: false,
            preemptive: false,
            batch_window: (Duration::from_micros(200), Duration::from_millis(1)),
            batch_bytes: usize::MAX,
        }
    }

    /// Tasks run in other processes: batches of 5 to 20 ms, and of 1 MiB at most.
    pub const fn separate() -> Self {
        Self {
            shared_memory: false,
            remote: false,
            preemptive: false,
            batch_window: (Duration::from_millis(5), Duration::from_millis(20)),
            batch_bytes: 1 << 20,
        }
    }

    /// Tasks may run on other machines.
    #[must_use]
    pub const fn remote(mut self) -> Self {
        self.remote = true;
        self
    }

    /// A running task can be ended.
    #[must_use]
    pub const fn preemptive(mut self) -> Self {
        self.preemptive = true;
        self
    }

    /// How long a batch should take: at least, and at most.
    #[must_use]
    pub const fn batch_window(mut self, at_least: Duration, at_most: Duration) -> Self {
        self.batch_window = (at_least, at_most);
        self
    }

    /// How many bytes of arguments a batch should hold at most.
    #[must_use]
    pub const fn batch_bytes(mut self, at_most: usize) -> Self {
        self.batch_bytes = at_most;
        self
    }
}
