//! Google Cloud Storage.

use larder_core::{Location, Result, StoreFactory};
use object_store::ObjectStoreScheme;
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};

use crate::network::{configure, service_options};
use crate::options::Abilities;
use crate::service::{Address, refused};
use crate::store::ObjectStoreBackend;

service_options! {
    GcsOptions {
        service_account: String, "the file of a service account's key; GOOGLE_SERVICE_ACCOUNT by default";
        service_account_key: String, "such a key itself, as JSON; GOOGLE_SERVICE_ACCOUNT_KEY by default";
        application_credentials: String, "the file of application default credentials; GOOGLE_APPLICATION_CREDENTIALS by default";
        bearer_token: String, "a token; GOOGLE_BEARER_TOKEN by default";
        skip_signature: bool, "ask without credentials, for public buckets";
        base_url: String, "the address of a service other than Google's";
        proxy_url: String, "a proxy to go through";
    }
}

/// The backend `gcs` for a [`Registry`](larder_core::Registry): `gs://bucket/prefix`.
pub(crate) fn gcs() -> StoreFactory {
    let factory = StoreFactory::new("gcs", open).schemes(["gs"]);
    GcsOptions::explain(factory.about("objects in a Google Cloud Storage bucket; not tested"))
}

fn open(location: Location, options: GcsOptions) -> Result<ObjectStoreBackend> {
    let is_gcs = |scheme: &ObjectStoreScheme| *scheme == ObjectStoreScheme::GoogleCloudStorage;
    let address = Address::of(&location, is_gcs, "gs://bucket/prefix")?;
    let given = options.given();
    let secrets = address.secrets(&given);
    let builder = GoogleCloudStorageBuilder::from_env().with_url(address.url.as_str());
    let builder =
        configure!(builder, GoogleConfigKey, GoogleConfigKey::Client, options, given, &secrets);
    let endpoint = options.base_url.clone();
    let objects = builder.build().map_err(|error| refused(&error, &secrets))?;
    Ok(address.store(objects, endpoint, secrets, Abilities::ALL, options.own()))
}
