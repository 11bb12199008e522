//! Where and with what was measured.

use std::fs;
use std::process::Command;
use std::thread;

use anyhow::{Context, Result};

use crate::bench::python;

/// The machine, in a line.
pub(crate) fn machine() -> Result<String> {
    let read = |path: &str| fs::read_to_string(path).with_context(|| path.to_owned());
    let (cpu, memory) = (read("/proc/cpuinfo")?, read("/proc/meminfo")?);
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("an unknown processor", |(_, model)| model);
    let kilobytes: Option<f64> = memory.split_whitespace().nth(1).and_then(|it| it.parse().ok());
    let kernel = read("/proc/sys/kernel/osrelease")?;
    Ok(format!(
        "{model}, {} processors, {:.0} GB of memory, Linux {}",
        thread::available_parallelism()?,
        kilobytes.context("a size of the memory")? / 1e6,
        kernel.trim().split('-').next().unwrap_or_default()
    ))
}

/// How much else there was to do in the last minute: processes that wanted a processor.
pub(crate) fn load() -> Result<String> {
    let load = fs::read_to_string("/proc/loadavg").context("/proc/loadavg")?;
    Ok(load.split(' ').next().unwrap_or_default().to_owned())
}

/// What took part, in its version.
pub(crate) fn versions() -> Result<Vec<(&'static str, String)>> {
    let mut versions = vec![("rustc", first_word_after(&mut Command::new("rustc"), "rustc")?)];
    for name in ["larder", "cached", "redb", "cacache", "moka", "rayon", "rusqlite", "blake3"] {
        versions.push((name, locked(name)?));
    }
    versions.push(("Python", first_word_after(&mut Command::new(python()?), "Python")?));
    for name in ["joblib", "diskcache", "distributed", "numpy"] {
        let script = format!("import importlib.metadata as it; print(it.version('{name}'))");
        let output = Command::new(python()?).args(["-c", &script]).output()?;
        versions.push((name, String::from_utf8(output.stdout)?.trim().to_owned()));
    }
    Ok(versions)
}

fn first_word_after(command: &mut Command, name: &str) -> Result<String> {
    let output = String::from_utf8(command.arg("--version").output()?.stdout)?;
    let version = output.strip_prefix(name).and_then(|rest| rest.split_whitespace().next());
    Ok(version.with_context(|| format!("`{output}` has no version"))?.to_owned())
}

/// The version of a crate in this program.
fn locked(name: &str) -> Result<String> {
    let lock = include_str!("../Cargo.lock");
    let entry = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) = lock.split_once(&entry).with_context(|| format!("{name} is not locked"))?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}
