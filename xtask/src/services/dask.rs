//! A Dask cluster on this machine: a scheduler and two workers of one thread each.

use anyhow::Result;

use super::server::{Launch, Server};
use super::{Started, ports};
use crate::process;
use crate::venv::Venv;

/// Pythons with other versions of Dask than the cluster has, by the variable that tells them.
const OTHERS: [(&str, &str); 2] = [
    ("LARDER_TEST_DASK_2024_PYTHON", "dask-2024.5"),
    ("LARDER_TEST_DASK_2025_PYTHON", "dask-2025.12"),
];

pub(super) fn start(venv: &Venv) -> Result<Started> {
    let mut endpoint = String::new();
    let script = process::root().join("xtask/python/dask_cluster.py");
    let server = Server::start(|folder| {
        let [port] = ports::free()?;
        endpoint = format!("tcp://127.0.0.1:{port}");
        Ok(Launch {
            name: "Dask",
            program: venv.python(),
            arguments: vec![script.display().to_string(), port.to_string()],
            // Else it leaves files in the system's.
            environment: vec![("DASK_TEMPORARY_DIRECTORY", folder.display().to_string())],
            ready: "two workers are connected",
            leaves: Vec::new(),
        })
    })?;
    let mut variables = vec![("LARDER_TEST_DASK", endpoint)];
    for (variable, name) in OTHERS {
        let venv =
            Venv::with(&format!("venv-{name}"), &["dask-needs.txt", &format!("{name}.txt")])?;
        variables.push((variable, venv.python().display().to_string()));
    }
    Ok((server, variables))
}
