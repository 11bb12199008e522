//! Backends of third parties: short, registered and opened by name, and the suites pass over them.

#[path = "third_party/parallel.rs"]
mod parallel;
#[path = "third_party/store.rs"]
mod store;

use std::sync::Arc;

use larder_conformance::{Outcome, ParallelSuite, StorePlace, StoreSuite};
use larder_core::parallel::ParallelCapabilities;
use larder_core::store::{StoreBackend, StoreCapabilities};
use larder_core::{BackendConfig, Location, Parallel, Registry, Result, StoreConfig, delayed};
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

#[test]
fn sixty_lines_of_public_api_make_a_parallel_backend() {
    let lines = include_str!("third_party/parallel.rs").lines().count();
    assert!(lines <= 60, "{lines} lines");
    let (_, code) = include_str!("third_party/parallel.rs").split_once('\n').unwrap();
    let page = include_str!("../../docs/writing-a-parallel-backend.md");
    assert!(page.contains(&code.replace("pub(crate) ", "")), "the page shows other code");

    let registry = Registry::global();
    registry.register_parallel("crew", parallel::Crew::hire).unwrap();
    let must = ParallelCapabilities::shared_memory();
    let two = BackendConfig::new("crew").option("size", 2);
    let open = move || registry.open_parallel(&two);
    let report = ParallelSuite::shared("crew", must, open).run();
    assert!(report.is_success(), "{report}");

    let squares = |backend: &str| {
        let tasks = (0..100u64).map(|n| delayed(move || n * n));
        Parallel::new().backend(backend).n_jobs(-1).run(tasks)
    };
    assert!(squares("crew?size=3").unwrap().into_iter().eq((0..100).map(|n| n * n)));
    let error = squares("crew").unwrap_err().to_string();
    assert!(error.contains("size") && error.contains("crew"), "{error}");
    let error = squares("crew?size=0").unwrap_err().to_string();
    assert!(error.contains("size = 0"), "{error}");
}
