//! A store of a third party: short, and the suite passes over it.

#[path = "third_party/store.rs"]
mod store;

use larder_conformance::{Outcome, StoreSuite};
use larder_core::store::StoreCapabilities;

const SOURCE: &str = include_str!("third_party/store.rs");

#[test]
fn sixty_lines_and_the_public_api_make_a_persistent_store() {
    assert!(SOURCE.lines().count() <= 60, "{} lines", SOURCE.lines().count());

    let suite = StoreSuite::new("third party", StoreCapabilities::inline().persistent(), || {
        let dir = tempfile::tempdir()?;
        Ok(move || Ok(store::Directory(dir.path().to_owned())))
    });
    let report = suite.run();
    assert!(report.is_success(), "{report}");
    let reopened: Vec<_> =
        report.cases.iter().filter(|case| case.id.starts_with("reopen.")).collect();
    assert!(!reopened.is_empty());
    assert!(reopened.iter().all(|case| case.outcome == Outcome::Passed), "{report}");
}
