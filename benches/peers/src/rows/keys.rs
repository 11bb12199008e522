//! Keys of arguments that are many, nested, or large.

use std::collections::HashMap;

use anyhow::Result;

use crate::bench::Bench;
use crate::row::{Row, here};
use crate::work::{Shape, of_map, of_shape, twenty};

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if !bench.wants_any(&["key of"]) {
        return Ok(());
    }
    let (joblib, diskcache) = (bench.python("joblib")?, bench.python("diskcache")?);
    let of_twenty = bench.stores()?.local.cache::<twenty>();
    let words: Vec<String> = (0..10).map(|n| format!("argument {n}")).collect();
    let [k, l, m, n, o, p, q, r, s, t]: [&'static str; 10] = words
        .into_iter()
        .map(|word| &*word.leak())
        .collect::<Vec<_>>()
        .try_into()
        .expect("ten words");
    let key =
        move || of_twenty.with((0, 1, 2, 3, 4), 5, 6, 7, 8, 9, k, l, m, n, o, p, q, r, s, t).key();
    let numbers: [u64; 10] = std::array::from_fn(|n| n as u64);
    let words = [k, l, m, n, o, p, q, r, s, t];
    let row = Row::new("key of 20 arguments", here(key))
        .peer("joblib", joblib.does("key twenty"))
        .peer("diskcache", diskcache.does("key twenty"))
        .floor("postcard + BLAKE3", here(move || encoded_and_hashed(&(numbers, words))));
    bench.row(row)?;

    let of_shapes = bench.stores()?.local.cache::<of_shape>();
    let (shape, same) = (Shape::some(), Shape::some());
    let row = Row::new("key of a nested struct", here(move || of_shapes.with(&shape).key()))
        .peer("joblib", joblib.does("key nested"))
        .peer("diskcache", diskcache.does("key nested"))
        .floor("postcard + BLAKE3", here(move || encoded_and_hashed(&same)));
    bench.row(row)?;

    let of_maps = bench.stores()?.local.cache::<of_map>();
    let map: HashMap<String, u64> = (0..10_000).map(|n| (format!("key {n}"), n)).collect();
    let same = map.clone();
    let row = Row::new("key of a HashMap of 10 000", here(move || of_maps.with(&map).key()))
        .peer("joblib", joblib.does("key map"))
        .peer("diskcache", diskcache.does("key map"))
        .floor("postcard + BLAKE3", here(move || encoded_and_hashed(&same)))
        .because("diskcache", "diskcache keys a dictionary by the order it was filled in; larder's key is that of its entries");
    bench.row(row)?;
    Ok(())
}

/// What a key would be with nobody caring for order, types and names.
fn encoded_and_hashed<T: serde::Serialize>(value: &T) -> blake3::Hash {
    blake3::hash(&postcard::to_stdvec(value).expect("it can be encoded"))
}
