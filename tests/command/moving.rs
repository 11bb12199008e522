//! `copy` through stores of three kinds and back, killed on the way to each.

use std::process::Stdio;

use larder::Memory;

use crate::copying::{assert_same, contents};
use crate::run::{json, larder, stdout};
use crate::services;

const MANY: u64 = 10_000;

/// How many entries are there; none as long as there is no store.
fn entries(store: &str) -> u64 {
    let opened = larder::registry().open_existing(&store.parse().unwrap());
    let Ok(store) = opened else { return 0 };
    let contents = Memory::over(store).open().unwrap().contents();
    contents.map_or(0, |entries| entries.len() as u64)
}

#[test]
fn ten_thousand_entries_go_from_store_to_store_and_come_back_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let memory = Memory::open(at("first")).unwrap();
    for n in 0..MANY {
        memory.get_or_compute(&n, || vec![n as u8; (n % 700) as usize]).unwrap();
    }
    let all = contents(&at("first")).1.len() as u64;
    assert!(all >= MANY);
    let stores = [
        at("first").display().to_string(),
        format!("sqlite:{}", at("middle.db").display()),
        // It goes with its server.
        services::s3(),
        at("last").display().to_string(),
    ];
    for way in stores.windows(2) {
        let [from, to] = way else { unreachable!("windows of two") };
        let copy = ["copy", from, to];
        let mut child = larder(dir.path(), &copy).stdout(Stdio::null()).spawn().unwrap();
        while entries(to) < all / 10 {
            assert!(child.try_wait().unwrap().is_none(), "over before it was killed: {to}");
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let before = entries(to);
        assert!(before < all, "nothing was left to do when it was killed");
        let again = json(dir.path(), &[&copy[..], &["--json"]].concat());
        let [new, already] = ["new", "already_there"].map(|count| again[count].as_u64().unwrap());
        assert_eq!(new + already, all);
        // What the killed one had sent may arrive after it.
        assert!(already >= before, "{already} of {before} were seen to be there");
    }
    assert_same(&at("first"), &at("last"));
    let verified = stdout(dir.path(), &["verify", "--store", &stores[3]]);
    assert!(verified.ends_with("all sound\n"), "{verified}");
}
