//! `cargo xtask bench growth`: how costs grow with what is kept, and with how much there is to do.

mod plot;
mod stores;
mod tasks;

use std::fmt::Write;
use std::fs;

use anyhow::Result;
use clap::{Args, ValueEnum};

use self::plot::Plot;
use crate::machine::{load, machine};
use crate::report::book;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A tenth of the entries and tasks; the page goes to target/bench
    #[arg(long)]
    quick: bool,

    /// Only stores or only tasks; the page goes to target/bench
    #[arg(long)]
    only: Option<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Stores,
    Tasks,
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
    let load = load()?;
    let wanted = |part| options.only.is_none_or(|only| only == part);
    let mut plots = Vec::new();
    if wanted(Part::Stores) {
        plots.extend(stores::measure(scale)?);
    }
    if wanted(Part::Tasks) {
        plots.extend(tasks::measure(scale)?);
    }
    let book = book(!options.quick && options.only.is_none())?;
    let length =
        if options.quick { " A tenth of the entries and tasks, for a first look." } else { "" };
    let machine = machine()?;
    let mut page =
        format!("{INTRODUCTION}\nMeasured on: {machine}; load {load} before the run.{length}\n");
    for plot in &plots {
        plot.print();
        let Plot { title, about, file, .. } = plot;
        let table = plot.table();
        write!(page, "\n## {title}\n\n{about}\n\n![{title}](images/{file})\n\n{table}")?;
        plot.draw(&book.join("images").join(file))?;
    }
    Ok(fs::write(book.join("growth.md"), page)?)
}
