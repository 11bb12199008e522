//! The work itself. What is large is made beforehand, so that only keeping it is timed.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use larder::{Array, memoize, task};
use serde::{Deserialize, Serialize};

#[memoize]
pub(crate) fn number(a: u64, b: &str) -> f64 {
    a as f64 + b.len() as f64
}

#[memoize(hot)]
pub(crate) fn hot_number(a: u64, b: &str) -> f64 {
    a as f64 + b.len() as f64
}

#[memoize]
pub(crate) fn block(len: usize, seed: u64) -> Vec<u8> {
    vec![(seed % 251) as u8; len]
}

/// The bytes of a large array.
pub(crate) const LARGE: usize = 100_000_000;

/// The large array; its memory is nobody's peak.
pub(crate) fn large() -> &'static Array<f64> {
    static LARGE_ARRAY: OnceLock<Array<f64>> = OnceLock::new();
    LARGE_ARRAY.get_or_init(|| (0..LARGE / 8).map(|i| i as f64).collect::<Vec<_>>().into())
}

#[memoize]
pub(crate) fn array() -> Array<f64> {
    large().clone()
}

pub(crate) static VECTOR: Mutex<Option<Vec<f64>>> = Mutex::new(None);

#[memoize]
pub(crate) fn vector() -> Vec<f64> {
    VECTOR.lock().expect("no panic").take().expect("a vector")
}

#[expect(clippy::too_many_arguments, reason = "that is what is measured")]
#[memoize]
pub(crate) fn twenty(
    (a, b, c, d, e): (u64, u64, u64, u64, u64),
    f: u64,
    g: u64,
    h: u64,
    i: u64,
    j: u64,
    k: &str,
    l: &str,
    m: &str,
    n: &str,
    o: &str,
    p: &str,
    q: &str,
    r: &str,
    s: &str,
    t: &str,
) -> u64 {
    let words = [k, l, m, n, o, p, q, r, s, t];
    a + b + c + d + e + f + g + h + i + j + words.map(str::len).iter().sum::<usize>() as u64
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Point {
    pub(crate) name: String,
    pub(crate) at: (f64, f64, f64),
    pub(crate) tags: Vec<String>,
    pub(crate) weight: Option<f64>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Shape {
    pub(crate) title: String,
    pub(crate) points: Vec<Point>,
    pub(crate) scale: f64,
}

impl Shape {
    pub(crate) fn some() -> Self {
        let tags = || ["a", "b", "c"].map(str::to_owned).to_vec();
        let point = |n: usize| Point {
            name: n.to_string(),
            at: (1.0, 2.0, 3.0),
            tags: tags(),
            weight: None,
        };
        Self { title: "shape".to_owned(), points: (0..10).map(point).collect(), scale: 2.5 }
    }
}

#[memoize]
pub(crate) fn of_shape(shape: &Shape) -> usize {
    shape.points.len()
}

#[memoize]
pub(crate) fn of_map(map: &HashMap<String, u64>) -> usize {
    map.len()
}

#[task]
pub(crate) fn nothing(x: u64) -> u64 {
    x
}

#[task]
pub(crate) fn sum(data: &[f64]) -> f64 {
    data.iter().sum()
}

#[task]
pub(crate) fn sum_array(data: &Array<f64>) -> f64 {
    data.iter().sum()
}
