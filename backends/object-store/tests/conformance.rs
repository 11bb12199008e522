//! The published suite over every kind of object store there is a server, or none, for.

mod common;

use std::process::ExitCode;
use std::sync::Arc;

use larder_conformance::StoreSuite;
use larder_core::store::{LeaseScope, StoreCapabilities};
use larder_object_store::{ObjectStoreBackend, ObjectStoreOptions};
use object_store::memory::InMemory;

fn main() -> ExitCode {
    let bucket = StoreCapabilities::runtime().persistent().create().recency().range();
    let (global, process) = (bucket.lease(LeaseScope::Global), bucket.lease(LeaseScope::Process));

    let memory = |name, multipart_from| {
        StoreSuite::new(name, global, move || {
            let objects = Arc::new(InMemory::new());
            let options = ObjectStoreOptions::default().multipart_from(multipart_from);
            Ok(move || ObjectStoreBackend::with_options(objects.clone(), "", options.clone()))
        })
    };
    let directory = StoreSuite::new("file", process, || {
        let keeps = tempfile::tempdir()?;
        let config = format!("object-store:file://{}", keeps.path().display()).parse()?;
        Ok(common::Described { config, keeps })
    });
    // Racing conditional writes are slow on these servers: a few show what many would.
    let s3 = StoreSuite::new("s3", global, || Ok(common::S3::given().place())).crowd(4);
    let azure = StoreSuite::new("azure", global, || Ok(common::Azure::given().place())).crowd(4);
    larder_conformance::main([
        memory("memory", u64::MAX),
        memory("memory, all values beside", 1),
        directory,
        s3,
        azure,
    ])
}
