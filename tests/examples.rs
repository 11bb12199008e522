//! The examples run, and print what they are there to show. `cargo test` has built them, beside this test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The program as cargo built it. An old one would say nothing: `cargo test --test examples` builds no examples.
fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test is a program");
    let program = test.parent().and_then(Path::parent).expect("target/…/deps").join("examples");
    let program = program.join(name).with_extension(std::env::consts::EXE_EXTENSION);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(format!("{name}.rs"));
    let changed = |path: &Path| path.metadata().and_then(|metadata| metadata.modified());
    let source = changed(&source).expect("it has a source");
    assert!(
        changed(&program).unwrap_or(SystemTime::UNIX_EPOCH) >= source,
        "{} is missing or old: `cargo build --examples --all-features` first",
        program.display()
    );
    program
}

/// What it prints, without what it says beside that.
fn run(name: &str, arguments: &[&str]) -> String {
    let mut command = Command::new(built(name));
    command.args(arguments);
    for (variable, _) in std::env::vars_os() {
        if variable.to_string_lossy().starts_with("LARDER_") {
            command.env_remove(variable);
        }
    }
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

#[track_caller]
fn prints(name: &str, arguments: &[&str], expected: &str) {
    assert_eq!(run(name, arguments).trim_end(), expected.trim_matches('\n'), "{name}");
}

#[test]
fn memory_basics() {
    prints(
        "memory_basics",
        &[],
        r#"
a function
  column_mean runs, for column 0
mean of column 0: 2
  column_mean runs, for column 1
mean of column 1: 3.5
mean of column 0: 2

a method
  apply runs, with factor 2
scaled by 2: [2.0, 20.0]
  apply runs, with factor 3
scaled by 3: [3.0, 30.0]
scaled by 2: [2.0, 20.0]

another crate's function
  hamming runs, for karolin and kathrin
("karolin", "kathrin"): 3
("karolin", "kathrin"): 3
  hamming runs, for short and longer
("short", "longer"): Differing length arguments provided

6 computed, 3 from the store
"#,
    );
}

#[test]
fn pool_reuse() {
    for backend in ["threading", "sequential"] {
        prints("pool_reuse", &[backend], "1136.597 after 14 rounds");
    }
}

#[test]
fn generator() {
    let printed = run("generator", &[]);
    assert!(printed.contains("collected: 20866662400, 200 results of 1 MiB at once"), "{printed}");
    assert!(printed.contains("streamed:  20866662400, no more than 8 at once: true"), "{printed}");
    let (_, turns) = printed.split_once("take turns\n").expect("a producer");
    assert_eq!(
        turns.lines().take(6).collect::<Vec<_>>(),
        [
            "task 1 is made",
            "  1 is taken",
            "task 2 is made",
            "  4 is taken",
            "task 3 is made",
            "  9 is taken"
        ]
    );
    assert!(printed.ends_with("comes first\n  task 1: fast\n  task 0: slow\n"), "{printed}");
}

#[cfg(all(unix, feature = "process"))]
#[test]
fn checkpoint_parallel() {
    let expected = |backend: &str| {
        let printed = run("checkpoint_parallel", &[backend]);
        let rounds = printed.split("  took ").map(|round| {
            let mut lines: Vec<&str> = round.lines().collect();
            // The first is how long the round before took.
            lines.remove(0);
            let computed = lines.iter().filter(|line| line.ends_with("is computed")).count();
            (lines.first().copied(), computed, lines.last().copied())
        });
        let rounds: Vec<_> = rounds.collect();
        let means = Some("  [496.524, 496.527, 496.53, 496.533, 496.536, 496.539]");
        let maxima = Some("  [996.0, 996.0, 996.0, 996.0, 996.0, 996.0]");
        assert_eq!(rounds.len(), 5, "{printed}");
        assert_eq!((rounds[0].1, rounds[0].2), (6, means), "{printed}");
        assert_eq!(rounds[1], (Some("first round: two workers"), 6, means), "{printed}");
        assert_eq!(rounds[2], (Some("second round: the same again"), 0, means), "{printed}");
        assert_eq!(rounds[3], (Some("another use of the same columns"), 0, maxima), "{printed}");
    };
    ["process", "threading"].into_iter().for_each(expected);
}

#[cfg(all(unix, feature = "process"))]
#[test]
fn shared_memory() {
    prints(
        "shared_memory",
        &[],
        "
closures: {0, 1, 2, 3, 4}
processes: {}
processes, but shared memory is required: {0, 1, 2, 3, 4}
",
    );
}

#[cfg(all(unix, feature = "process"))]
#[test]
fn remote_error() {
    let printed = run("remote_error", &[]);
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(
        lines[..3],
        ["task 3 panicked: attempt to divide by zero", "  dividend = 100", "  divisor = 0"]
    );
    assert!(lines[3].starts_with("  at examples/remote_error.rs:"), "{printed}");
    assert!(lines[4].ends_with("remote_error::divide"), "{printed}");
    assert!(lines[5].starts_with("  on worker Some("), "{printed}");
    assert_eq!(lines[6..8], ["each by itself", "  0"]);
    assert!(lines[8].starts_with("  task 1 was lost with its worker"), "{printed}");
    assert_eq!(lines[9..], ["  2", "errors of one's own", "  1", "  3 is odd"]);
}

#[cfg(all(unix, feature = "process"))]
#[test]
fn serialization() {
    prints(
        "serialization",
        &[],
        r#"
a store
  asked for postcard, with the note Some("good"): postcard
  asked for postcard, with the note None: cbor
  asked for json, with the note Some("good"): json
  asked for json, with the note None: json
another process
  borrowed data: 0.25, computed elsewhere: true
  a closure: stays here: true
  a channel: `&std::sync::mpsc::Sender<alloc::string::String>` cannot be sent to another process: it must be owned, or borrowed with `&`, and implement serde's `Serialize` and `Deserialize`; on threads such a task runs (argument: listener, task: larder::serialization::tell)
  a lock: {} arrived here
  plain data: {"fig": 1, "pear": 2}
"#,
    );
}

#[test]
fn shelving() {
    prints(
        "shelving",
        &[],
        "
a reference has 500 bytes or fewer: true
parsed, it leads to 1000000 numbers, mapped: true
mean 1: 499.5
mean 2: 499.5
mean 3: 499.5
removed: true
then: not found
",
    );
}

#[test]
fn progress() {
    let printed = run("progress", &[]);
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.last(), Some(&"finished: 8 of 8, 0 failed"), "{printed}");
    let counts = lines[..lines.len() - 1].iter().map(|line| line.strip_suffix(" of 8").unwrap());
    let counts: Vec<u32> = counts.map(|count| count.parse().unwrap()).collect();
    assert!(counts.is_sorted() && counts.last() <= Some(&8), "{printed}");
}

