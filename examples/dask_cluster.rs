//! Many tasks on the workers of a Dask cluster, whose results are kept.
//!
//! ```sh
//! pip install "dask[distributed]"
//! cargo run --example dask_cluster --features dask -- local
//! ```
//!
//! That starts a cluster here. The same program uses a real one: `dask_cluster tcp://scheduler:8786`, and, where its
//! workers are other machines, a store that they reach: `dask_cluster tcp://scheduler:8786 s3://bucket/prefix`. The second
//! run takes everything from there.
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::time::Instant;

use larder::dask::{Dask, DaskOptions};
use larder::{Memory, Parallel, Result, memoize, task};

/// The share of random points in the unit square that lie in the circle, times four.
#[task]
#[memoize]
fn estimate_pi(seed: u64, points: u32) -> f64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let inside = (0..points).filter(|_| random().hypot(random()) < 1.0).count();
    4.0 * inside as f64 / f64::from(points)
}

fn main() -> Result<()> {
    // Workers are this program, started again: here they begin, and go no further.
    larder::init();
    let mut arguments = std::env::args().skip(1);
    let endpoint = arguments.next().unwrap_or_else(|| "local".to_owned());
    let store = arguments.next().unwrap_or_else(|| "./dask-cluster-cache".to_owned());
    // Any Python that has Dask will do.
    let python = std::env::var("LARDER_EXAMPLE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let cluster = Dask::new(DaskOptions::new(endpoint).python(python))?;
    cluster.connect()?;

    let memory = Memory::open(&*store)?;
    let begun = Instant::now();
    let estimates = memory.scope(|| {
        let tasks = (0..200).map(|seed| estimate_pi::delayed(seed, 1_000_000));
        Parallel::new().backend(cluster).n_jobs(-1).run(tasks)
    })?;
    let mean = estimates.iter().sum::<f64>() / estimates.len() as f64;
    println!("π is about {mean:.5}, by {} tasks in {:.2?}", estimates.len(), begun.elapsed());
    Ok(())
}
