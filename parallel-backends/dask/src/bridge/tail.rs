//! What a process says last.

use std::io::{BufRead, BufReader, Read};
use std::thread::{self, JoinHandle};

/// How many lines are kept.
const LINES: usize = 8;

/// Reads what a process says, and keeps the end of it.
#[derive(Debug)]
pub(super) struct Tail(JoinHandle<Vec<String>>);

impl Tail {
    pub(super) fn of(output: impl Read + Send + 'static) -> Self {
        Self(thread::spawn(move || {
            let mut kept = Vec::new();
            // Bytes that are not UTF-8 end it: nobody would read them.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                tracing::debug!(target: "larder::parallel", line, "the bridge to Dask says");
                if kept.len() == LINES {
                    kept.remove(0);
                }
                kept.push(line);
            }
            kept
        }))
    }

    /// What it said last, once it has ended.
    pub(super) fn end(self) -> String {
        self.0.join().unwrap_or_default().join("\n")
    }
}
