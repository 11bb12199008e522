//! Whether `durability = full` means what it says, by the order of the system calls that a put makes: that is all that can
//! be seen of it without cutting the power.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use larder::store::{PutMode, PutOutcome};
use larder::{Key, StoreConfig, registry};

/// What is put: found again among the calls by its length.
const VALUE: [u8; 12_345] = [7; 12_345];

/// The directories that are made on the way to it.
const WAY: [&str; 6] = ["deep", "store", "app", "f", "0123456789abcdef", "5a"];

/// Puts one value into the store in `dir`: what is watched.
pub(crate) fn put(dir: &Path) -> Result<()> {
    let config = StoreConfig::try_from(dir)?.option("durability", "full");
    let store = registry().open_store(&config)?;
    let key = Key::new(&format!("app/f/0123456789abcdef/{}", "5a".repeat(32)))?;
    let put = store.put(&key, VALUE.to_vec().into(), PutMode::Replace);
    ensure!(futures::executor::block_on(put)? == PutOutcome::Written, "it was not written");
    Ok(())
}

/// Watches [`put`] in a process of its own. `None`: it is as it should be.
///
/// # Errors
/// It cannot be watched here.
pub(crate) fn check() -> Result<Option<&'static str>> {
    let dir = tempfile::tempdir()?;
    let log = dir.path().join("calls");
    let status = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=write,writev,fsync,fdatasync,/^rename,/^mkdir,/^link"])
        .arg("-o")
        .arg(&log)
        .arg(std::env::current_exe()?)
        .arg("put")
        .arg(dir.path().join("deep/store"))
        .stderr(Stdio::null())
        .status()
        .context("it takes `strace`")?;
    ensure!(status.success(), "`strace` cannot watch a process here");
    Ok(verdict(&fs::read_to_string(log)?))
}

/// What is wrong with the order of these calls.
fn verdict(calls: &str) -> Option<&'static str> {
    let done: Vec<_> = calls.lines().filter(|line| !line.contains(" = -1 ")).collect();
    let after = |from: usize, is: &dyn Fn(&str) -> bool| {
        Some(from + 1 + done.get(from + 1..)?.iter().position(|line| is(line))?)
    };
    let is_sync_of = |line: &str, what: &str| {
        let call = line.contains("fsync(") || line.contains("fdatasync(");
        call && line.contains(what)
    };
    let length = format!(" = {}", VALUE.len());
    let Some(written) = done.iter().position(|line| line.ends_with(&length)) else {
        return Some("the value is not written");
    };
    let Some(renamed) = after(written, &|line| line.contains("rename")) else {
        return Some("the file is not renamed into its place");
    };
    if !done[written..renamed].iter().any(|line| is_sync_of(line, "/.tmp/")) {
        return Some("the file has its name before it is on the disk");
    }
    if after(renamed, &|line| is_sync_of(line, "/0123456789abcdef/5a>")).is_none() {
        return Some("the name of the file is not waited for");
    }
    let in_time = |at: usize, parent: &str| {
        after(at, &|line| is_sync_of(line, &format!("{parent}>"))).is_some_and(|at| at < renamed)
    };
    let waits = |name: &str| {
        let made = done.iter().enumerate().find_map(|(at, line)| Some((at, made(line, name)?)));
        made.is_some_and(|(at, parent)| in_time(at, parent))
    };
    match WAY.iter().all(|name| waits(name)) {
        true => None,
        false => Some("the name of a directory on the way is not waited for"),
    }
}

/// The directory in which this call makes the directory `name`, if it does.
fn made<'c>(call: &'c str, name: &str) -> Option<&'c str> {
    let (_, arguments) = call.split_once("mkdir")?;
    let path = arguments.split('"').nth(1)?;
    match path.strip_suffix(name)?.strip_suffix('/') {
        Some(parent) => Some(parent),
        None if path == name => Some(arguments.split_once('<')?.1.split_once('>')?.0),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"7 mkdir("/t/deep/store", 0700) = -1 ENOENT (No such file or directory)
7 mkdir("/t/deep", 0700) = 0
7 mkdir("/t/deep/store", 0700) = 0
7 fsync(3</t/deep>) = 0
7 fsync(3</t>) = 0
7 mkdirat(4</s>, "app", 0700) = 0
7 fsync(5</s>) = 0
7 mkdirat(4</s/app>, "f", 0700) = 0
7 fsync(5</s/app>) = 0
7 mkdirat(4</s/app/f>, "0123456789abcdef", 0700) = 0
7 fsync(5</s/app/f>) = 0
7 mkdirat(4</s/app/f/0123456789abcdef>, "5a", 0700) = 0
7 fsync(5</s/app/f/0123456789abcdef>) = 0
7 writev(6</s/.tmp/1234>, [{iov_base="", iov_len=12345}], 1) = 12345
7 fsync(6</s/.tmp/1234>) = 0
7 renameat(4</s>, ".tmp/1234", 7</s/app/f/0123456789abcdef/5a>, "5a5a") = 0
7 fsync(8</s/app/f/0123456789abcdef/5a>) = 0
"#;

    #[test]
    fn each_wait_that_is_left_out_is_seen() {
        assert_eq!(verdict(GOOD), None);
        let without = |gone: &str| {
            let calls: Vec<_> = GOOD.lines().filter(|line| !line.contains(gone)).collect();
            verdict(&calls.join("\n"))
        };
        assert_eq!(without("12345"), Some("the value is not written"));
        assert_eq!(without("rename"), Some("the file is not renamed into its place"));
        assert_eq!(without("fsync(6"), Some("the file has its name before it is on the disk"));
        assert_eq!(without("fsync(8"), Some("the name of the file is not waited for"));
        for parent in ["</t>", "</t/deep>", "</s>", "</s/app>", "</s/app/f/0123456789abcdef>"] {
            let way = without(&format!("fsync(3{parent}")).or(without(&format!("fsync(5{parent}")));
            assert_eq!(
                way,
                Some("the name of a directory on the way is not waited for"),
                "{parent}"
            );
        }
    }
}
