//! Parts under serde: the file, and which part of it.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{self, Serialize, Serializer};

use super::memory::Memory;
use super::part::SharedPart;
use crate::beside::{self, Passage};
use crate::{Element, Error, ErrorKind, Result};

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename = "SharedPart")]
struct Ticket {
    element: String,
    path: PathBuf,
    /// Of the file: the path may be another's by then.
    device: u64,
    inode: u64,
    /// Of the dimension that runs slowest.
    start: usize,
    end: usize,
}

impl<T: Element> Serialize for SharedPart<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (device, inode) = identity(self.memory().file()).map_err(ser::Error::custom)?;
        self.lend().map_err(|error| {
            ser::Error::custom(format!("a part of an array cannot leave this process: {error}"))
        })?;
        let range = self.range();
        let ticket = Ticket {
            element: T::NAMES[0].to_owned(),
            path: self.memory().place().to_owned(),
            device,
            inode,
            start: range.start,
            end: range.end,
        };
        ticket.serialize(serializer)
    }
}

impl<'de, T: Element> Deserialize<'de> for SharedPart<'_, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let ticket = Ticket::deserialize(deserializer)?;
        if beside::passage() == Passage::Trace {
            return Err(de::Error::custom("there is no such part"));
        }
        let path = ticket.path.display().to_string();
        open(ticket).map_err(|error| de::Error::custom(error.with("path", path)))
    }
}

fn open<'a, T: Element>(ticket: Ticket) -> Result<SharedPart<'a, T>> {
    let wanted = T::NAMES[0];
    if ticket.element != wanted {
        let is = ticket.element;
        return Err(Error::new(
            ErrorKind::Decode,
            format!("a part of an array of {is} is none of an array of {wanted}"),
        ));
    }
    let file = OpenOptions::new().read(true).write(true).open(&ticket.path)?;
    if identity(&file)? != (ticket.device, ticket.inode) {
        return Err(Error::new(ErrorKind::NotFound, "another file has taken the array's place"));
    }
    let range = ticket.start..ticket.end;
    let memory = Memory::open_part::<T>(file, range.clone(), ticket.path)?;
    SharedPart::own(memory, range)
}

#[cfg(unix)]
fn identity(file: &File) -> Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = file.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(_: &File) -> Result<(u64, u64)> {
    Err(Error::unsupported("this platform", "arrays shared between processes"))
}
