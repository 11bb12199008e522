//! The rows, in groups.

mod arrays;
mod builds;
mod clusters;
mod hits;
mod keys;
mod many;
mod misses;
mod parallel;
mod together;

use anyhow::Result;

use crate::bench::Bench;

/// Measures them all.
pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let groups = [
        hits::run,
        misses::run,
        together::run,
        keys::run,
        arrays::run,
        parallel::run,
        clusters::run,
        many::run,
        builds::run,
    ];
    groups.into_iter().try_for_each(|group| group(bench))
}
