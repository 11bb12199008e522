//! Gradient-boosted regression trees: squared error, exact splits, nothing random.
//!
//! Every function that has a say in the result is tracked, so that an edit of any of them is an edit of those that
//! are memoized with `depends(train)` or `depends(predict)`. That is why constants stand within the functions.

use std::fmt;

use larder::tracked;
use serde::{Deserialize, Serialize};

use crate::wine::Table;

/// What can be chosen about a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Params {
    /// How many trees, each correcting those before it.
    pub(crate) trees: usize,
    /// How many questions deep each may be.
    pub(crate) depth: usize,
    /// How much of the remaining error each corrects.
    pub(crate) rate: f64,
}

/// What the candidates differ in.
impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "depth {}, rate {}", self.depth, self.rate)
    }
}

/// A mean, and trees whose answers are added to it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Model {
    mean: f64,
    trees: Vec<Vec<Node>>,
}

/// The nodes of a tree stand root first; what answers "yes" to a split follows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Node {
    Split { column: usize, at_most: f64, no: usize },
    Leaf(f64),
}

/// Rows in the order of each column's values: sorted once a model, and only parted for each node.
type Sorted = Vec<Vec<usize>>;

#[tracked(depends(grow))]
pub(crate) fn train(table: &Table, params: &Params) -> Model {
    let mean = table.quality.iter().sum::<f64>() / table.len() as f64;
    let mut residuals: Vec<f64> = table.quality.iter().map(|quality| quality - mean).collect();
    let by_value = |column: &Vec<f64>| {
        let mut rows: Vec<usize> = (0..column.len()).collect();
        rows.sort_by(|a, b| column[*a].total_cmp(&column[*b]));
        rows
    };
    let sorted: Sorted = table.columns.iter().map(by_value).collect();
    let tree = |_| {
        let mut nodes = Vec::new();
        grow(&mut nodes, table, &mut residuals, &sorted, params.depth, params.rate);
        nodes
    };
    Model { mean, trees: (0..params.trees).map(tree).collect() }
}

/// Appends the tree that corrects the residuals of these rows, and takes its answers off them.
#[tracked(depends(best_split))]
fn grow(
    nodes: &mut Vec<Node>,
    table: &Table,
    residuals: &mut [f64],
    sorted: &Sorted,
    depth: usize,
    rate: f64,
) {
    let split = if depth > 0 { best_split(table, residuals, sorted) } else { None };
    let Some((column, at_most)) = split else {
        let rows = &sorted[0];
        let answer = rate * rows.iter().map(|row| residuals[*row]).sum::<f64>() / rows.len() as f64;
        rows.iter().for_each(|row| residuals[*row] -= answer);
        nodes.push(Node::Leaf(answer));
        return;
    };
    let values = &table.columns[column];
    let part = |rows: &Vec<usize>| rows.iter().partition(|row| values[**row] <= at_most);
    let (yes, no): (Sorted, Sorted) = sorted.iter().map(part).unzip();
    let split = nodes.len();
    nodes.push(Node::Split { column, at_most, no: 0 });
    grow(nodes, table, residuals, &yes, depth - 1, rate);
    nodes[split] = Node::Split { column, at_most, no: nodes.len() };
    grow(nodes, table, residuals, &no, depth - 1, rate);
}

/// The column and value that part these rows with the least squared error, if any does better than the whole.
#[tracked]
fn best_split(table: &Table, residuals: &[f64], sorted: &Sorted) -> Option<(usize, f64)> {
    const FEWEST_ROWS: usize = 5;
    let count = sorted[0].len();
    let total: f64 = sorted[0].iter().map(|row| residuals[*row]).sum();
    let mut best = None;
    // Squared error falls as this rises; without a split it is that of the whole.
    let mut most = total * total / count as f64;
    for (column, rows) in sorted.iter().enumerate() {
        let values = &table.columns[column];
        let mut sum = 0.0;
        for (before, pair) in rows.windows(2).enumerate() {
            sum += residuals[pair[0]];
            let (yes, no) = (before + 1, count - before - 1);
            if values[pair[0]] == values[pair[1]] || yes < FEWEST_ROWS || no < FEWEST_ROWS {
                continue;
            }
            let gain = sum * sum / yes as f64 + (total - sum) * (total - sum) / no as f64;
            if gain > most {
                most = gain;
                best = Some((column, values[pair[0]]));
            }
        }
    }
    best
}

#[tracked]
pub(crate) fn predict(model: &Model, table: &Table) -> Vec<f64> {
    let answer = |tree: &Vec<Node>, row: usize| {
        let mut node = 0;
        loop {
            node = match tree[node] {
                Node::Leaf(answer) => return answer,
                Node::Split { column, at_most, .. } if table.columns[column][row] <= at_most => {
                    node + 1
                }
                Node::Split { no, .. } => no,
            }
        }
    };
    let of_row = |row| model.mean + model.trees.iter().map(|tree| answer(tree, row)).sum::<f64>();
    (0..table.len()).map(of_row).collect()
}
