//! A Python that has imported Dask already, from which processes of clusters are forked.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use serde_json::json;

const SOURCE: &str = include_str!("nursery.py");

/// It ends with its input, and what it has started with it.
struct Nursery {
    _process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Nursery {
    fn new(python: &str) -> Self {
        let mut command = Command::new(python);
        command.args(["-c", SOURCE]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { _process: process, input, output: BufReader::new(output) }
    }
}

/// Starts a program of this Python's Dask in a directory, where its output goes to a log, and gives its process.
pub(super) fn start(
    python: &str,
    program: &str,
    arguments: &[&str],
    folder: &Path,
    name: &str,
) -> u32 {
    static ALL: Mutex<Option<HashMap<String, Nursery>>> = Mutex::new(None);
    let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
    let all = all.get_or_insert_default();
    let nursery = all.entry(python.to_owned()).or_insert_with(|| Nursery::new(python));
    let log = folder.join(format!("{name}.log"));
    let asked = json!({
        "program": program,
        "arguments": arguments,
        "folder": folder,
        "log": log,
    });
    writeln!(nursery.input, "{asked}").unwrap();
    let mut pid = String::new();
    nursery.output.read_line(&mut pid).unwrap();
    pid.trim().parse().unwrap()
}
