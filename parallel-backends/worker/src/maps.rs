//! What a worker has mapped of the arrays that tasks are given.

use std::collections::HashMap;
use std::fs::File;

use bytes::Bytes;
use larder_core::parallel::tasks::MappedFile;
use larder_core::{Error, ErrorKind, MmapMode, Result};

use crate::message::{MapsTold, ToMap};

/// The maps, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Maps(HashMap<u64, Map>);

#[derive(Debug)]
enum Map {
    /// The file is closed: a map does without.
    Shared(Bytes),
    /// For maps of each task's own: what it changes is nobody else's.
    Private { file: File, start: u64, len: usize },
    /// The tasks that are given it are told.
    Failed(ErrorKind, String),
}

impl Maps {
    pub(crate) fn update(&mut self, told: MapsTold) {
        for number in told.forgotten {
            self.0.remove(&number);
        }
        self.0.extend(told.mapped.into_iter().map(|to_map| (to_map.number, Map::of(to_map))));
    }

    /// Bytes of a map.
    ///
    /// # Errors
    /// There is no such map, or it could not be made.
    pub(crate) fn part(&self, number: u64, offset: usize, len: usize) -> Result<Bytes> {
        let within = |all: usize| offset.checked_add(len).is_some_and(|end| end <= all);
        match self.0.get(&number) {
            Some(Map::Shared(bytes)) if within(bytes.len()) => {
                Ok(bytes.slice(offset..offset + len))
            }
            Some(Map::Private { file, start, len: all }) if within(*all) => {
                MappedFile::map(file, start + offset as u64, len, MmapMode::CopyOnWrite)
            }
            Some(Map::Failed(kind, why)) => {
                Err(Error::new(*kind, format!("an array of the arguments cannot be mapped: {why}")))
            }
            _ => Err(Error::new(
                ErrorKind::Bug,
                "the worker was not told of an array of the arguments",
            )),
        }
    }
}

impl Map {
    fn of(ToMap { start, len, mode, file, .. }: ToMap) -> Self {
        let file = File::from(file);
        if mode == MmapMode::CopyOnWrite {
            return Self::Private { file, start, len };
        }
        match MappedFile::map(&file, start, len, mode) {
            Ok(bytes) => Self::Shared(bytes),
            Err(error) => Self::Failed(error.kind(), error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frames;
    use crate::message::MapsWriter;
    use crate::transport::Socket;
    use std::os::unix::net::UnixStream;

    fn told(writer: MapsWriter) -> MapsTold {
        let (here, there) = UnixStream::pair().unwrap();
        writer.finish().unwrap().send(&mut Socket::new(here)).unwrap();
        let mut frames = Frames::new(Socket::new(there));
        MapsTold::of(&mut frames.next_frame().unwrap().unwrap()).unwrap()
    }

    #[test]
    fn what_is_mapped_is_there_until_it_is_forgotten() {
        let files = [1u8, 2].map(|fill| MappedFile::copy_of(&[fill; 5000], None).unwrap());
        let numbers = files.each_ref().map(MappedFile::number);
        let mut writer = MapsWriter::default();
        writer.map(&files[0], MmapMode::Auto).unwrap();
        writer.map(&files[1], MmapMode::CopyOnWrite).unwrap();
        let mut maps = Maps::default();
        maps.update(told(writer));
        drop(files);
        assert_eq!(maps.part(numbers[0], 4000, 1000).unwrap(), [1; 1000][..]);
        assert_eq!(maps.part(numbers[1], 10, 100).unwrap(), [2; 100][..]);
        for number in numbers {
            assert!(maps.part(number, 4000, 1001).is_err());
            assert!(maps.part(number, usize::MAX, 2).is_err());
        }
        let mut writer = MapsWriter::default();
        assert!(MapsWriter::default().finish().is_none());
        writer.forget(numbers[0]);
        maps.update(told(writer));
        assert!(maps.part(numbers[0], 0, 1).is_err() && maps.part(numbers[1], 0, 1).is_ok());
    }

    #[test]
    fn who_is_given_what_cannot_be_mapped_is_told() {
        let file = MappedFile::copy_of(&[1; 10], None).unwrap();
        let mut writer = MapsWriter::default();
        writer.map(&file, MmapMode::Auto).unwrap();
        let mut told = told(writer);
        told.mapped[0].len = 11;
        let mut maps = Maps::default();
        maps.update(told);
        let error = maps.part(file.number(), 0, 1).unwrap_err();
        assert!(error.is_corrupt() && error.to_string().contains("cannot be mapped"), "{error}");
    }
}
