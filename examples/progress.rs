//! How far a call has come: as a bar, as lines, or told to a function of yours.
//!
//! ```sh
//! cargo run --features progress --example progress
//! cargo run --features progress --example progress -- 500
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::time::Duration;

use larder::{Delayed, Parallel, Result, delayed};

/// Tasks that take so many milliseconds.
fn tasks(millis: u64) -> impl Iterator<Item = Delayed<'static, u64>> + Send {
    (0..8).map(move |i| {
        delayed(move || {
            std::thread::sleep(Duration::from_millis(millis));
            i
        })
    })
}

fn main() -> Result<()> {
    let millis = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let parallel = Parallel::new().backend("threading").n_jobs(2).batch_size(1);

    // A bar on a terminal; lines on standard error where there is none.
    parallel.clone().progress(true).run(tasks(millis))?;

    // joblib's lines, on standard error; the higher the number the more of them.
    parallel.clone().verbose(10).run(tasks(millis))?;

    // Whatever you like: one update at a time, in order.
    let told = parallel.on_progress(|update| {
        let total = update.total.map_or("?".to_owned(), |total| total.to_string());
        if update.finished {
            println!("finished: {} of {total}, {} failed", update.done, update.failed);
        } else {
            println!("{} of {total}", update.done);
        }
    });
    told.run(tasks(millis))?;
    Ok(())
}
