//! The servers that `cargo xtask test` starts, and stores in them.

#![allow(dead_code, reason = "each test file uses what it needs")]

use std::env;
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};

use larder_conformance::StorePlace;
use larder_core::store::StoreBackend;
use larder_core::{Key, Registry, Result, StoreConfig};

/// Fails, and says how to run the test, where a server is not there: a test that needs one is never passed over.
#[track_caller]
pub(crate) fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: this test needs a server; run it by `cargo xtask test -p larder-object-store`, \
             or `cargo xtask services -- cargo test -p larder-object-store --all-features`"
        )
    })
}

pub(crate) fn registry() -> Registry {
    let registry = Registry::new();
    for factory in larder_object_store::factories() {
        registry.register(factory).unwrap();
    }
    registry
}

/// A place that is opened by its description.
pub(crate) struct Described<T> {
    pub(crate) config: StoreConfig,
    /// What must outlive the store.
    pub(crate) keeps: T,
}

impl<T: Send + Sync + 'static> StorePlace for Described<T> {
    fn open(&self) -> Result<Arc<dyn StoreBackend>> {
        registry().open_store(&self.config)
    }
}

/// A name that no other test has.
pub(crate) fn unique() -> String {
    format!("test-{}", uuid::Uuid::new_v4().simple())
}

/// SeaweedFS, as S3.
#[derive(Clone)]
pub(crate) struct S3 {
    pub(crate) endpoint: String,
    pub(crate) bucket: String,
    pub(crate) access_key_id: String,
    pub(crate) secret_access_key: String,
}

impl S3 {
    pub(crate) fn given() -> Self {
        Self {
            endpoint: variable("LARDER_TEST_S3_ENDPOINT"),
            bucket: variable("LARDER_TEST_S3_BUCKET"),
            access_key_id: variable("LARDER_TEST_S3_ACCESS_KEY_ID"),
            secret_access_key: variable("LARDER_TEST_S3_SECRET_ACCESS_KEY"),
        }
    }

    pub(crate) fn config(&self, prefix: &str) -> StoreConfig {
        StoreConfig::new("s3")
            .at(format!("s3://{}/{prefix}", self.bucket))
            .option("endpoint", &*self.endpoint)
            .option("access_key_id", &*self.access_key_id)
            .option("secret_access_key", &*self.secret_access_key)
    }

    pub(crate) fn place(&self) -> Described<()> {
        Described { config: self.config(&unique()), keeps: () }
    }
}

/// Azurite, as Azure Blob Storage.
#[derive(Clone)]
pub(crate) struct Azure {
    pub(crate) endpoint: String,
    pub(crate) container: String,
    pub(crate) account: String,
    pub(crate) key: String,
}

impl Azure {
    pub(crate) fn given() -> Self {
        Self {
            endpoint: variable("LARDER_TEST_AZURE_ENDPOINT"),
            container: variable("LARDER_TEST_AZURE_CONTAINER"),
            account: variable("LARDER_TEST_AZURE_ACCOUNT"),
            key: variable("LARDER_TEST_AZURE_KEY"),
        }
    }

    pub(crate) fn config(&self, prefix: &str) -> StoreConfig {
        StoreConfig::new("azure")
            .at(format!("az://{}/{prefix}", self.container))
            .option("endpoint", &*self.endpoint)
            .option("account_name", &*self.account)
            .option("account_key", &*self.key)
    }

    pub(crate) fn place(&self) -> Described<()> {
        Described { config: self.config(&unique()), keeps: () }
    }
}

/// The end of a call that the test makes by itself, without a memory.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    static RUNTIME: LazyLock<tokio::runtime::Runtime> =
        LazyLock::new(|| tokio::runtime::Runtime::new().unwrap());
    RUNTIME.block_on(future)
}

/// The `n`-th key.
pub(crate) fn key(n: u8) -> Key {
    format!("a/b/{}", format!("{n:02x}").repeat(32)).parse().unwrap()
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(120), "{what}: not after two minutes");
        thread::sleep(Duration::from_millis(10));
    }
}
