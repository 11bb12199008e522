//! Every entry below a prefix, one directory at a time: memory is bounded by the widest level, not by the tree.

use std::io;
use std::sync::Arc;

use larder_core::store::EntryInfo;
use larder_core::{Key, Prefix};

use crate::layout::{is_shard, key_of, may_hold_entries};
use crate::root_dir::{Directory, Kind, Root};

pub(crate) struct Walk {
    root: Arc<Root>,
    prefix: Prefix,
    /// Directories still to be visited.
    pending: Vec<String>,
    /// The directory being read, and its path.
    current: Option<(String, Directory)>,
    /// The directories of entries come by, where somebody wants to know.
    shards: Option<Vec<String>>,
}

impl Walk {
    pub(crate) fn new(root: Arc<Root>, prefix: &Prefix) -> Self {
        let pending = vec![prefix.as_str().to_owned()];
        Self { root, prefix: prefix.clone(), pending, current: None, shards: None }
    }

    /// The next entry and the directory it lies in.
    fn step(&mut self) -> io::Result<Option<(Key, &str, &Directory)>> {
        loop {
            if self.current.is_none() {
                let Some(path) = self.pending.pop() else { return Ok(None) };
                self.current = self.root.read_dir(&path)?.map(|listing| (path, listing));
            }
            let Some((path, listing)) = &mut self.current else { continue };
            match listing.next().transpose()? {
                None => self.current = None,
                Some((name, Kind::Directory)) if may_hold_entries(&name) => {
                    let slash = if path.is_empty() { "" } else { "/" };
                    let path = format!("{path}{slash}{name}");
                    if let Some(shards) = self.shards.as_mut().filter(|_| is_shard(&name)) {
                        shards.push(path.clone());
                    }
                    self.pending.push(path);
                }
                Some((name, Kind::File)) => {
                    if let Some(key) = key_of(path, &name)
                        && self.prefix.contains(&key)
                    {
                        let (path, listing) =
                            self.current.as_ref().expect("a directory is being read");
                        return Ok(Some((key, path, listing)));
                    }
                }
                Some(_) => {}
            }
        }
    }

    /// The next entry that is still there.
    fn info(&mut self) -> io::Result<Option<EntryInfo>> {
        while let Some((key, _, listing)) = self.step()? {
            if let Some((size, used)) = listing.file_info(key.digest())? {
                return Ok(Some(EntryInfo::new(key, size).last_used(used)));
            }
        }
        Ok(None)
    }

    /// Removes every entry, calling `removed` for each, and then the directories that this left empty.
    pub(crate) fn remove_all(mut self, mut removed: impl FnMut()) -> io::Result<()> {
        let mut emptied: Vec<String> = Vec::new();
        // Single deletes leave empty directories. Below a prefix they are ours; the root may hold others of such a name.
        self.shards = (!self.prefix.as_str().is_empty()).then(Vec::new);
        let walked = loop {
            match self.step() {
                Ok(Some((key, path, listing))) => match listing.remove_file(key.digest()) {
                    Ok(true) => {
                        removed();
                        if emptied.last().is_none_or(|last| last != path) {
                            emptied.push(path.to_owned());
                        }
                    }
                    Ok(false) => {}
                    Err(error) => break Err(error),
                },
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        let shards = self.shards.take().unwrap_or_default();
        for mut path in emptied.iter().chain(&shards).map(String::as_str) {
            // The first directory that is not empty, or that a put needs, ends it.
            while self.root.remove_empty_dir(path).is_ok() {
                let Some((parent, _)) = path.rsplit_once('/') else { break };
                path = parent;
            }
        }
        walked
    }
}

/// Every entry that is still there when it is reached; ends after its first error.
impl Iterator for Walk {
    type Item = io::Result<EntryInfo>;

    fn next(&mut self) -> Option<Self::Item> {
        let info = self.info().transpose();
        if matches!(info, Some(Err(_))) {
            self.pending.clear();
            self.current = None;
        }
        info
    }
}
