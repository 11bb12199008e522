//! What tasks find around them, for backends that run them in other processes.

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::place::Place;
use super::scope;
use crate::memory::{Carried, Packages};
use crate::{Config, Error, ErrorKind, Key, Memory, ParallelConfig, Result};

/// What a task finds around it wherever it runs: the memory of transparent calls, what the memoized calls around it are
/// computing, the options of the parallel calls in it, and its share of the processors.
///
/// [`Call::surroundings`](super::Call::surroundings) tells them to a backend, which sends them as bytes. On the other
/// side they are [opened](Self::open), and tasks run [within](Around::within) them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Without secrets: those are found in the other process's environment, or not.
    memory: Option<Config>,
    /// Whom the memory serves where it is an installed one, rather than a scope's.
    installed_for: Option<Packages>,
    held: Vec<Key>,
    /// What is in scope, or installed, for parallel calls.
    scope: Option<Config>,
    threads: usize,
}

/// [`Surroundings`] in another process, ready for tasks.
#[derive(Debug, Clone)]
pub struct Around {
    place: Arc<Place>,
    installed: Option<(Memory, Packages)>,
}

impl Surroundings {
    pub(super) fn of(carried: &Carried, scope: Option<ParallelConfig>, threads: usize) -> Self {
        let (memory, installed_for) = match carried.scope() {
            Some(memory) => (Some(memory.to_travel()), None),
            None => {
                Memory::installed().map(|(memory, packages)| (memory.to_travel(), packages)).unzip()
            }
        };
        let scope = scope.map(|parallel| Config { parallel, ..Config::default() });
        Self { memory, installed_for, held: carried.held(), scope, threads }
    }

    /// As bytes, for [`from_bytes`](Self::from_bytes). Equal ones have equal bytes.
    ///
    /// # Errors
    /// [`ErrorKind::Encode`] for a memory that has no description as text, such as one in a directory whose name is not
    /// Unicode.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let why = "what is around the tasks cannot be sent";
        serde_json::to_vec(self)
            .map_err(|error| Error::new(ErrorKind::Encode, why).with_source(error))
    }

    /// What [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let why = "not what is around tasks";
        serde_json::from_slice(bytes)
            .map_err(|error| Error::new(ErrorKind::Decode, why).with_source(error))
    }

    /// The same without a memory: what is computed in there is not kept.
    #[must_use]
    pub fn without_memory(self) -> Self {
        Self { memory: None, installed_for: None, ..self }
    }

    /// Opens the memory, unless it is open here already.
    ///
    /// # Errors
    /// Those of [`Memory::open`].
    pub fn open(&self) -> Result<Around> {
        let memory = self.memory.as_ref().map(opened).transpose()?;
        let (in_scope, installed) = match (memory, &self.installed_for) {
            (Some(memory), Some(packages)) => (None, Some((memory, packages.clone()))),
            (memory, _) => (memory, None),
        };
        let carried = Carried::elsewhere(in_scope, self.held.clone());
        let options = self.scope.as_ref().and_then(|config| scope::elsewhere(&config.parallel));
        Ok(Around { place: Place::elsewhere(self.threads, carried, options), installed })
    }
}

impl Around {
    /// Runs `tasks` in here. What is installed in this process is replaced meanwhile: it should be one that does nothing
    /// else.
    pub fn within<R>(&self, tasks: impl FnOnce() -> R) -> R {
        Memory::with_installed(self.installed.clone(), || self.place.within(tasks))
    }
}

/// How many memories a process keeps open for tasks that may come.
const KEPT_OPEN: usize = 8;

/// The memory of this configuration: the one that is open, so that it counts and waits as one.
fn opened(config: &Config) -> Result<Memory> {
    static OPEN: Mutex<Vec<(Config, Memory)>> = Mutex::new(Vec::new());
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = open.iter().position(|(known, _)| known == config);
    let used = match known {
        Some(at) => open.remove(at),
        None => (config.clone(), Memory::open(config.clone())?),
    };
    let memory = used.1.clone();
    open.push(used);
    if open.len() > KEPT_OPEN {
        open.remove(0);
    }
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(surroundings: &Surroundings) -> Around {
        let bytes = surroundings.to_bytes().unwrap();
        let arrived = Surroundings::from_bytes(&bytes).unwrap();
        assert_eq!(&arrived, surroundings);
        arrived.open().unwrap()
    }

    #[test]
    fn the_memory_in_scope_and_what_is_held_arrive() {
        let memory = Memory::builder("memory:").unwrap().verbose(7).open().unwrap();
        let key = crate::Prefix::new("test").unwrap().key(&[1; 32]).unwrap();
        let here = Carried::elsewhere(Some(memory), vec![key.clone()]);
        let around = sent(&Surroundings::of(&here, None, 3));
        let again = sent(&Surroundings::of(&here, None, 3));
        around.within(|| {
            let scope = Carried::here().scope().cloned().expect("a memory in scope");
            assert_eq!(scope.shelf().unwrap().settings.verbose, 7);
            assert_eq!(Carried::here().held(), std::slice::from_ref(&key));
            assert_eq!(Place::budget(), Some(3));
            again.within(|| {
                let other = Carried::here().scope().cloned().unwrap();
                assert!(
                    Arc::ptr_eq(scope.shelf().unwrap(), other.shelf().unwrap()),
                    "opened twice"
                );
            });
        });
        assert!(Place::budget().is_none() && Carried::here().scope().is_none());
    }

    #[test]
    fn a_memory_that_is_not_there_can_be_gone_without() {
        let mut config = Config::default();
        config.memory.store = "nowhere:".parse().unwrap();
        let surroundings = Surroundings {
            memory: Some(config),
            installed_for: None,
            held: Vec::new(),
            scope: None,
            threads: 1,
        };
        assert!(surroundings.open().unwrap_err().to_string().contains("nowhere"));
        let around = surroundings.without_memory().open().unwrap();
        around.within(|| assert!(Memory::current().is_none()));
        assert!(Surroundings::from_bytes(b"{}").unwrap_err().is_decode());
    }
}
