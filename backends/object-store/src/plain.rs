//! What object_store brings without any service: a directory, and memory.

use larder_core::store::LeaseScope;
use larder_core::units::{ByteSize, TimeSpan};
use larder_core::{Error, Location, Result, StoreFactory};
use object_store::ObjectStoreScheme;
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use serde::Deserialize;

use crate::options::{Abilities, ObjectStoreOptions, Scope, explain};
use crate::placeholder::Nonce;
use crate::service::{Address, refused};
use crate::store::ObjectStoreBackend;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PlainOptions {
    lease_ttl: Option<TimeSpan>,
    lease_scope: Option<Scope>,
    multipart_from: Option<ByteSize>,
}

/// A directory cannot replace a file on condition.
const DIRECTORY: Abilities = Abilities { lease: LeaseScope::Process, ..Abilities::ALL };
/// Each opening is a memory of its own.
const MEMORY: Abilities =
    Abilities { persistent: false, lease: LeaseScope::Process, ..Abilities::ALL };

/// The backend `object-store` for a [`Registry`](larder_core::Registry): `object-store:file:///directory` and
/// `object-store:memory:///`. For a directory of one's own, larder's `local` store is faster and its leases hold
/// between processes; this one has the layout of a bucket.
pub(crate) fn plain() -> StoreFactory {
    let factory = StoreFactory::new("object-store", open);
    explain(
        factory
            .about("a directory or memory with the layout of a bucket: `file:///…`, `memory:///`"),
    )
}

fn open(location: Location, options: PlainOptions) -> Result<ObjectStoreBackend> {
    let is_plain = |scheme: &ObjectStoreScheme| {
        matches!(scheme, ObjectStoreScheme::Local | ObjectStoreScheme::Memory)
    };
    let mut address = Address::of(&location, is_plain, "file:///directory` or `memory:///")?;
    let own = ObjectStoreOptions {
        lease_ttl: options.lease_ttl.map(|span| span.0),
        lease_scope: options.lease_scope.map(Into::into),
        multipart_from: options.multipart_from.map(|size| size.0),
    };
    let secrets = address.secrets(&[]);
    if address.url.scheme() == "memory" {
        // No two memories are one.
        let identity = Nonce::new_v4().to_string();
        return Ok(address.store(InMemory::new(), Some(identity), secrets, MEMORY, own));
    }
    let directory = address.url.to_file_path();
    let directory =
        directory.map_err(|()| location.invalid("it must name a directory of this machine"))?;
    if !location.must_exist() {
        make_private(&directory)
            .map_err(|error| Error::from(error).with("path", directory.display()))?;
    }
    let objects = LocalFileSystem::new_with_prefix(&directory)
        .map_err(|error| refused(&error, &secrets))?
        .with_automatic_cleanup(false);
    address.prefix = Path::default();
    Ok(address.store(objects, None, secrets, DIRECTORY, own))
}

/// Files in it have whatever permissions the system gives new files; nobody else gets that far.
fn make_private(directory: &std::path::Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}
