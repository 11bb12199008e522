//! A measured number with its spread.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The median of what was measured, and the quartiles beside it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Figure {
    pub(crate) fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_by(f64::total_cmp);
        let at = |part: f64| numbers[((numbers.len() - 1) as f64 * part).round() as usize];
        Self { median: at(0.5), low: at(0.25), high: at(0.75) }
    }

    /// What is counted, not measured.
    pub(crate) fn exact(number: f64) -> Self {
        Self { median: number, low: number, high: number }
    }
}

/// What a row's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Unit {
    Seconds,
    Megabytes,
    Crates,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Megabytes => "MB",
            Self::Crates => "crates",
        }
    }

    /// `number` for people: three digits, and a unit that suits.
    pub(crate) fn show(self, number: f64) -> String {
        match self {
            Self::Seconds if number < 1e-6 => format!("{} ns", Digits(number * 1e9)),
            Self::Seconds if number < 1e-3 => format!("{} µs", Digits(number * 1e6)),
            Self::Seconds if number < 1.0 => format!("{} ms", Digits(number * 1e3)),
            Self::Seconds => format!("{} s", Digits(number)),
            Self::Megabytes => format!("{} MB", Digits(number.max(0.0))),
            Self::Crates => format!("{number}"),
        }
    }
}

/// Three digits of a number, or all before its point.
struct Digits(f64);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = match self.0 {
            ..9.995 => 2,
            ..99.95 => 1,
            _ => 0,
        };
        write!(f, "{:.after$}", self.0)
    }
}
