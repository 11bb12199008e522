//! The comparison outlives sides that fail, panic, hang, or take their process with them; none leaves a process behind.

use std::fs::{self, File};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// What the processes of this trial are known by: their surroundings have it.
const MARK: &str = "LARDER_TRIAL";

#[test]
fn a_side_that_comes_to_nothing_is_told_and_the_run_goes_on() {
    let mark = format!("{}-{:?}", std::process::id(), Instant::now());
    // Not pipes: a process that is left behind would keep them open, and be waited for.
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (out, err) = (folder.path().join("out"), folder.path().join("err"));
    let status = Command::new(env!("CARGO_BIN_EXE_peers"))
        .args(["trial", "--quick", "--limit", "3"])
        .env(MARK, &mark)
        .stdout(File::create(&out).expect("room"))
        .stderr(File::create(&err).expect("room"))
        .status()
        .expect("the comparison");
    let text = |path| fs::read_to_string(path).expect("what it said");
    let (out, err) = (text(&out), text(&err));
    assert_eq!(status.code(), Some(1), "{out}{err}");
    let rows: Vec<Value> = serde_json::from_str(out.lines().last().expect("rows")).expect("JSON");
    let row = |work: &str| {
        let row = rows.iter().find(|row| row["work"] == work);
        row.unwrap_or_else(|| panic!("no row `{work}`: {out}{err}"))
    };

    let sound = row("sound");
    assert!(sound["larder"].is_f64() && sound["peers"]["peer"].is_f64(), "{sound}");
    assert_eq!(sound["failed"], serde_json::json!({}));

    let failing = row("failing");
    assert_eq!(failing["failed"]["fails"], "it cannot");
    assert_eq!(failing["failed"]["panics"], "panicked: it will not");
    assert!(failing["peers"]["fails"].is_null(), "{failing}");
    assert!(failing["larder"].is_f64() && failing["peers"]["well"].is_f64(), "{failing}");

    let hanging = row("hanging");
    assert_eq!(hanging["failed"]["hangs"], "a turn was not done after 3 s, and ended");
    assert_eq!(hanging["failed"]["aborts"], "its process was ended by signal 6");
    assert!(hanging["larder"].is_f64() && hanging["peers"]["well"].is_f64(), "{hanging}");

    let own = row("hanging itself");
    assert_eq!(own["failed"]["larder"], "a turn was not done after 3 s, and ended");
    assert!(own["larder"].is_null() && own["met"] == false, "{own}");
    assert!(own["peers"]["well"].is_f64(), "{own}");

    let rest = row("the rest of `trial`: what cannot be prepared");
    assert_eq!(rest["failed"]["larder"], "there is nothing to prepare it from");
    assert!(err.contains("error: failing, fails: it cannot"), "{err}");

    // Who was ended with SIGKILL may take a moment to be gone.
    let begun = Instant::now();
    while left_behind(&mark) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(60), "{} left", left_behind(&mark));
        thread::sleep(Duration::from_millis(10));
    }
}

/// How many processes have the mark.
fn left_behind(mark: &str) -> usize {
    let wanted = format!("{MARK}={mark}");
    let marked = |surroundings: Vec<u8>| {
        surroundings.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    let processes = fs::read_dir("/proc").expect("processes").filter_map(Result::ok);
    processes
        .filter_map(|process| fs::read(process.path().join("environ")).ok())
        .filter(|surroundings| marked(surroundings.clone()))
        .count()
}
