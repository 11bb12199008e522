//! Which crates' tests need which servers: `[package.metadata.larder] services = ["s3"]` in their manifests says so.

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde_json::Value;

use super::Service;
use crate::process;

/// What the tests of these crates need; of all crates where none is named.
pub(crate) fn needed_by(packages: &[String]) -> Result<Vec<Service>> {
    let output = process::cargo().args(["metadata", "--no-deps", "--format-version=1"]).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let members = metadata["packages"].as_array().context("cargo metadata names no packages")?;
    let chosen = members.iter().filter(|member| {
        packages.is_empty() || packages.iter().any(|name| member["name"] == **name)
    });
    let mut needed = Vec::new();
    for member in chosen {
        for name in member["metadata"]["larder"]["services"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap_or_default();
            let service = Service::from_str(name, false).map_err(|_| {
                anyhow::anyhow!("{}: no service is called `{name}`", member["name"])
            })?;
            needed.push(service);
        }
    }
    needed.sort_unstable();
    needed.dedup();
    Ok(needed)
}
