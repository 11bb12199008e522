//! `target/bench/peers.json`.

use std::fs;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::bench::Bench;
use crate::machine::{machine, versions};
use crate::row::{Measured, Reach};

pub(super) fn write(bench: &Bench) -> Result<()> {
    let folder = super::target().join("bench");
    fs::create_dir_all(&folder)?;
    let versions: Map<_, _> =
        versions()?.into_iter().map(|(name, version)| (name.to_owned(), version.into())).collect();
    let rows: Vec<_> = bench.measured.iter().map(|(group, row)| of_row(group, row)).collect();
    let all = json!({ "machine": machine()?, "versions": versions, "rows": rows });
    Ok(fs::write(folder.join("peers.json"), serde_json::to_string_pretty(&all)? + "\n")?)
}

fn of_row(group: &str, row: &Measured) -> Value {
    let peers: Map<_, _> =
        row.peers.iter().map(|(name, it)| ((*name).to_owned(), it.median.into())).collect();
    let sides = row
        .peers
        .iter()
        .chain(&row.floor)
        .map(|(name, it)| ((*name).to_owned(), [it.low, it.high].into()));
    let own = ("larder".to_owned(), [row.larder.low, row.larder.high].into());
    let spread: Map<_, _> = sides.chain([own]).collect();
    json!({
        "group": group,
        "work": row.work,
        "unit": row.unit.name(),
        "larder": row.larder.median,
        "peers": peers,
        "floor": row.floor.map(|(_, it)| it.median),
        "floor_is": row.floor.map(|(name, _)| name),
        "reach": match row.reach {
            Reach::Peers => Value::Null,
            Reach::Absolute(most) => most.into(),
            Reach::Floor(times) => row.floor.map(|(_, it)| it.median * times).into(),
        },
        "reach_is": row.reach_shown(),
        "met": row.met(),
        "ahead": row.ahead(),
        "quartiles": spread,
    })
}
