//! WebDAV servers, and plain web servers for reading.

use larder_core::store::LeaseScope;
use larder_core::{Location, Result, StoreFactory};
use object_store::http::HttpBuilder;
use object_store::{ClientConfigKey, ObjectStoreScheme};
use url::Position;

use crate::network::{configure, service_options};
use crate::options::Abilities;
use crate::service::{Address, refused};
use crate::store::ObjectStoreBackend;

service_options! {
    HttpOptions {
        allow_invalid_certificates: bool, "connect to servers that cannot prove who they are";
        user_agent: String, "what the program calls itself";
        proxy_url: String, "a proxy to go through";
    }
}

/// The protocol has no conditions for writes, and no writes in parts.
const ABILITIES: Abilities = Abilities {
    persistent: true,
    create: false,
    recency: false,
    multipart: false,
    lease: LeaseScope::Process,
};

/// The backend `http` for a [`Registry`](larder_core::Registry): `https://host/path`.
pub(crate) fn http() -> StoreFactory {
    let factory = StoreFactory::new("http", open).schemes(["http", "https"]);
    HttpOptions::explain(factory.about("files on a WebDAV server; any web server for reading"))
}

fn open(location: Location, options: HttpOptions) -> Result<ObjectStoreBackend> {
    // A service that has a language of its own is spoken to in that.
    let is_http = |scheme: &ObjectStoreScheme| *scheme == ObjectStoreScheme::Http;
    let example = "https://host/path` (for a bucket: `s3://…`, `az://…`, `gs://…";
    let address = Address::of(&location, is_http, example)?;
    let given = options.given();
    let secrets = address.secrets(&given);
    let mut builder = HttpBuilder::new().with_url(&address.url[..Position::BeforePath]);
    if address.url.scheme() == "http" {
        builder = builder.with_config(ClientConfigKey::AllowHttp, "true");
    }
    let builder =
        configure!(builder, ClientConfigKey, std::convert::identity, options, given, &secrets);
    let objects = builder.build().map_err(|error| refused(&error, &secrets))?;
    Ok(address.store(objects, None, secrets, ABILITIES, options.own()))
}
