//! Which gradient-boosted trees predict best how good a red wine is? A model selection on real data, whose slow steps
//! are memoized: run it twice, change a parameter, edit a step.
//!
//! ```sh
//! cargo run --release -p quickstart
//! cargo run --release -p quickstart -- --depths 2,4,8
//! ```
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people to look at")]

mod boosting;
mod options;
mod report;
mod wine;

use std::error::Error;
use std::process::ExitCode;

use larder::{Config, Memory, memoize};

use crate::boosting::{Model, Params, predict, train};
use crate::options::{HELP, Options};
use crate::report::Report;
use crate::wine::{Table, rmse, shuffled};

/// How far off the predictions for `test` are of a model that has learned from `rest`.
#[memoize(depends(train, predict, rmse))]
fn fold_error(rest: &Table, test: &Table, params: &Params) -> f64 {
    let model = train(rest, params);
    rmse(&predict(&model, test), &test.quality)
}

/// The model for use.
#[memoize(depends(train))]
fn fit(table: &Table, params: &Params) -> Model {
    train(table, params)
}

/// How much further off the predictions are when one column's values are dealt out anew, on average over 20 deals.
#[memoize(depends(predict, rmse, shuffled))]
fn importance(model: &Model, test: &Table, column: usize) -> f64 {
    let deals = 20;
    let error_of_deal = |deal| {
        let mut dealt = test.clone();
        dealt.columns[column] = shuffled(&test.columns[column], deal);
        rmse(&predict(model, &dealt), &test.quality)
    };
    (0..deals).map(error_of_deal).sum::<f64>() / deals as f64
        - rmse(&predict(model, test), &test.quality)
}

fn run() -> Result<(), Box<dyn Error>> {
    let options = Options::parse(std::env::args().skip(1))?;
    if options.help {
        println!("{HELP}");
        return Ok(());
    }
    let memory = match &options.store {
        Some(store) => Memory::open(store)?,
        // What the environment or larder.toml says; without either it is the directory .larder.
        None => Memory::open(Config::load()?)?,
    };
    // From here on memoized functions keep their results, and are called like any others.
    memory.install();
    select_model(&options, &memory);
    Ok(())
}

fn select_model(options: &Options, memory: &Memory) {
    const FOLDS: usize = 5;
    let (wines, names) = wine::load();
    // Every fifth wine is set aside, to judge the chosen model by.
    let (learn, judge) = wines.split(5, 0);
    println!(
        "{} red wines, {} measurements of each.\n{} to choose a model with, {} to judge it by.\n",
        wines.len(),
        names.len(),
        learn.len(),
        judge.len()
    );
    let folds: Vec<_> = (0..FOLDS).map(|fold| learn.split(FOLDS, fold)).collect();

    let report = Report::begin(memory);
    let cross_validate = |params: Params| {
        let squares = folds.iter().map(|(rest, test)| fold_error(rest, test, &params).powi(2));
        let error = (squares.sum::<f64>() / FOLDS as f64).sqrt();
        ((error, params), Some(error))
    };
    let tried = options
        .candidates()
        .map(|params| report.step(params.to_string(), || cross_validate(params)));
    let (_, best) =
        tried.min_by(|(a, _), (b, _)| a.total_cmp(b)).expect("options name a candidate");

    let (model, error) = report.step("fit the best, judge it", || {
        let model = fit(&learn, &best);
        let error = rmse(&predict(&model, &judge), &judge.quality);
        ((model, error), Some(error))
    });
    let mut importances = report.step("importance of each column", || {
        let columns = names.iter().enumerate();
        (columns.map(|(i, name)| (importance(&model, &judge, i), name)).collect::<Vec<_>>(), None)
    });
    importances.sort_by(|(a, _), (b, _)| b.total_cmp(a));

    let mean = learn.quality.iter().sum::<f64>() / learn.len() as f64;
    let error_of_mean = rmse(&vec![mean; judge.len()], &judge.quality);
    println!(
        "\nBest: {best}.\nIt is off by {error:.3} (RMSE), predicting the mean by {error_of_mean:.3}."
    );
    let decisive: Vec<_> =
        importances.iter().take(3).map(|(more, name)| format!("{name} {more:+.3}")).collect();
    println!("Further off without: {}.", decisive.join(", "));
    report.end();

    if options.are_default() {
        assert!(
            (0.6..0.75).contains(&error),
            "an RMSE of {error} is out of the ordinary for these wines"
        );
        assert!(
            error < 0.9 * error_of_mean,
            "hardly better than predicting the mean: {error} and {error_of_mean}"
        );
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}
