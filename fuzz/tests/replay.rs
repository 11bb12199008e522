//! Every input that a fuzzer found worth keeping, every one that once broke something, and what they grew from.

use std::fs;
use std::path::Path;

use larder_fuzz::{TARGETS, Target};

fn replay(name: &str) {
    let target = Target::named(name).expect("a target");
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<_> =
        fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", corpus.display());
    for seed in target.seeds() {
        target.check(&seed);
    }
    for path in files {
        let bytes = fs::read(&path).unwrap();
        let checked = std::panic::catch_unwind(|| target.check(&bytes));
        assert!(checked.is_ok(), "corpus/{name}/{}", path.file_name().unwrap().display());
    }
}

macro_rules! replayed {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            replay(stringify!($name));
        })*

        #[test]
        fn every_target_is_replayed() {
            let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

replayed! {
    arrays codecs compressors configs dumps entries frames keys npy placeholders references
}
