//! Many parallel calls, one after the other, on the same workers.
//!
//! ```sh
//! cargo run --example pool_reuse
//! cargo run --example pool_reuse -- sequential
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use larder::{Parallel, Result, delayed};

fn main() -> Result<()> {
    let backend = std::env::args().nth(1).unwrap_or_else(|| "threading".to_owned());
    // From here on the backend is there, and its workers wait between the calls.
    let pool = Parallel::new().backend(backend.as_str()).n_jobs(2).open()?;

    let (mut accumulator, mut rounds) = (0.0_f64, 0);
    while accumulator < 1000.0 {
        // The next round needs the sum of this one, so each call is a barrier.
        let roots =
            pool.run((0..5).map(|i| delayed(move || (accumulator + f64::from(i * i)).sqrt())))?;
        accumulator += roots.iter().sum::<f64>();
        rounds += 1;
    }
    println!("{accumulator:.3} after {rounds} rounds");
    Ok(())
}
