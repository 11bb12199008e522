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
mod trial;

use anyhow::{Context, Result};

use crate::bench::Bench;

/// Measures the rows of a group.
type Group = fn(&mut Bench) -> Result<()>;

/// The groups, in the order of the page.
pub(crate) const GROUPS: [(&str, Group); 9] = [
    ("hits", hits::run),
    ("misses", misses::run),
    ("together", together::run),
    ("keys", keys::run),
    ("arrays", arrays::run),
    ("parallel", parallel::run),
    ("clusters", clusters::run),
    ("many", many::run),
    ("programs", builds::run),
];

/// Sides that come to nothing, each in its way: for the tests of the comparison.
pub(crate) const TRIAL: &str = "trial";

/// Measures those of the group `name`.
pub(crate) fn run(bench: &mut Bench, name: &str) -> Result<()> {
    if name == TRIAL {
        return trial::run(bench);
    }
    let group = GROUPS.iter().find(|(group, _)| *group == name);
    group.with_context(|| format!("`{name}` is no group"))?.1(bench)
}
