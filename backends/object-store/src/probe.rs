//! Whether this service's conditional writes exclude: some accept the condition and ignore it.

use larder_core::{Error, ErrorKind, Result};
use object_store::{ObjectStoreExt, PutMode, PutOptions, UpdateVersion};

use crate::bucket::Bucket;
use crate::placeholder::Nonce;

/// What this module writes is under this name, which no key can have.
pub(crate) const OWN: &str = ".larder";

impl Bucket {
    /// Tries the four conditional writes that leases are made of, on an object of its own.
    pub(crate) async fn excludes(&self) -> Result<bool> {
        let path = self.below(&format!("{OWN}/probe-{}", Nonce::new_v4().simple()));
        let put = async |text: &'static str, mode: PutMode| {
            let options = PutOptions { mode, ..PutOptions::default() };
            match self.objects.put_opts(&path, text.into(), options).await {
                Ok(put) => Ok(Some(UpdateVersion::from(put))),
                Err(
                    object_store::Error::AlreadyExists { .. }
                    | object_store::Error::Precondition { .. }
                    | object_store::Error::NotModified { .. },
                ) => Ok(None),
                Err(error) => Err(self.failures.plain("probe", error)),
            }
        };
        let tried = async {
            let Some(first) = put("1", PutMode::Create).await? else { return Ok(false) };
            if put("2", PutMode::Create).await?.is_some() {
                return Ok(false);
            }
            if put("3", PutMode::Update(first.clone())).await?.is_none() {
                return Ok(false);
            }
            Ok(put("4", PutMode::Update(first)).await?.is_none())
        };
        let tried: Result<bool, Error> = tried.await;
        // Left where it cannot be deleted, as nothing then can.
        let _ = self.objects.delete(&path).await;
        match tried {
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(false),
            tried => tried,
        }
    }
}
