//! What all services that are reached over a network have in common.

use std::time::Duration;

use larder_core::StoreFactory;
use larder_core::units::TimeSpan;

/// How long a service may take, before its store is left alone for a while.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) timeout: Option<TimeSpan>,
    pub(crate) connect_timeout: Option<TimeSpan>,
    pub(crate) retries: Option<usize>,
    pub(crate) retry_timeout: Option<TimeSpan>,
}

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

            fn patience(&self) -> $crate::network::Patience {
                $crate::network::Patience {
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
                $crate::network::explain_limits($crate::options::explain(factory))
            }
        }
    };
}
pub(crate) use service_options;

/// Help for what every service over a network takes.
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

/// Gives a builder of crate object_store everything that its options say: all builders are alike, and share no trait.
macro_rules! configure {
    ($builder:expr, $key:ident, $limit:expr, $options:expr, $given:expr, $secrets:expr) => {{
        let mut builder = $builder;
        for (name, value) in $given {
            let key: $key =
                name.parse().map_err(|error| $crate::service::refused(&error, $secrets))?;
            builder = builder.with_config(key, value);
        }
        for (key, value) in $options.patience().limits() {
            builder = builder.with_config($limit(key), value);
        }
        builder.with_retry($options.patience().retry())
    }};
}
pub(crate) use configure;

/// Whether the user asks for a connection that is not encrypted.
#[cfg(any(feature = "s3", feature = "azure"))]
pub(crate) fn is_plain(endpoint: Option<&String>) -> bool {
    endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"))
}
