//! The data: red wines, eleven measurements of each, and the quality that tasters gave it (3 to 8).

use larder::{KeyDigest, tracked};

/// Wines, column by column.
#[derive(Debug, Clone, KeyDigest)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Vec<f64>>,
    pub(crate) quality: Vec<f64>,
}

/// The wines in an order that says nothing, and the names of the measurements.
pub(crate) fn load() -> (Table, Vec<String>) {
    let wines = linfa_datasets::winequality();
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for (measured, quality) in wines.records().rows().into_iter().zip(wines.targets()) {
        let row = measured.iter().copied().chain([*quality as f64]).collect();
        // Some wines are in the data more than once: none may be both learned from and judged by.
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    let rows = shuffled(&rows, 0);
    let column = |i: usize| rows.iter().map(|row| row[i]).collect::<Vec<_>>();
    let names = wines.feature_names();
    let columns = (0..names.len()).map(column).collect();
    (Table { columns, quality: column(names.len()) }, names.to_vec())
}

impl Table {
    pub(crate) fn len(&self) -> usize {
        self.quality.len()
    }

    /// Part `i` of `parts`, after the rest.
    pub(crate) fn split(&self, parts: usize, i: usize) -> (Self, Self) {
        (self.rows(|row| row % parts != i), self.rows(|row| row % parts == i))
    }

    fn rows(&self, wanted: impl Fn(usize) -> bool) -> Self {
        let pick = |column: &Vec<f64>| {
            (0..column.len()).filter(|row| wanted(*row)).map(|row| column[row]).collect()
        };
        Self { columns: self.columns.iter().map(pick).collect(), quality: pick(&self.quality) }
    }
}

/// The items in another order, which `seed` decides.
#[tracked]
pub(crate) fn shuffled<T: Clone>(items: &[T], seed: u64) -> Vec<T> {
    let mut state = seed;
    // SplitMix64.
    let mut random = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    };
    let mut items = items.to_vec();
    for end in (1..items.len()).rev() {
        items.swap(end, (random() % (end as u64 + 1)) as usize);
    }
    items
}

/// Root mean squared error: how far off predictions are.
#[tracked]
pub(crate) fn rmse(predictions: &[f64], truth: &[f64]) -> f64 {
    let squares: f64 = predictions.iter().zip(truth).map(|(a, b)| (a - b).powi(2)).sum();
    (squares / truth.len() as f64).sqrt()
}
