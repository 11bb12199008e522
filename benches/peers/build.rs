//! Writes down 200 functions for the programs that only start: each of them says what `kept!` means.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let mut text = String::new();
    for n in 0..200 {
        writeln!(text, "kept! {{ function{n} {n} }}").expect("a text");
    }
    writeln!(text, "fn all(x: u64) -> u64 {{").expect("a text");
    let calls: Vec<_> = (0..200).map(|n| format!("called!(function{n} x)")).collect();
    writeln!(text, "    {}\n}}", calls.join(" + ")).expect("a text");
    let folder = env::var_os("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&folder).join("functions.rs"), text).expect("room");
}
