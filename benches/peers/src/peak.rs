//! How much memory something takes.

use std::fs;

use anyhow::{Context, Result};

/// The megabytes that `run` takes at its peak, beyond what this process has before: memory, and pages of files that
/// it maps and touches.
pub(crate) fn peak(run: impl FnOnce()) -> Result<f64> {
    // Makes what there is now the peak.
    fs::write("/proc/self/clear_refs", "5").context("peaks are known on Linux only")?;
    let before = status("VmRSS")?;
    run();
    Ok((status("VmHWM")? - before) / 1e3)
}

/// In kilobytes.
fn status(field: &str) -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let number = line.and_then(|line| line.split_whitespace().next()).context("no such field")?;
    Ok(number.parse()?)
}
