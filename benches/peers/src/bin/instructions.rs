//! `cargo xtask bench instructions`: how many instructions hits, misses, keys and tasks take, counted by callgrind.
//!
//! Compared with those of `benches/peers/instructions.json`; `-- --save` keeps them there instead. Needs valgrind.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its figures")]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use larder::{Memory, Parallel, memoize, task};
use serde::{Deserialize, Serialize};

#[memoize]
fn number(a: u64, b: &str) -> f64 {
    a as f64 + b.len() as f64
}

#[memoize(hot)]
fn hot_number(a: u64, b: &str) -> f64 {
    a as f64 + b.len() as f64
}

#[memoize]
fn block(len: usize) -> Vec<u8> {
    vec![7; len]
}

type Words<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);
type Numbers = (u64, u64, u64, u64, u64);

/// Twenty arguments, in fours of five.
#[memoize]
fn twenty(a: Numbers, b: Numbers, c: Words<'_>, d: Words<'_>) -> u64 {
    a.0 + b.0 + c.0.len() as u64 + d.0.len() as u64
}

#[task]
fn nothing(x: u64) -> u64 {
    x
}

/// What is counted: its name, how often it is repeated at least, and what does it so often.
type Walk = (&'static str, u64, fn(&Path, u64));

const WALKS: [Walk; 7] = [
    ("a hit in a file", 500, |folder, times| {
        let numbers = Memory::open(folder).expect("a store").cache::<number>();
        (0..times).for_each(|_| drop(black_box(numbers.call(7, "seven"))));
    }),
    ("a hit in SQLite", 500, |folder, times| {
        let memory = Memory::open(sqlite(folder).as_str()).expect("a store");
        let numbers = memory.cache::<number>();
        (0..times).for_each(|_| drop(black_box(numbers.call(7, "seven"))));
    }),
    ("a hit in memory", 500, |folder, times| {
        let numbers = Memory::open(folder).expect("a store").cache::<hot_number>();
        (0..times).for_each(|_| drop(black_box(numbers.call(7, "seven"))));
    }),
    ("a hit of 8 KiB in a file", 500, |folder, times| {
        let blocks = Memory::open(folder).expect("a store").cache::<block>();
        (0..times).for_each(|_| drop(black_box(blocks.call(8 << 10))));
    }),
    ("a miss in a file", 500, |folder, times| {
        let numbers = Memory::open(folder).expect("a store").cache::<number>();
        (0..times).for_each(|n| drop(black_box(numbers.call(n, "fresh"))));
    }),
    ("a key of 20 arguments", 500, |folder, times| {
        let twenties = Memory::open(folder).expect("a store").cache::<twenty>();
        let (numbers, words) = ((1, 2, 3, 4, 5), ("one", "two", "three", "four", "five"));
        (0..times)
            .for_each(|_| drop(black_box(twenties.with(numbers, numbers, words, words).key())));
    }),
    ("a task, one worker", 20_000, |_, times| {
        let results = Parallel::new().run((0..times).map(nothing::delayed)).expect("results");
        drop(black_box(results));
    }),
];

fn sqlite(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("larder.db").display())
}

/// What is kept, and with which compiler it was counted.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Counts {
    rustc: String,
    instructions: BTreeMap<String, u64>,
}

/// How much more than kept is too much.
const TOLERATED: f64 = 1.01;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [run, name, times] = &arguments[..]
        && run == "run"
    {
        let walk = WALKS.iter().find(|(walk, ..)| walk == name).expect("a walk of this bench");
        walk.2(Path::new("store"), times.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("error: valgrind is missing, which counts (on Debian, package valgrind)");
        return ExitCode::FAILURE;
    }
    let counted = WALKS.iter().map(|walk| (walk.0.to_owned(), count(walk)));
    let counts = Counts { rustc: rustc(), instructions: counted.collect() };
    if arguments.iter().any(|argument| argument == "--save") {
        let text = serde_json::to_string_pretty(&counts).expect("it can be written");
        fs::write(kept(), text + "\n").expect("room");
    }
    compare(&counts)
}

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.json")
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output().expect("a compiler");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The instructions of one of many: what starting and ending take is in both runs.
fn count(walk: &Walk) -> u64 {
    let (name, times, _) = *walk;
    let (few, many) = (instructions(name, times), instructions(name, 3 * times));
    println!("{name:<28} {:>8}", (many - few) / (2 * times));
    (many - few) / (2 * times)
}

/// Of a program that opens a new store and does so many of it.
fn instructions(name: &str, times: u64) -> u64 {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().expect("this program"))
        .args(["run", name, &times.to_string()])
        .current_dir(folder.path())
        .output()
        .expect("valgrind");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    let count = text.lines().find_map(|line| line.split_once("Collected : "));
    count.expect("a count").1.trim().parse().expect("a number")
}

fn compare(counts: &Counts) -> ExitCode {
    let Ok(text) = fs::read_to_string(kept()) else {
        eprintln!("error: no counts are kept: `-- --save` keeps these");
        return ExitCode::FAILURE;
    };
    let kept: Counts = serde_json::from_str(&text).expect("counts");
    if kept.rustc != counts.rustc {
        println!("the kept counts are those of {}: nothing to compare with", kept.rustc);
        return ExitCode::SUCCESS;
    }
    let mut more = false;
    for (name, count) in &counts.instructions {
        let Some(before) = kept.instructions.get(name) else { continue };
        if *count as f64 > TOLERATED * *before as f64 {
            more = true;
            eprintln!("error: {name}: {count} instructions, {before} are kept");
        }
    }
    if more { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
