//! What became of a side.

use serde::{Deserialize, Serialize};

use crate::figure::{Figure, Unit};

/// A figure, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Took(Figure),
    /// It was ended after so many seconds of a turn.
    Over(u64),
    Failed(String),
}

impl Outcome {
    /// What is counted, not measured.
    pub(crate) fn exact(number: f64) -> Self {
        Self::Took(Figure::exact(number))
    }

    pub(crate) fn failed(error: &anyhow::Error) -> Self {
        Self::Failed(format!("{error:#}"))
    }

    pub(crate) fn figure(&self) -> Option<Figure> {
        match self {
            Self::Took(figure) => Some(*figure),
            Self::Over(_) | Self::Failed(_) => None,
        }
    }

    pub(crate) fn median(&self) -> Option<f64> {
        self.figure().map(|figure| figure.median)
    }

    /// For people, in a word or two.
    pub(crate) fn show(&self, unit: Unit) -> String {
        match self {
            Self::Took(figure) => unit.show(figure.median),
            Self::Over(seconds) => format!("> {seconds} s"),
            Self::Failed(_) => "failed".to_owned(),
        }
    }

    /// Why there is no figure.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Took(_) => String::new(),
            Self::Over(seconds) => format!("a turn was not done after {seconds} s, and ended"),
            Self::Failed(reason) => reason.clone(),
        }
    }
}
