//! Amazon S3, and what speaks its language.

use larder_core::{Location, Result, StoreFactory};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{ClientConfigKey, ObjectStoreScheme};

use crate::network::{configure, is_plain, service_options};
use crate::options::Abilities;
use crate::service::{Address, refused};
use crate::store::ObjectStoreBackend;

service_options! {
    S3Options {
        region: String, "the bucket's region; AWS_REGION, or `us-east-1`, by default";
        endpoint: String, "the address of a service other than Amazon's: `https://minio.example:9000`";
        access_key_id: String, "who asks; AWS_ACCESS_KEY_ID, or what the machine's role gives, by default";
        secret_access_key: String, "the secret key of `access_key_id`; AWS_SECRET_ACCESS_KEY by default";
        session_token: String, "the token of credentials that expire; AWS_SESSION_TOKEN by default";
        skip_signature: bool, "ask without credentials, for public buckets";
        virtual_hosted_style_request: bool, "name the bucket in the host instead of the path";
        unsigned_payload: bool, "do not sign what is sent: faster, where the connection is encrypted";
        server_side_encryption: String, "`AES256`, `sse-kms`, `dsse-kms` or `sse-c`";
        sse_kms_key_id: String, "the key for `sse-kms`";
        request_payer: bool, "the caller pays, not the bucket's owner";
        allow_http: bool, "connections that are not encrypted; on where `endpoint` says `http://`";
        proxy_url: String, "a proxy to go through";
    }
}

/// The backend `s3` for a [`Registry`](larder_core::Registry): `s3://bucket/prefix?region=eu-west-1`.
pub(crate) fn s3() -> StoreFactory {
    let factory = StoreFactory::new("s3", open).schemes(["s3", "s3a"]);
    S3Options::explain(factory.about("objects in an S3 bucket"))
}

fn open(location: Location, options: S3Options) -> Result<ObjectStoreBackend> {
    let is_s3 = |scheme: &ObjectStoreScheme| *scheme == ObjectStoreScheme::AmazonS3;
    let address = Address::of(&location, is_s3, "s3://bucket/prefix")?;
    let given = options.given();
    let secrets = address.secrets(&given);
    let builder = AmazonS3Builder::from_env().with_url(address.url.as_str());
    let mut builder =
        configure!(builder, AmazonS3ConfigKey, AmazonS3ConfigKey::Client, options, given, &secrets);
    let endpoint = builder.get_config_value(&AmazonS3ConfigKey::Endpoint);
    if options.allow_http.is_none() && is_plain(endpoint.as_ref()) {
        builder =
            builder.with_config(AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp), "true");
    }
    let objects = builder.build().map_err(|error| refused(&error, &secrets))?;
    Ok(address.store(objects, endpoint, secrets, Abilities::ALL, options.own()))
}
