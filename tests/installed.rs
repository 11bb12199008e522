//! A memory installed for the whole process: alone in its program, since it would serve other tests' calls as well.

use std::sync::atomic::{AtomicU32, Ordering};

use larder::{Memory, Packages, memoize};

static RUNS: AtomicU32 = AtomicU32::new(0);

#[memoize]
fn square(n: u64) -> u64 {
    RUNS.fetch_add(1, Ordering::Relaxed);
    n * n
}

fn ran(act: impl FnOnce()) -> u32 {
    let before = RUNS.load(Ordering::Relaxed);
    act();
    RUNS.load(Ordering::Relaxed) - before
}

fn memory() -> Memory {
    Memory::open("memory:").unwrap()
}

fn twice() {
    for _ in 0..2 {
        assert_eq!(square(4), 16);
    }
}

/// One test, since all of it is about one thing of the process.
#[test]
fn it_serves_whom_it_is_told_to() {
    assert_eq!(ran(twice), 2, "nothing installed");

    let own = memory();
    own.install();
    assert!(Memory::current().is_some());
    assert_eq!(ran(twice), 1, "this package is the user's own");
    assert_eq!(ran(|| std::thread::spawn(twice).join().unwrap()), 0, "and so on any thread");

    let scoped = memory();
    assert_eq!(ran(|| scoped.scope(twice)), 1, "a scope goes before");
    assert_eq!(ran(|| Memory::disabled().scope(twice)), 2);

    let other = memory();
    other.install();
    assert_eq!(ran(twice), 1, "the last one installed");
    assert_eq!(own.stats().hits, 3);

    let named = memory();
    named.install_for(Packages::Only(vec!["serde".to_owned()]));
    assert_eq!(ran(twice), 2, "only packages of these names");
    assert_eq!(named.stats().calls(), 0);
    named.install_for(Packages::Only(vec!["serde".to_owned(), "larder".to_owned()]));
    assert_eq!(ran(twice), 1);

    let all = memory();
    all.install_for(Packages::All);
    assert_eq!(ran(twice), 1);

    Memory::uninstall();
    assert!(Memory::current().is_none());
    assert_eq!(ran(twice), 2);
}
