//! A whole persistent store as a third party writes it: files in a directory.
use std::{fs, io, path::Path, path::PathBuf, process, thread};

use bytes::Bytes;
use larder_core::store::*;
use larder_core::{Error, Key, Payload, Prefix, Result};

#[derive(Debug)]
pub(crate) struct Directory(pub(crate) PathBuf);

fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        result => result.map(Some),
    }
}
fn entries(root: &Path) -> Result<Vec<EntryInfo>> {
    let (mut entries, mut dirs) = (Vec::new(), vec![root.to_owned()]);
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            let key = path.strip_prefix(root).ok().and_then(|p| Key::new(p.to_str()?).ok());
            match (if_there(fs::metadata(&path))?, key) {
                (Some(meta), Some(key)) => entries.push(EntryInfo::new(key, meta.len())),
                (Some(meta), None) if meta.is_dir() => dirs.push(path),
                _ => {}
            }
        }
    }
    Ok(entries)
}
#[async_trait::async_trait]
impl StoreBackend for Directory {
    fn capabilities(&self) -> StoreCapabilities {
        StoreCapabilities::inline().persistent()
    }
    async fn get(&self, key: &Key) -> Result<Option<Bytes>> {
        Ok(if_there(fs::read(self.0.join(key.as_str())))?.map(Bytes::from))
    }
    async fn put(&self, key: &Key, value: Payload, mode: PutMode<'_>) -> Result<PutOutcome> {
        if !matches!(mode, PutMode::Replace) {
            return Err(Error::unsupported("a plain directory", "conditional puts"));
        }
        let file = self.0.join(key.as_str());
        let temp = self.0.join(format!(".{}-{:?}", process::id(), thread::current().id()));
        fs::create_dir_all(file.with_file_name(""))?;
        let put = fs::File::create(&temp).and_then(|mut temp| value.write_to(&mut temp));
        put.and_then(|()| fs::rename(&temp, file)).inspect_err(|_| drop(fs::remove_file(&temp)))?;
        Ok(PutOutcome::Written)
    }
    async fn delete(&self, key: &Key) -> Result<bool> {
        Ok(if_there(fs::remove_file(self.0.join(key.as_str())))?.is_some())
    }
    fn list<'a>(&'a self, prefix: &Prefix) -> BoxStream<'a, Result<EntryInfo>> {
        listing(match entries(&self.0) {
            Ok(all) => all.into_iter().filter(|e| prefix.contains(&e.key)).map(Ok).collect(),
            Err(error) => vec![Err(error)],
        })
    }
}
