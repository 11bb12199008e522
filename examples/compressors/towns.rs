//! The data: 20 000 towns of the world, every one with its country, region, names, place, and population where that is
//! known. Real data of a real size; crate `csv` ships it to measure itself with.

use std::error::Error;
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;

use larder::Array;
use serde::{Deserialize, Serialize};

/// Towns, column by column: texts in the value, numbers beside it.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Towns {
    country: Vec<String>,
    region: Vec<String>,
    name: Vec<String>,
    /// 0 where it is not known.
    population: Array<f64>,
    latitude: Array<f64>,
    longitude: Array<f64>,
}

impl Towns {
    pub(crate) fn load() -> Result<Self, Box<dyn Error>> {
        let mut towns = Self::default();
        let (mut population, mut latitude, mut longitude) = (Vec::new(), Vec::new(), Vec::new());
        let mut file = csv::Reader::from_path(file()?)?;
        for row in file.byte_records() {
            let row = row?;
            let text = |column: usize| String::from_utf8_lossy(&row[column]).into_owned();
            let number = |column: usize| text(column).parse::<f64>();
            towns.country.push(text(0));
            towns.name.push(text(2));
            towns.region.push(text(3));
            population.push(number(4).unwrap_or(0.0));
            latitude.push(number(5)?);
            longitude.push(number(6)?);
        }
        (towns.population, towns.latitude, towns.longitude) =
            (population.into(), latitude.into(), longitude.into());
        Ok(towns)
    }

    pub(crate) fn len(&self) -> usize {
        self.country.len()
    }

    /// How far some towns are from some others, in km: a matrix.
    pub(crate) fn distances(&self, from: Range<usize>, to: Range<usize>) -> Array<f64> {
        const EARTH: f64 = 6371.0;
        let place = |town: usize| {
            let (latitude, longitude) = (self.latitude[town], self.longitude[town]);
            (latitude.to_radians(), longitude.to_radians())
        };
        let distance = |a: usize, b: usize| {
            let ((a, from), (b, to)) = (place(a), place(b));
            let half = |angle: f64| (angle / 2.0).sin().powi(2);
            let chord = half(b - a) + a.cos() * b.cos() * half(to - from);
            2.0 * EARTH * chord.sqrt().asin()
        };
        let shape = [from.len(), to.len()];
        let pairs = from.flat_map(|a| to.clone().map(move |b| (a, b)));
        let distances = pairs.map(|(a, b)| distance(a, b)).collect();
        Array::from_shape_vec(shape, distances).expect("as many as there are pairs")
    }
}

/// Where cargo has put the sources of crate `csv`.
fn file() -> Result<PathBuf, Box<dyn Error>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--all-features", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let manifest = packages
        .filter(|package| package["name"] == "csv")
        .find_map(|package| package["manifest_path"].as_str())
        .ok_or("crate csv is not there")?;
    Ok(PathBuf::from(manifest).with_file_name("examples/data/bench/worldcitiespop.csv"))
}
