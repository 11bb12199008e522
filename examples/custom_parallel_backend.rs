//! A parallel backend of one's own, chosen by name, that cannot be opened without its endpoint and credentials.
//!
//! ```sh
//! cargo run --example custom_parallel_backend
//! ```
//!
//! This one talks to no cluster: it does in this process what the two sides of a wire would do. What it must be able to
//! do, and the suite that says whether it does, is in docs/writing-a-parallel-backend.md.
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use larder::codec::{EncodeOptions, Encoded, Postcard};
use larder::parallel::tasks::{self, TaskBuffer};
use larder::parallel::{Call, NJobs, Outcome, ParallelBackend, ParallelCapabilities, PortableTask};
use larder::{Error, Parallel, Registry, Result, delayed, task};
use serde::Deserialize;

/// What its users must say. An option without a default is mandatory.
#[derive(Deserialize)]
struct Options {
    endpoint: String,
    /// Called so, it is shown nowhere.
    token: String,
    #[serde(default = "four")]
    slots: usize,
}

fn four() -> usize {
    4
}

#[derive(Debug)]
struct Cluster {
    slots: usize,
}

impl Cluster {
    fn connect(options: Options) -> Result<Self> {
        if options.token != "let-me-in" {
            return Err(Error::invalid(format!("{} refuses these credentials", options.endpoint)));
        }
        println!("connected to {}", options.endpoint);
        Ok(Self { slots: options.slots })
    }

    /// A task's way: its name, version and arguments go out, its result comes back, all of them bytes.
    fn send(&self, task: &dyn PortableTask, call: &dyn Call) -> Result<Encoded> {
        let sent = task.encode(&*call.transfer().codec)?;
        let buffers: Vec<_> = sent.buffers.iter().map(TaskBuffer::to_bytes).collect();
        // From here on, on the other side.
        let function = tasks::find(task.function(), task.version())?;
        function.run(&sent.payload, buffers, &EncodeOptions::new(&Postcard))
    }
}

impl ParallelBackend for Cluster {
    fn capabilities(&self) -> ParallelCapabilities {
        ParallelCapabilities::separate()
    }

    fn workers(&self, n_jobs: NJobs) -> Result<usize> {
        Ok(n_jobs.of(self.slots).min(self.slots))
    }

    fn run(&self, call: &dyn Call) -> Result<()> {
        while let Some(mut batch) = call.next_batch(0) {
            for i in 0..batch.len() {
                let Some(task) = batch.portable(i) else {
                    return Err(Error::invalid("a closure cannot be sent: make it a #[task]"));
                };
                let outcome = Outcome::Returned(self.send(task, call)?);
                batch.set(i, outcome, "cluster")?;
            }
        }
        Ok(())
    }
}

#[task]
fn cube(n: u64) -> u64 {
    n.pow(3)
}

fn main() -> Result<()> {
    Registry::global().register_parallel("cluster", Cluster::connect)?;
    let cubes = |backend: &str| Parallel::new().backend(backend).run((0..5).map(cube::delayed));

    println!("{:?}", cubes("cluster?endpoint=tcp://example:8786&token=let-me-in")?);
    for wrong in [
        "cluster",
        "cluster?endpoint=tcp://example:8786",
        "cluster?endpoint=tcp://example:8786&token=guess",
        "cluster?endpoint=tcp://example:8786&token=let-me-in&slot=2",
    ] {
        println!("{}", cubes(wrong).unwrap_err());
    }
    // Nothing is sent of this one: it runs on threads.
    let closure = Parallel::new()
        .backend("cluster?endpoint=tcp://example:8786&token=let-me-in")
        .run([delayed(|| 1)]);
    println!("closures stay here: {:?}", closure?);
    Ok(())
}
