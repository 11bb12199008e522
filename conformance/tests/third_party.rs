//! A store of a third party: short, registered and opened by name, and the suite passes over it.

#[path = "third_party/store.rs"]
mod store;

use std::sync::Arc;

use larder_conformance::{Outcome, StorePlace, StoreSuite};
use larder_core::store::{StoreBackend, StoreCapabilities};
use larder_core::{Location, Registry, Result, StoreConfig};
use tempfile::TempDir;

/// A directory, opened the way a program opens it that knows only the name.
struct ByName {
    registry: Registry,
    dir: TempDir,
}

impl ByName {
    fn new() -> Result<Self> {
        let registry = Registry::new();
        registry
            .register_store("directory", |at: Location, (): ()| Ok(store::Directory(at.path()?)))?;
        Ok(Self { registry, dir: tempfile::tempdir()? })
    }
}

impl StorePlace for ByName {
    fn open(&self) -> Result<Arc<dyn StoreBackend>> {
        let location = self.dir.path().display().to_string();
        self.registry.open_store(&StoreConfig::new("directory").at(location))
    }
}

#[test]
fn sixty_lines_of_public_api_make_a_persistent_store() {
    let lines = include_str!("third_party/store.rs").lines().count();
    assert!(lines <= 60, "{lines} lines");

    let must = StoreCapabilities::inline().persistent();
    let report = StoreSuite::new("directory", must, ByName::new).run();
    assert!(report.is_success(), "{report}");
    let reopen = report.cases.iter().filter(|case| case.id.starts_with("reopen."));
    let outcomes: Vec<&Outcome> = reopen.map(|case| &case.outcome).collect();
    assert_eq!(outcomes, [&Outcome::Passed, &Outcome::Passed]);
}
