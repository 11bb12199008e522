//! Which gradient-boosted trees predict the quality of a red wine best? A small model selection on real data, whose
//! slow steps are memoized: run it twice, change a parameter, edit a step.
//!
//! ```sh
//! cargo run --release --example quickstart
//! cargo run --release --example quickstart -- --depths 2,4,8
//! ```

mod boosting;
mod options;
mod report;
mod wine;

use std::error::Error;
use std::process::ExitCode;

use larder::{Config, Memory, memoize};

use crate::boosting::{Model, Params, predict, train};
use crate::options::Options;
use crate::report::Report;
use crate::wine::{Table, rmse, shuffled};

/// How far a model's predictions for `test` are off when it has learned from `rest`.
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

/// How much worse the model predicts when the values of one column are dealt out anew, 20 times over.
#[memoize(depends(predict, rmse, shuffled))]
fn importance(model: &Model, test: &Table, column: usize) -> f64 {
    let error = rmse(&predict(model, test), &test.quality);
    let repeats = 20;
    let errors = (0..repeats).map(|repeat| {
        let mut table = test.clone();
        table.columns[column] = shuffled(&test.columns[column], repeat);
        rmse(&predict(model, &table), &test.quality)
    });
    errors.sum::<f64>() / repeats as f64 - error
}

/// Where the memoized functions stand, for whoever wants to edit one.
const THIS_FILE: &str = file!();
const FOLDS: usize = 5;

fn select_model(options: &Options, report: &mut Report) {
    let wines = wine::load();
    // Every sixth wine is set aside until the model is chosen.
    let (rest, test) = wines.split(6, 0);
    let mean = rest.quality.iter().sum::<f64>() / rest.len() as f64;
    let mean_error = rmse(&vec![mean; test.len()], &test.quality);

    report.begin(&format!(
        "{} red wines, {} measurements of each. {} to learn from in {FOLDS} folds, {} to judge by.",
        wines.len(),
        wines.columns.len(),
        rest.len(),
        test.len()
    ));
    let folds: Vec<_> = (0..FOLDS).map(|fold| rest.split(FOLDS, fold)).collect();
    let mut best: Option<(f64, Params)> = None;
    for params in options.candidates() {
        let error = report.step(&params.to_string(), || {
            let errors = folds.iter().map(|(rest, test)| fold_error(rest, test, &params));
            let squares: f64 = errors.map(|error| error * error).sum();
            Some((squares / FOLDS as f64).sqrt())
        });
        if let Some(error) = error
            && best.as_ref().is_none_or(|(least, _)| error < *least)
        {
            best = Some((error, params));
        }
    }
    let (_, params) = best.expect("there is a candidate");

    let mut model = None;
    let error = report.step("the best, on all five folds", || {
        let model = model.insert(fit(&rest, &params));
        Some(rmse(&predict(model, &test), &test.quality))
    });
}
