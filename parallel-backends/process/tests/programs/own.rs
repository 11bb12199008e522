//! What a program itself has: processes, files, memory.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

/// The processes there are.
#[cfg(target_os = "linux")]
pub(crate) fn processes() -> BTreeSet<String> {
    let is_number = |name: &String| name.bytes().all(|byte| byte.is_ascii_digit());
    names_in("/proc".as_ref()).unwrap().into_iter().filter(is_number).collect()
}

/// The processes that this one has started and not waited for.
#[cfg(target_os = "linux")]
pub(crate) fn children() -> Vec<i32> {
    let own = std::process::id().to_string();
    let is_own = |pid: &String| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name may hold anything: it ends with the last bracket.
        stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)) == Some(&own)
    };
    processes().into_iter().filter(is_own).map(|pid| pid.parse().unwrap()).collect()
}

/// What this process has open, and what of larder's it has mapped.
#[cfg(target_os = "linux")]
pub(crate) fn open_files() -> (usize, usize) {
    let open = names_in("/proc/self/fd".as_ref()).unwrap().len();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    (open, maps.matches("/memfd:larder").count())
}

/// What is in a directory.
pub(crate) fn names_in(directory: &Path) -> io::Result<BTreeSet<String>> {
    let name =
        |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    fs::read_dir(directory)?.map(name).collect()
}
