//! The command line.

use std::fmt::Display;
use std::str::FromStr;

use crate::boosting::Params;

pub(crate) const HELP: &str = "\
A model selection on real data whose slow steps are memoized.

  --depths 2,4,6          depths of the trees to choose from
  --rates 0.01,0.03,0.1   learning rates to choose from
  --trees 300             how many trees a model has
  --store STORE           where results are kept: a directory or URL; else what
                          LARDER_STORE or larder.toml says, else ./.larder
  --help                  this text";

/// What to choose from, and where to keep results.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    pub(crate) depths: Vec<usize>,
    pub(crate) rates: Vec<f64>,
    pub(crate) trees: usize,
    pub(crate) store: Option<String>,
    pub(crate) help: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            depths: vec![2, 4, 6],
            rates: vec![0.01, 0.03, 0.1],
            trees: 300,
            store: None,
            help: false,
        }
    }
}

impl Options {
    /// Reads arguments, given as `--name value` or `--name=value`.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (argument, None),
            };
            let mut value = || {
                value.clone().or_else(|| arguments.next()).ok_or(format!("{name} needs a value"))
            };
            match name.as_str() {
                "--depths" => options.depths = list(&name, &value()?, 1..=12)?,
                "--rates" => options.rates = list(&name, &value()?, 0.001..=1.0)?,
                "--trees" => options.trees = number(&name, &value()?, &(1..=10_000))?,
                "--store" => options.store = Some(value()?),
                "--help" | "-h" => options.help = true,
                _ => return Err(format!("there is no option {name}\n\n{HELP}")),
            }
        }
        Ok(options)
    }

    /// Whether the choice is the one that is known to turn out well.
    pub(crate) fn are_default(&self) -> bool {
        *self == Self { store: self.store.clone(), ..Self::default() }
    }

    /// Every depth with every rate.
    pub(crate) fn candidates(&self) -> impl Iterator<Item = Params> + '_ {
        let of_depth = |depth: &usize| {
            let (trees, depth) = (self.trees, *depth);
            self.rates.iter().map(move |rate| Params { trees, depth, rate: *rate })
        };
        self.depths.iter().flat_map(of_depth)
    }
}

type Range<T> = std::ops::RangeInclusive<T>;

fn list<T: FromStr + PartialOrd + Display>(
    name: &str,
    text: &str,
    allowed: Range<T>,
) -> Result<Vec<T>, String> {
    text.split(',').map(|item| number(name, item.trim(), &allowed)).collect()
}

fn number<T: FromStr + PartialOrd + Display>(
    name: &str,
    text: &str,
    allowed: &Range<T>,
) -> Result<T, String> {
    let number = text.parse().ok().filter(|number| allowed.contains(number));
    number.ok_or_else(|| {
        format!(
            "{name} cannot be `{text}`: want a number from {} to {}",
            allowed.start(),
            allowed.end()
        )
    })
}