#[test]
fn config_by_name() {
    let takes = "871 takes 178 steps, 999 results kept";
    prints("config_by_name", &[], &format!("threading: {takes}"));
    let words = ["sequential", "threading", "threads"];
    let expected = words.map(|word| format!("{word}: {takes}")).join("\n");
    prints("config_by_name", &words, &expected);
}

#[test]
fn custom_parallel_backend() {
    let printed = run("custom_parallel_backend", &[]);
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines[..2], ["connected to tcp://example:8786", "[0, 1, 8, 27, 64]"], "{printed}");
    for (line, says) in lines[2..6].iter().zip([
        "`endpoint` is needed and missing",
        "`token` is needed and missing",
        "refuses these credentials",
        "did you mean `slots`",
    ]) {
        assert!(line.contains(says) && !line.contains("guess"), "{line}");
    }
    assert_eq!(lines[6..], ["closures stay here: [1]"]);
}

#[test]
fn custom_store() {
    prints(
        "custom_store",
        &[],
        "
keeps its promises: true
6 letters, 0 hits so far
6 letters, 1 hits so far
6000 letters, 1 hits so far
6000 letters, 1 hits so far
what was too large was computed, and not kept: 1 kept
",
    );
}

#[test]
fn memmap_parallel() {
    prints(
        "memmap_parallel",
        &[],
        "
input [1000, 2000], mapped: true
output [10, 2000], mapped: true
mean of window 0, column 0: 49.5
mean of window 9, column 0: 949.5
mean of window 9, column 1999: 2948.5
the same in the file: true
",
    );
}

#[test]
fn tiered_team_cache() {
    prints(
        "tiered_team_cache",
        &[],
        "
Alice asks for 2030: computed
Bob asks for 2030: found
Bob asks for 2031: computed
Alice asks for 2031: found
Bob, offline, asks for 2030: found
Bob, offline, asks for 2032: computed
",
    );
}
