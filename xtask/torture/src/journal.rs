//! What each thread writes down of what it does: one line an event, in one write each, so that a kill loses none that
//! happened before it.

use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result};

/// What happened. `k` is a key, `g` the generation of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// Another process goes on where the one before was ended; whether its calls give up waiting after a while.
    Start { gives_up: bool },
    /// An operation on `k` is about to begin.
    Ask(String),
    /// A computation runs, under the lease unless it was asked to compute in any case.
    Begin(String, u64),
    /// It has run.
    End(String, u64),
    /// The store said that it has this value now.
    Kept(String, u64),
    /// The store had this value.
    Got(String, u64),
    /// The store had none.
    Nothing(String),
    /// An operation on `k` failed, and said why.
    Failed(String, String),
    /// The copy of a store has this value, or none.
    Copy(String, Option<u64>),
    /// The entry is removed from here on,
    Dropping(String),
    /// and gone.
    Dropped(String),
    /// The clock was set so many seconds from the true one.
    Jumped(i64),
    /// A value that no computation of the key made.
    Wrong(String),
    /// Something that must not happen at all.
    Trouble(String),
}

impl Event {
    /// The key it is about, if it is about one.
    pub(crate) fn key(&self) -> Option<&str> {
        match self {
            Self::Ask(key)
            | Self::Begin(key, _)
            | Self::End(key, _)
            | Self::Kept(key, _)
            | Self::Got(key, _)
            | Self::Nothing(key)
            | Self::Copy(key, _)
            | Self::Dropping(key)
            | Self::Dropped(key)
            | Self::Failed(key, _) => Some(key),
            Self::Start { .. } | Self::Jumped(_) | Self::Wrong(_) | Self::Trouble(_) => None,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { gives_up } => write!(f, "start {gives_up}"),
            Self::Ask(key) => write!(f, "ask {key}"),
            Self::Begin(key, generation) => write!(f, "begin {key} {generation}"),
            Self::End(key, generation) => write!(f, "end {key} {generation}"),
            Self::Kept(key, generation) => write!(f, "kept {key} {generation}"),
            Self::Got(key, generation) => write!(f, "got {key} {generation}"),
            Self::Nothing(key) => write!(f, "nothing {key}"),
            Self::Failed(key, why) => write!(f, "failed {key} {}", why.replace('\n', " ")),
            Self::Copy(key, Some(generation)) => write!(f, "copy {key} {generation}"),
            Self::Copy(key, None) => write!(f, "copy {key}"),
            Self::Dropping(key) => write!(f, "dropping {key}"),
            Self::Dropped(key) => write!(f, "dropped {key}"),
            Self::Jumped(seconds) => write!(f, "jumped {seconds}"),
            Self::Wrong(what) => write!(f, "wrong {}", what.replace('\n', " ")),
            Self::Trouble(what) => write!(f, "trouble {}", what.replace('\n', " ")),
        }
    }
}

impl FromStr for Event {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> Result<Self> {
        let (word, rest) = line.split_once(' ').context("a word and more")?;
        let (key, number) = rest.split_once(' ').unwrap_or((rest, ""));
        let (key, number) = (key.to_owned(), number.parse::<u64>());
        Ok(match word {
            "start" => Self::Start { gives_up: rest.parse()? },
            "ask" => Self::Ask(key),
            "begin" => Self::Begin(key, number?),
            "end" => Self::End(key, number?),
            "kept" => Self::Kept(key, number?),
            "got" => Self::Got(key, number?),
            "nothing" => Self::Nothing(key),
            "failed" => {
                let (key, why) = rest.split_once(' ').context("a key and why")?;
                Self::Failed(key.to_owned(), why.to_owned())
            }
            "copy" => Self::Copy(key, number.ok()),
            "dropping" => Self::Dropping(key),
            "dropped" => Self::Dropped(key),
            "jumped" => Self::Jumped(rest.parse()?),
            "wrong" => Self::Wrong(rest.to_owned()),
            "trouble" => Self::Trouble(rest.to_owned()),
            word => anyhow::bail!("no event is called {word:?}"),
        })
    }
}

/// Nanoseconds on the clock that all processes of the machine share, and nobody can set.
pub(crate) fn now() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// A journal that is written. Those of one lane follow each other in one file.
#[derive(Debug)]
pub(crate) struct Journal(File);

impl Journal {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = File::options().append(true).create(true).open(path);
        Ok(Self(file.with_context(|| path.display().to_string())?))
    }

    pub(crate) fn note(&mut self, event: &Event) {
        let line = format!("{} {event}\n", now());
        self.0.write_all(line.as_bytes()).expect("a journal lies where there is room");
    }
}

/// Where the journal of one thread of the process in `slot` lies.
pub(crate) fn path(dir: &Path, slot: usize, lane: usize) -> PathBuf {
    dir.join(format!("{slot}-{lane}"))
}

/// All events of a journal, in order, each with its time.
pub(crate) fn read(path: &Path) -> Result<Vec<(u64, Event)>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    text.lines()
        .map(|line| {
            let (time, event) = line.split_once(' ').context("a time")?;
            Ok((time.parse()?, event.parse()?))
        })
        .collect::<Result<_>>()
        .with_context(|| path.display().to_string())
}

/// The computation that was the last thing a journal tells of: its thread is in it, most likely.
pub(crate) fn is_computing(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().next_back().is_some_and(|line| line.contains(" begin s"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_as_they_were_written() {
        let key = || "s.1.7".to_owned();
        let events = [
            Event::Start { gives_up: true },
            Event::Begin(key(), 7),
            Event::Copy(key(), None),
            Event::Copy(key(), Some(3)),
            Event::Dropped(key()),
            Event::Jumped(-3),
            Event::Trouble("two words".into()),
        ];
        let dir = tempfile::tempdir().unwrap();
        let path = path(dir.path(), 0, 1);
        let mut journal = Journal::open(&path).unwrap();
        events.iter().for_each(|event| journal.note(event));
        let read: Vec<_> = read(&path).unwrap().into_iter().map(|(_, event)| event).collect();
        assert_eq!(read, events);
    }
}
