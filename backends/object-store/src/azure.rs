//! Azure Blob Storage.

use larder_core::{Location, Result, StoreFactory};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::{ClientConfigKey, ObjectStoreScheme};

use crate::network::{configure, is_plain, service_options};
use crate::options::Abilities;
use crate::service::{Address, refused};
use crate::store::ObjectStoreBackend;

service_options! {
    AzureOptions {
        account_name: String, "the storage account; AZURE_STORAGE_ACCOUNT_NAME by default";
        account_key: String, "the account's key; AZURE_STORAGE_ACCOUNT_KEY by default";
        sas_token: String, "a shared access signature; AZURE_STORAGE_SAS_TOKEN by default";
        bearer_token: String, "a token; AZURE_STORAGE_TOKEN by default";
        client_id: String, "the application that signs in; AZURE_CLIENT_ID by default";
        client_secret: String, "its secret; AZURE_CLIENT_SECRET by default";
        tenant_id: String, "its tenant; AZURE_TENANT_ID by default";
        use_azure_cli: bool, "use what `az login` left";
        skip_signature: bool, "ask without credentials, for public containers";
        endpoint: String, "the address of the account where it is not the usual one";
        allow_http: bool, "connections that are not encrypted; on where `endpoint` says `http://`";
        proxy_url: String, "a proxy to go through";
    }
}

/// The backend `azure` for a [`Registry`](larder_core::Registry): `az://container/prefix?account_name=…`.
pub(crate) fn azure() -> StoreFactory {
    let schemes = ["az", "adl", "azure", "abfs", "abfss"];
    let factory = StoreFactory::new("azure", open).schemes(schemes);
    AzureOptions::explain(factory.about("blobs in an Azure container"))
}

fn open(location: Location, options: AzureOptions) -> Result<ObjectStoreBackend> {
    let is_azure = |scheme: &ObjectStoreScheme| *scheme == ObjectStoreScheme::MicrosoftAzure;
    let address = Address::of(&location, is_azure, "az://container/prefix")?;
    let given = options.given();
    let secrets = address.secrets(&given);
    let builder = MicrosoftAzureBuilder::from_env().with_url(address.url.as_str());
    let mut builder =
        configure!(builder, AzureConfigKey, AzureConfigKey::Client, options, given, &secrets);
    let endpoint = builder.get_config_value(&AzureConfigKey::Endpoint);
    if options.allow_http.is_none() && is_plain(endpoint.as_ref()) {
        builder = builder.with_config(AzureConfigKey::Client(ClientConfigKey::AllowHttp), "true");
    }
    let account = builder.get_config_value(&AzureConfigKey::AccountName);
    let objects = builder.build().map_err(|error| refused(&error, &secrets))?;
    Ok(address.store(objects, endpoint.or(account), secrets, Abilities::ALL, options.own()))
}
