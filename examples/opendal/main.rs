//! How does a store get into one of the services that OpenDAL knows and larder does not? Through the trait of crate
//! `object_store`, which both speak.
//!
//! ```sh
//! cargo run -p larder-object-store --example opendal    # run it twice: the second run takes the sum from the store
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::error::Error;
use std::sync::Arc;

use larder::object_store::{ObjectStoreBackend, ObjectStoreOptions};
use larder::store::LeaseScope;
use larder::{Memory, memoize};
use object_store_opendal::OpendalStore;
use opendal::{Operator, services};

#[memoize]
fn sum_of_primes_below(limit: u64) -> u64 {
    (2..limit).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0)).sum()
}

fn main() -> Result<(), Box<dyn Error>> {
    // A directory stands for any of OpenDAL's services: WebHDFS, SFTP, Google Drive, … (For a directory itself larder's
    // own store is the right one: OpenDAL's lets readers see what is half written, which then is a miss.)
    let directory = std::env::temp_dir().join("larder-opendal");
    let service = services::Fs::default().root(&directory.display().to_string());
    let operator = Operator::new(service)?;

    // Most of these services cannot write on condition, which leases between processes need; so say so. Within this
    // process a result is computed once all the same.
    let options = ObjectStoreOptions::default().lease_scope(LeaseScope::Process);
    let objects = Arc::new(OpendalStore::new(operator));
    let store = ObjectStoreBackend::with_options(objects, "results", options)?;

    let memory = Memory::over(Arc::new(store)).open()?;
    let sum = memory.scope(|| sum_of_primes_below(300_000));
    let stats = memory.stats();
    println!(
        "{sum}, {} {}",
        if stats.hits > 0 { "taken from" } else { "computed, and kept in" },
        directory.display()
    );
    Ok(())
}
