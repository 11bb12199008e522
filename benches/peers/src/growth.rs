//! `cargo xtask bench growth`: how costs grow with what is kept, and with how much there is to do.

mod plot;
mod stores;
mod tasks;

use std::fmt::Write;
use std::fs;

use anyhow::Result;
use clap::Args;

use self::plot::Plot;
use crate::machine::machine;
use crate::report::root;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A tenth of the entries and tasks, and nothing is written to docs/
    #[arg(long)]
    quick: bool,
}

/// One curve: what at how many.
#[derive(Debug)]
pub(crate) struct Curve {
    pub(crate) name: &'static str,
    pub(crate) points: Vec<(u64, f64)>,
}

const INTRODUCTION: &str = "# How costs grow

<!-- Written by `cargo xtask bench growth`. -->

With what a store holds, and with how many tasks a call has. `cargo xtask bench growth` measures it and writes this page.
A line that stays level costs the same whatever there is; both axes are logarithmic.
";

pub(crate) fn run(options: &Options) -> Result<()> {
    let scale = if options.quick { 10 } else { 1 };
    let plots = stores::measure(scale)?.into_iter().chain(tasks::measure(scale)?);
    let plots: Vec<Plot> = plots.collect();
    let mut page = format!("{INTRODUCTION}\nMeasured on: {}.\n", machine()?);
    for plot in &plots {
        plot.print();
        write!(
            page,
            "\n## {}\n\n{}\n\n![{}](images/{})\n\n{}",
            plot.title,
            plot.about,
            plot.title,
            plot.file,
            plot.table()
        )?;
        if !options.quick {
            plot.draw(&root().join("docs/images").join(plot.file))?;
        }
    }
    if !options.quick {
        fs::write(root().join("docs/growth.md"), page)?;
    }
    Ok(())
}
