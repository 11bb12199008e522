//! What a user can choose, whatever the service.

use std::time::Duration;

use larder_core::StoreFactory;
use larder_core::store::LeaseScope;
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "http"))]
use larder_core::units::TimeSpan;
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

/// How long a service may take, before its store is left alone for a while.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "http"))]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) timeout: Option<TimeSpan>,
    pub(crate) connect_timeout: Option<TimeSpan>,
    pub(crate) retries: Option<usize>,
    pub(crate) retry_timeout: Option<TimeSpan>,
}

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "http"))]
impl Patience {
    /// A call waits for its store: three more tries within ten seconds, not ten in three minutes.
    pub(crate) fn retry(self) -> object_store::RetryConfig {
        object_store::RetryConfig {
            max_retries: self.retries.unwrap_or(3),
            retry_timeout: self.retry_timeout.map_or(Duration::from_secs(10), |span| span.0),
            backoff: object_store::BackoffConfig {
                init_backoff: Duration::from_millis(100),
                max_backoff: Duration::from_secs(2),
                base: 2.0,
            },
        }
    }

    /// Unless the environment says otherwise, object_store has a request take 30 seconds and a connection 5.
    pub(crate) fn limits(self) -> impl Iterator<Item = (object_store::ClientConfigKey, String)> {
        let text = |span: TimeSpan| format!("{} milliseconds", span.0.as_millis());
        [
            (object_store::ClientConfigKey::Timeout, self.timeout.map(text)),
            (object_store::ClientConfigKey::ConnectTimeout, self.connect_timeout.map(text)),
        ]
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?)))
    }
}

/// Defines the options of a kind of service: its own, which go to crate object_store under the same names, and those
/// that all have.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "http"))]
macro_rules! service_options {
    ($name:ident { $($field:ident: $type:ty, $help:literal;)* }) => {
        #[derive(Default, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct $name {
            $($field: Option<$type>,)*
            timeout: Option<larder_core::units::TimeSpan>,
            connect_timeout: Option<larder_core::units::TimeSpan>,
            retries: Option<usize>,
            retry_timeout: Option<larder_core::units::TimeSpan>,
            lease_ttl: Option<larder_core::units::TimeSpan>,
            lease_scope: Option<$crate::options::Scope>,
            multipart_from: Option<larder_core::units::ByteSize>,
        }

        impl $name {
            /// The service's own options that were given.
            fn given(&self) -> Vec<(&'static str, String)> {
                let own: &[(&'static str, Option<String>)] =
                    &[$((stringify!($field), self.$field.as_ref().map(ToString::to_string)),)*];
                own.iter().filter_map(|(name, value)| Some((*name, value.clone()?))).collect()
            }

            fn patience(&self) -> $crate::options::Patience {
                $crate::options::Patience {
                    timeout: self.timeout,
                    connect_timeout: self.connect_timeout,
                    retries: self.retries,
                    retry_timeout: self.retry_timeout,
                }
            }

            fn own(&self) -> $crate::ObjectStoreOptions {
                $crate::ObjectStoreOptions {
                    lease_ttl: self.lease_ttl.map(|span| span.0),
                    lease_scope: self.lease_scope.map(Into::into),
                    multipart_from: self.multipart_from.map(|size| size.0),
                }
            }

            fn explain(factory: larder_core::StoreFactory) -> larder_core::StoreFactory {
                let factory = factory $(.option_help(stringify!($field), $help))*;
                $crate::options::explain_limits($crate::options::explain(factory))
            }
        }
    };
}
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "http"))]
pub(crate) use service_options;

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

/// Help for what every service over a network takes.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure", feature = "http"))]
pub(crate) fn explain_limits(factory: StoreFactory) -> StoreFactory {
    factory
        .option_help("timeout", "how long one request may take; `30s` by default")
        .option_help("connect_timeout", "how long a connection may take; `5s` by default")
        .option_help("retries", "how often a request that failed is repeated; 3 by default")
        .option_help(
            "retry_timeout",
            "after how long a request is not repeated any more; `10s` by default",
        )
}
