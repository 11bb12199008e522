//! What a call on a cluster costs, beside what Dask's own client takes there for the same.
//!
//! ```sh
//! cargo xtask bench dask
//! ```
//!
//! Both contestants take turns; the figures are medians.
#![expect(clippy::print_stdout, reason = "a table for people to look at")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use larder_core::parallel::ParallelBackend;
use larder_core::{Parallel, task};
use larder_dask::{Dask, DaskOptions};

#[task(crate = larder_core)]
fn nothing(n: u64) -> u64 {
    n
}

#[task(crate = larder_core)]
fn count(numbers: &[f64]) -> usize {
    numbers.len()
}

/// Answers each line with how long it took: `1` is a lone task, `N` many of them, `large` one of a large array, `shared`
/// 20 of it.
const PYTHON: &str = r#"
import os, sys, time
from array import array
from distributed import Client
def nothing(n): return n
def count(numbers): return len(numbers)
client = Client(os.environ["LARDER_TEST_DASK"])
# Zeros would not take any memory.
large = b"\1" * 100_000_000
for line in sys.stdin:
    begun = time.perf_counter()
    if line.strip() == "large":
        future, = client.scatter([large], hash=False)
        client.submit(count, future, pure=False).result()
        del future
    elif line.strip() == "shared":
        future, = client.scatter([large], hash=False)
        client.gather([client.submit(count, future, pure=False) for _ in range(20)])
        del future
    elif line.strip() == "1":
        client.submit(nothing, 1, pure=False).result()
    else:
        client.gather(client.map(nothing, range(int(line)), pure=False))
    print(time.perf_counter() - begun, flush=True)
"#;

struct Pure {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Pure {
    fn new(python: &str) -> Self {
        let mut command = Command::new(python);
        command.args(["-c", PYTHON]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("Python");
        let input = process.stdin.take().expect("a pipe");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        Self { process, input, output }
    }

    fn time(&mut self, what: &str) -> Duration {
        writeln!(self.input, "{what}").expect("Python is there");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("Python is there");
        Duration::from_secs_f64(line.trim().parse().expect("seconds"))
    }
}

impl Drop for Pure {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn compare(
    what: &str,
    rounds: usize,
    mut ours: impl FnMut(),
    mut theirs: impl FnMut() -> Duration,
) {
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let begun = Instant::now();
        ours();
        own.push(begun.elapsed());
        other.push(theirs());
    }
    let (own, other) = (median(own), median(other));
    println!("{what:24} larder {own:>10.2?}   Dask {other:>10.2?}");
}

fn main() {
    larder_worker::init();
    let variable = |name| {
        std::env::var(name)
            .unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask bench dask`"))
    };
    let python = variable("LARDER_TEST_PYTHON");
    let options = DaskOptions::new(variable("LARDER_TEST_DASK")).python(&*python);
    let backend: Arc<dyn ParallelBackend> =
        Arc::new(Dask::new(options).expect("options that can be meant"));
    let parallel = || Parallel::new().backend(backend.clone()).n_jobs(-1);
    let run = |count: u64| {
        let results = parallel().run((0..count).map(nothing::delayed)).expect("results");
        assert_eq!(results.len() as u64, count);
    };
    let mut pure = Pure::new(&python);
    // Both warm up.
    run(100);
    pure.time("100");

    compare("a lone task", 21, || run(1), || pure.time("1"));
    // One by one no two differ, and all of them would take most of a minute.
    compare("10 000 that do nothing", 5, || run(10_000), || 10 * pure.time("1000"));
    let numbers = vec![1.0; 12_500_000];
    let large = || {
        let counts = parallel().run([count::delayed(&numbers)]).expect("a count");
        assert_eq!(counts, [12_500_000]);
    };
    compare("one of 100 MB", 5, large, || pure.time("large"));
    let shared = || {
        let counts = parallel().run((0..20).map(|_| count::delayed(&numbers))).expect("counts");
        assert_eq!(counts, [12_500_000; 20]);
    };
    compare("20 that share 100 MB", 3, shared, || pure.time("shared"));
}
