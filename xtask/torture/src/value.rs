//! Values that say what they are, so that a wrong one is recognised whoever reads it.

use std::hash::{DefaultHasher, Hash, Hasher};

use larder::Array;
use serde::{Deserialize, Serialize};

/// The result of one computation of one key.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Value {
    key: String,
    /// Which computation it was, among all of the round.
    pub(crate) generation: u64,
    /// What a mixture of two values would show in: it follows from key and generation.
    filler: Array<u64>,
}

impl Value {
    pub(crate) fn new(key: &str, generation: u64) -> Self {
        Self { key: key.to_owned(), generation, filler: filler(key, generation).collect() }
    }

    /// Whether every bit of it is what a computation of `key` made.
    pub(crate) fn is_of(&self, key: &str) -> bool {
        self.key == key && self.filler.iter().copied().eq(filler(key, self.generation))
    }
}

/// Mostly some bytes; now and then enough to be kept as a file, or to be mapped.
fn filler(key: &str, generation: u64) -> impl Iterator<Item = u64> + use<> {
    let mut hasher = DefaultHasher::new();
    (key, generation).hash(&mut hasher);
    let mut rng = fastrand::Rng::with_seed(hasher.finish());
    let words = match rng.u32(..64) {
        0 => 140_000,
        1..8 => 10_000,
        _ => rng.usize(..400),
    };
    std::iter::repeat_with(move || rng.u64(..)).take(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_key_generation_or_word_is_no_value_of_the_key() {
        assert!(Value::new("a", 1).is_of("a"));
        assert!(!Value::new("a", 1).is_of("b"));
        let forged = Value { key: "b".into(), ..Value::new("a", 1) };
        assert!(!forged.is_of("b"));
        let mut torn =
            (1..).map(|it| Value::new("a", it)).find(|it| it.filler.len() > 100).unwrap();
        torn.filler.make_mut()[99] ^= 1;
        assert!(!torn.is_of("a"));
    }
}
