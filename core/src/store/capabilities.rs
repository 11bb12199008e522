//! What a store says of itself.

/// On which thread a store's futures may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Execution {
    /// The store never awaits: every future is ready when first polled (files, SQLite, memory). A synchronous caller
    /// runs it in place; for an asynchronous caller larder runs it on its own blocking threads.
    Inline,
    /// The store awaits network or timers. It only ever runs on larder's own tokio runtime, whoever calls.
    Runtime,
    /// A layer over other, mounted stores: it awaits nothing but them, so it is stepped on the
    /// caller's thread, and each inner call runs the way its own store wants.
    Layered,
}

/// Among whom a lease excludes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeaseScope {
    /// The callers of this one process.
    Process,
    /// All processes of this machine.
    Host,
    /// Everybody who uses the store.
    Global,
}

/// What a store can do. Start from [`inline`](Self::inline), [`runtime`](Self::runtime) or [`layered`](Self::layered),
/// which declare nothing more than the required methods, and add to it.
///
/// ```
/// use larder_core::store::{LeaseScope, StoreCapabilities};
///
/// let files = StoreCapabilities::inline().persistent().create().lease(LeaseScope::Host);
/// assert_eq!(files.lease, Some(LeaseScope::Host));
/// assert!(!files.recency);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreCapabilities {
    /// On which thread its futures may run.
    pub execution: Execution,
    /// Entries outlive the process.
    pub persistent: bool,
    /// [`PutMode::Create`](super::PutMode::Create) works.
    pub create: bool,
    /// [`StoreBackend::lease`](super::StoreBackend::lease) works, and among whom.
    pub lease: Option<LeaseScope>,
    /// [`StoreBackend::touch`](super::StoreBackend::touch) works, and `list` tells the last use.
    pub recency: bool,
    /// `get_range` reads no more than it is asked for.
    pub range: bool,
    /// [`StoreBackend::local_path`](super::StoreBackend::local_path) names a file.
    pub local_path: bool,
    /// Puts and deletes are refused; what is there is served.
    pub read_only: bool,
}

impl StoreCapabilities {
    const fn new(execution: Execution) -> Self {
        Self {
            execution,
            persistent: false,
            create: false,
            lease: None,
            recency: false,
            range: false,
            local_path: false,
            read_only: false,
        }
    }

    /// A store that never awaits.
    pub const fn inline() -> Self {
        Self::new(Execution::Inline)
    }

    /// A store that awaits network or timers.
    pub const fn runtime() -> Self {
        Self::new(Execution::Runtime)
    }

    /// A layer over mounted stores.
    pub const fn layered() -> Self {
        Self::new(Execution::Layered)
    }

    /// Entries outlive the process.
    #[must_use]
    pub const fn persistent(mut self) -> Self {
        self.persistent = true;
        self
    }

    /// Conditional creation works.
    #[must_use]
    pub const fn create(mut self) -> Self {
        self.create = true;
        self
    }

    /// Leases work, and exclude within `scope`.
    #[must_use]
    pub const fn lease(mut self, scope: LeaseScope) -> Self {
        self.lease = Some(scope);
        self
    }

    /// The last use of entries is kept.
    #[must_use]
    pub const fn recency(mut self) -> Self {
        self.recency = true;
        self
    }

    /// Ranges are read without the rest.
    #[must_use]
    pub const fn range(mut self) -> Self {
        self.range = true;
        self
    }

    /// Entries lie in files of their own.
    #[must_use]
    pub const fn local_path(mut self) -> Self {
        self.local_path = true;
        self
    }

    /// Nothing can be put or deleted. Calls then neither try nor complain.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }
}
