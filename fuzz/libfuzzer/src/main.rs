//! libFuzzer around the target that `LARDER_FUZZ_TARGET` names, with its seeds written to the directory
//! `LARDER_FUZZ_SEEDS`. Built and run by `cargo xtask fuzz`.

#![no_main]

use std::path::Path;
use std::sync::LazyLock;
use std::{env, fs};

use larder_fuzz::Target;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = env::var("LARDER_FUZZ_TARGET").unwrap_or_default();
    Target::named(&name).unwrap_or_else(|| panic!("LARDER_FUZZ_TARGET={name:?} is no target"))
});

fn write_seeds() {
    let Some(directory) = env::var_os("LARDER_FUZZ_SEEDS") else { return };
    for (number, seed) in TARGET.seeds().iter().enumerate() {
        fs::write(Path::new(&directory).join(format!("seed-{number:02}")), seed)
            .expect("a seed is written");
    }
}

libfuzzer_sys::fuzz_target!(
    init: write_seeds(),
    |bytes: &[u8]| {
        if bytes.len() <= TARGET.max_len {
            TARGET.check(bytes);
        }
    }
);
