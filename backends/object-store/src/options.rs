//! What a user can choose, whatever the service.

use std::time::Duration;

use larder_core::StoreFactory;
use larder_core::store::LeaseScope;
use serde::Deserialize;

/// The options of an [`ObjectStoreBackend`](crate::ObjectStoreBackend) that is built in code.
///
/// ```
/// use std::time::Duration;
/// use larder_core::store::LeaseScope;
/// use larder_object_store::ObjectStoreOptions;
///
/// let options = ObjectStoreOptions::default().lease_ttl(Duration::from_secs(60)).lease_scope(LeaseScope::Process);
/// # let _ = options;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ObjectStoreOptions {
    /// After how long without a sign of its holder a lease is taken over. [`LEASE_TTL`] if left out.
    pub lease_ttl: Option<Duration>,
    /// Among whom leases exclude, if that is less than everybody.
    pub lease_scope: Option<LeaseScope>,
    /// From how many bytes on a value is sent in several requests. [`MULTIPART_FROM`] if left out.
    pub multipart_from: Option<u64>,
}

/// After how long without a sign of its holder a lease is taken over: 30 seconds.
pub const LEASE_TTL: Duration = Duration::from_secs(30);
/// From how many bytes on a value is sent in several requests: 32 MiB.
pub const MULTIPART_FROM: u64 = 32 << 20;

impl ObjectStoreOptions {
    /// Sets after how long without a sign of its holder a lease is taken over. A holder gives three signs in this time:
    /// longer is safer on bad networks, shorter is sooner after a crash.
    #[must_use]
    pub fn lease_ttl(mut self, ttl: Duration) -> Self {
        self.lease_ttl = Some(ttl);
        self
    }

    /// Sets among whom leases exclude: [`LeaseScope::Process`] for services that cannot write conditionally.
    #[must_use]
    pub fn lease_scope(mut self, scope: LeaseScope) -> Self {
        self.lease_scope = Some(scope);
        self
    }

    /// Sets from how many bytes on a value is sent in several requests.
    #[must_use]
    pub fn multipart_from(mut self, bytes: u64) -> Self {
        self.multipart_from = Some(bytes);
        self
    }
}

impl ObjectStoreOptions {
    /// At least what a renewal and its answer take.
    pub(crate) fn ttl(&self) -> Duration {
        self.lease_ttl.unwrap_or(LEASE_TTL).max(Duration::from_millis(100))
    }

    pub(crate) fn parts_from(&self) -> u64 {
        self.multipart_from.unwrap_or(MULTIPART_FROM).max(1)
    }
}

/// What a kind of service can do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Abilities {
    pub(crate) persistent: bool,
    pub(crate) create: bool,
    pub(crate) recency: bool,
    pub(crate) multipart: bool,
    pub(crate) lease: LeaseScope,
}

impl Abilities {
    pub(crate) const ALL: Self = Self {
        persistent: true,
        create: true,
        recency: true,
        multipart: true,
        lease: LeaseScope::Global,
    };
}

/// [`LeaseScope`] as options name it: a bucket is seen from everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Scope {
    Process,
    Global,
}

impl From<Scope> for LeaseScope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Process => Self::Process,
            Scope::Global => Self::Global,
        }
    }
}

/// Help for what every factory takes.
pub(crate) fn explain(factory: StoreFactory) -> StoreFactory {
    factory
        .option_help(
            "lease_ttl",
            "after how long without a sign of its holder a lease is taken over; `30s` by default",
        )
        .option_help(
            "lease_scope",
            "among whom leases exclude: `global` (default where the service can) or `process`",
        )
        .option_help(
            "multipart_from",
            "from which size on a value is sent in several requests; `32M` by default",
        )
}
