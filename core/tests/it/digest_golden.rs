//! Digests are for ever: what a release wrote, all later ones find again, on every platform and in every process.
//!
//! A difference here means that every cache in the world is lost. A new line is added with what the failure prints.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use larder_core::digest::digest_serde;
use larder_core::{Array, Digest, KeyAlgorithm, KeyDigest, Order};
use serde::Serialize;

#[derive(Serialize, larder_macros::KeyDigest)]
#[key_digest(crate = larder_core)]
struct Model {
    name: String,
    tags: HashSet<u32>,
    settings: HashMap<String, Option<f64>>,
    shape: Shape,
}

#[derive(Serialize, larder_macros::KeyDigest)]
#[key_digest(crate = larder_core)]
enum Shape {
    Point,
    Circle(f64),
    Rectangle { width: f64, height: f64 },
}

/// The digest, which its own implementation and serde agree on.
fn both<T: KeyDigest + Serialize>(algorithm: KeyAlgorithm, value: &T) -> [u8; 32] {
    let [mut native, mut serde] = [(), ()].map(|()| Digest::with_algorithm(algorithm));
    native.value(value);
    digest_serde(value, &mut serde);
    let digest = native.finish().unwrap();
    assert_eq!(digest, serde.finish().unwrap());
    digest
}

fn digests(algorithm: KeyAlgorithm) -> BTreeMap<&'static str, [u8; 32]> {
    let model = |shape| Model {
        name: "ridge".into(),
        tags: (0..100).collect(),
        settings: (0..20).map(|i| (i.to_string(), (i % 3 > 0).then_some(i as f64))).collect(),
        shape,
    };
    macro_rules! labelled {
        ($($label:literal $value:expr;)*) => { BTreeMap::from([$(($label, both(algorithm, &$value))),*]) };
    }
    labelled! {
        "unit" ();
        "true" true;
        "u8 1" 1_u8;
        "usize 1" 1_usize;
        "i128 -1" -1_i128;
        "f64 0.0" 0.0_f64;
        "f64 -0.0" -0.0_f64;
        "char" 'ä';
        "text" "Grüße";
        "text of 100 KB" "x".repeat(100_000);
        "c string" c"bytes";
        "option" (None::<u8>, Some(1_u8));
        "result" [Ok(1_u8), Err("no")];
        "tuple" (1_u64, "a", 2.0_f32, 3.0_f32);
        "array" [1_u16, 2, 3];
        "no items" Vec::<u8>::new();
        "u8 items" vec![1_u8, 2, 3];
        "f64 items, 800 bytes" (0..100).map(f64::from).collect::<Vec<_>>();
        "f64 items, 16 KiB" (0..2048).map(f64::from).collect::<Vec<_>>();
        "f64 items, 16 KiB and one" (0..2049).map(f64::from).collect::<Vec<_>>();
        "f64 items, 1 MB" (0..125_000).map(f64::from).collect::<Vec<_>>();
        "texts, 1 MB" vec!["a text of some length"; 50_000];
        "shaped array" Array::from_shape_vec([2, 3], vec![1.0_f64, -0.0, f64::INFINITY, 4.0, 5.0, 6.0]).unwrap();
        "shaped array, Fortran order" Array::from_shape_vec_in(Order::F, [2, 3], vec![1_i32, 4, 2, 5, 3, 6]).unwrap();
        "shaped array, no dimensions" Array::from_shape_vec([], vec![true]).unwrap();
        "shaped array, 1 MB" Array::from_shape_vec([125, 1000], vec![0.5_f64; 125_000]).unwrap();
        "pairs of f64" (0..700).map(|i| [f64::from(i), -0.0]).collect::<Vec<_>>();
        "rows" vec![vec![1_i32, 2], vec![], vec![3]];
        "hash map" (0..50_u32).map(|i| (i, i * i)).collect::<HashMap<_, _>>();
        "hash set" (0..50_u32).map(|i| i.to_string()).collect::<HashSet<_>>();
        "path" std::path::Path::new("a/b");
        "duration" Duration::new(1, 2);
        "range" (1..5, 1..=5);
        "address" std::net::SocketAddr::from(([127, 0, 0, 1], 80));
        "struct, unit variant" model(Shape::Point);
        "struct, newtype variant" model(Shape::Circle(1.0));
        "struct, struct variant" model(Shape::Rectangle { width: 1.0, height: 2.0 });
    }
}

fn check(algorithm: KeyAlgorithm) {
    let prefix = format!("{algorithm}: ");
    let golden: Vec<&str> = include_str!("../golden/digests.txt")
        .lines()
        .filter_map(|line| line.strip_prefix(&prefix))
        .collect();
    let now: Vec<String> = digests(algorithm)
        .iter()
        .map(|(label, digest)| {
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{label} = {hex}")
        })
        .collect();
    assert!(now == golden, "{prefix}now\n{prefix}{}", now.join(&format!("\n{prefix}")));
}

#[test]
fn blake3_is_what_it_always_was() {
    check("blake3".parse().unwrap());
}

#[cfg(feature = "sha256")]
#[test]
fn sha256_is_what_it_always_was() {
    check("sha256".parse().unwrap());
}
