//! What happens to files behind larder's back.

use std::collections::HashMap;
use std::fs::{self, File, FileTimes};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use larder::Memory;

use crate::journal::now;
use crate::judge::Damage;
use crate::lane::{SLOTS, function_of, own_keys};

/// From this size on values are mapped. A mapped file is only ever replaced: who cuts one breaks every map of it, and
/// who writes into one changes values that were handed out, both of which larder says that it cannot prevent.
const MAPPED: u64 = 1 << 20;

/// Which key's entry lies in a file, by the file's name.
#[derive(Debug)]
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    /// Of all keys that are judged one by one. Keys are the same in every store.
    pub(crate) fn new() -> Result<Self> {
        let memory = Memory::open("memory:")?;
        let mut names = HashMap::new();
        for key in (0..SLOTS).flat_map(own_keys) {
            if let Some(at) = function_of(&memory, &key)?.key(&key)? {
                let digest = at.as_str().rsplit('/').next().unwrap_or_default().to_owned();
                names.insert(digest, key);
            }
        }
        Ok(Self(names))
    }
}

/// Damages one file of the store in `dir`, if there is one. Says which key it was of, where that matters.
pub(crate) fn damage(
    dir: &Path,
    names: &Names,
    rng: &mut fastrand::Rng,
) -> Result<Option<Option<Damage>>> {
    let files = files(dir);
    let Some(path) = rng.choice(&files) else { return Ok(None) };
    let from = now();
    let done = match path.file_name().is_some_and(|name| name == "database") {
        true => flip_page(path, rng),
        false => harm(path, rng),
    };
    match done {
        Ok(()) => {}
        // Somebody else replaced or removed it meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let digest = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let key = names.0.get(digest);
    Ok(Some(key.map(|key| Damage { key: key.clone(), from, to: now() })))
}

/// Files with values: not the locks, whose content is the kernel's, nor what is being written.
fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let visible = entries.filter(|it| !it.file_name().to_string_lossy().starts_with('.'));
    visible
        .flat_map(|entry| match entry.path().is_dir() {
            true => files(&entry.path()),
            false => vec![entry.path()],
        })
        .filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name == "database" || !name.starts_with("database")
        })
        .collect()
}

fn harm(path: &Path, rng: &mut fastrand::Rng) -> io::Result<()> {
    let len = fs::metadata(path)?.len();
    let at = rng.u64(..len.max(1));
    let in_place = len < MAPPED;
    match rng.u32(..5) {
        0 => fs::remove_file(path),
        1 => rewrite(path, |bytes| bytes.truncate(at as usize)),
        2 if in_place => File::options().write(true).open(path)?.set_len(at),
        3 => {
            // As a clock that jumped leaves them.
            let days = Duration::from_secs(86_400 * rng.u64(1..10_000));
            let [before, after] = [SystemTime::now() - days, SystemTime::now() + days];
            let time = if rng.bool() { before } else { after };
            File::open(path)?.set_times(FileTimes::new().set_modified(time))
        }
        _ if in_place => flip(path, at, 1 << rng.u32(..8)),
        _ => rewrite(path, |bytes| {
            if let Some(byte) = bytes.get_mut(at as usize) {
                *byte ^= 1;
            }
        }),
    }
}

fn rewrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
    let mut bytes = fs::read(path)?;
    change(&mut bytes);
    // A name with a dot is never an entry.
    let beside = path.with_extension("damaged");
    fs::write(&beside, bytes)?;
    fs::rename(beside, path)
}

fn flip(path: &Path, at: u64, bits: u8) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(path)?;
    let mut byte = [0];
    if file.read_at(&mut byte, at)? == 1 {
        file.write_all_at(&[byte[0] ^ bits], at)?;
    }
    Ok(())
}

/// A byte of a database, after its first page: without that it is no database.
fn flip_page(path: &Path, rng: &mut fastrand::Rng) -> io::Result<()> {
    let len = fs::metadata(path)?.len();
    match len > 4096 {
        true => flip(path, rng.u64(4096..len), 1 << rng.u32(..8)),
        false => Ok(()),
    }
}
