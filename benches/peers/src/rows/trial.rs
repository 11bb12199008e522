//! Sides that come to nothing, each in its way: for the tests of the comparison.

use std::process::{Command, abort};
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::bench::Bench;
use crate::row::{Row, Run, here};

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    bench.row(Row::new("sound", well()).peer("peer", well()).floor("floor", well()))?;
    let fails = Box::new(|_| bail!("it cannot"));
    let panics = here(|| assert!(thread::current().name() == Some("nobody"), "it will not"));
    let row = Row::new("failing", well()).peer("fails", fails).peer("panics", panics);
    bench.row(row.peer("well", well()))?;
    let row = Row::new("hanging", well()).peer("hangs", hangs());
    bench.row(row.peer("aborts", here(|| abort())).peer("well", well()))?;
    bench.row(Row::new("hanging itself", hangs()).peer("well", well()))?;
    bench.preparing("what cannot be prepared")?;
    bail!("there is nothing to prepare it from");
}

fn well() -> Run {
    Box::new(|times| Ok(Duration::from_millis(2) * times))
}

/// Waits for a program that waits longer than anybody should; both have to go.
fn hangs() -> Run {
    here(|| Command::new("sleep").arg("3600").status().expect("a program"))
}
