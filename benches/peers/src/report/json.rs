//! `target/bench/peers.json`.

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::machine;
use crate::row::{LARDER, Measured, Reach};
use crate::run::Run;

pub(super) fn versions() -> Result<Map<String, Value>> {
    let versions = machine::versions()?.into_iter();
    Ok(versions.map(|(name, version)| (name.to_owned(), version.into())).collect())
}

pub(super) fn rows(run: &Run) -> Vec<Value> {
    run.measured.iter().map(|(group, row)| of_row(group, row)).collect()
}

fn of_row(group: &str, row: &Measured) -> Value {
    let peers: Map<_, _> =
        row.peers.iter().map(|(name, it)| (name.to_string(), it.median().into())).collect();
    let named = row.peers.iter().chain(&row.floor).map(|(name, it)| (&**name, it));
    let spread: Map<_, _> = [(LARDER, &row.larder)]
        .into_iter()
        .chain(named)
        .filter_map(|(name, it)| Some((name.to_owned(), it.figure()?)))
        .map(|(name, it)| (name, [it.low, it.high].into()))
        .collect();
    let failed: Map<_, _> =
        row.failed().into_iter().map(|(name, it)| (name.to_owned(), it.why().into())).collect();
    let reasons: Map<_, _> =
        row.reasons_shown().into_iter().map(|(peer, why)| (peer.to_owned(), why.into())).collect();
    json!({
        "group": group,
        "work": row.work,
        "unit": row.unit.name(),
        "larder": row.larder.median(),
        "peers": peers,
        "floor": row.floor_median(),
        "floor_is": row.floor.as_ref().map(|(name, _)| name),
        "reach": match row.reach {
            Reach::Peers => Value::Null,
            Reach::Absolute(most) => most.into(),
            Reach::Floor(times) => row.floor_median().map(|floor| floor * times).into(),
        },
        "reach_is": row.reach_shown(),
        "met": row.met(),
        "ahead": reasons,
        "failed": failed,
        "quartiles": spread,
    })
}
