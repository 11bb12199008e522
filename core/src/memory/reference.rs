//! References to kept results: small, printable, fit to travel.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::shelf::Look;
use super::{Memory, MissReason};
use crate::codec::{Storable, Storage};
use crate::runtime::block_on;
use crate::{Config, Error, ErrorKind, Key, Result, StoreConfig};

/// A reference to a kept result, from [`shelve`](super::Bound::shelve): the place of the store and the key.
///
/// It prints as `store#key` and parses back, in this process or another, on any machine that reaches the store; it
/// serializes; it never holds a credential. Where nothing is kept (a disabled memory, an `Err`) it holds the value.
///
/// ```
/// # #[larder_core::memoize(crate = larder_core)]
/// # fn square(x: u64) -> u64 { x * x }
/// # let memory = larder_core::Memory::open("memory:")?;
/// use larder_core::MemoizedResult;
///
/// let reference: MemoizedResult<u64> = memory.cache::<square>().with(12).shelve()?;
/// assert_eq!(reference.get()?, 144);
/// assert!(reference.to_string().starts_with("memory:#"));
///
/// assert!(reference.clear()?); // the value goes, the reference stays …
/// assert!(reference.get().unwrap_err().is_not_found()); // … and says so
/// # Ok::<(), larder_core::Error>(())
/// ```
///
/// The type `T` is the function's return type. Where that is a `Result<V, E>`, only an `Ok` is ever kept, and the
/// reference may also be parsed as one to a `V`.
pub struct MemoizedResult<T>(Held<T>);

enum Held<T> {
    Value(T),
    Entry {
        memory: Memory,
        key: Key,
        storage: Storage<T>,
    },
    /// Parsed: opened when it is first asked for.
    Far {
        store: StoreConfig,
        key: Key,
        storage: Storage<T>,
    },
}

impl<T> MemoizedResult<T> {
    pub(crate) fn of_value(value: T) -> Self {
        Self(Held::Value(value))
    }

    pub(crate) fn of_entry(memory: Memory, key: Key, storage: Storage<T>) -> Self {
        Self(Held::Entry { memory, key, storage })
    }

    /// The key; `None` for a reference that holds its value.
    pub fn key(&self) -> Option<&Key> {
        match &self.0 {
            Held::Value(_) => None,
            Held::Entry { key, .. } | Held::Far { key, .. } => Some(key),
        }
    }

    fn parts(&self) -> Option<Result<(Memory, &Key, Storage<T>)>> {
        match &self.0 {
            Held::Value(_) => None,
            Held::Entry { memory, key, storage } => Some(Ok((memory.clone(), key, *storage))),
            Held::Far { store, key, storage } => {
                Some(open(store).map(|memory| (memory, key, *storage)))
            }
        }
    }

    /// The store and key as text; `None` where there is none: a held value, a store built in code.
    fn address(&self) -> Option<(&StoreConfig, &Key)> {
        match &self.0 {
            Held::Value(_) => None,
            Held::Entry { memory, key, .. } => Some((memory.location()?, key)),
            Held::Far { store, key, .. } => Some((store, key)),
        }
    }
}

impl<T: Clone> MemoizedResult<T> {
    /// The value, read from the store.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound), naming the key, when the entry was cleared; [`Corrupt`](ErrorKind::Corrupt)
    /// when it is damaged or, with a secret, nobody who has it put it; those of opening and reading the store.
    pub fn get(&self) -> Result<T> {
        block_on(self.get_async())
    }

    /// [`get`](Self::get), for asynchronous code.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn get_async(&self) -> Result<T> {
        let (memory, key, storage) = match (&self.0, self.parts()) {
            (Held::Value(value), _) => return Ok(value.clone()),
            (_, Some(parts)) => parts?,
            (_, None) => unreachable!("only a held value has no parts"),
        };
        read(&memory, key, storage).await
    }
}

/// The memory of a reference that came as text or bytes: the one in use here, if that is over the same store, so that
/// its secret counts; otherwise with the secret of the environment, if there is one.
fn open(store: &StoreConfig) -> Result<Memory> {
    let is_over_it =
        |memory: &Memory| memory.location().is_some_and(|at| at.without_secrets() == *store);
    if let Some(memory) = Memory::current().filter(is_over_it) {
        return Ok(memory);
    }
    let mut config = Config::from(store.clone());
    config.memory = config.memory.with_secret_of_environment()?;
    Memory::open(config)
}

async fn read<T>(memory: &Memory, key: &Key, storage: Storage<T>) -> Result<T> {
    let shelf =
        memory.shelf().ok_or_else(|| Error::invalid("the memory is disabled: nothing is kept"))?;
    let function = shelf.function_of(key)?;
    let reason = match shelf.fetch(&function, key).await? {
        Look::Found(entry) => match shelf.value(&function, key, &entry, storage) {
            Ok(value) => return Ok(value),
            Err(reason) => reason,
        },
        Look::Missing(miss) => miss.reason,
    };
    Err(match reason {
        MissReason::Never => Error::new(ErrorKind::NotFound, "the result was cleared"),
        MissReason::Unreadable => Error::new(
            ErrorKind::Decode,
            "the result needs a codec or compressor that is not registered here",
        ),
        reason => Error::new(
            ErrorKind::Corrupt,
            format!("the result cannot be read: its entry is {reason}"),
        ),
    }
    .with("key", key))
}

impl<T> MemoizedResult<T> {
    /// Removes the result from the store; says whether it was there.
    ///
    /// # Errors
    /// Those of opening the store and deleting.
    pub fn clear(&self) -> Result<bool> {
        block_on(self.clear_async())
    }

    /// [`clear`](Self::clear), for asynchronous code.
    ///
    /// # Errors
    /// As [`clear`](Self::clear).
    pub async fn clear_async(&self) -> Result<bool> {
        let Some(parts) = self.parts() else { return Ok(false) };
        let (memory, key, _) = parts?;
        match memory.shelf() {
            Some(shelf) => shelf.delete(key).await,
            None => Ok(false),
        }
    }
}

impl<T> fmt::Display for MemoizedResult<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.address(), self.key()) {
            (Some((store, key)), _) => write!(f, "{}#{key}", store.without_secrets()),
            (None, Some(key)) => write!(f, "<store built in code>#{key}"),
            (None, None) => f.write_str("<a held value>"),
        }
    }
}

impl<T> fmt::Debug for MemoizedResult<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoizedResult({self})")
    }
}

impl<T: Storable> FromStr for MemoizedResult<T> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (store, key) =
            text.rsplit_once('#').filter(|(store, _)| !store.starts_with('<')).ok_or_else(
                || Error::invalid(format!("{text:?} is not a reference: want `store#key`")),
            )?;
        Ok(Self(Held::Far {
            store: store.parse()?,
            key: key.parse()?,
            storage: Storage::of_value(),
        }))
    }
}

/// What travels.
#[derive(Serialize, Deserialize)]
#[serde(rename = "MemoizedResult")]
enum Wire<S, T> {
    Entry { store: S, key: Key },
    Value(T),
}

impl<T: Serialize> Serialize for MemoizedResult<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (&self.0, self.address()) {
            (Held::Value(value), _) => Wire::<StoreConfig, &T>::Value(value).serialize(serializer),
            (_, Some((store, key))) => {
                Wire::<_, &T>::Entry { store: store.without_secrets(), key: key.clone() }
                    .serialize(serializer)
            }
            (_, None) => Err(serde::ser::Error::custom(
                "a result of a store that was built in code has no address to send: open the store by name or URL",
            )),
        }
    }
}

impl<'de, T: Storable> Deserialize<'de> for MemoizedResult<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Wire::<StoreConfig, T>::deserialize(deserializer)? {
            Wire::Value(value) => Self::of_value(value),
            Wire::Entry { store, key } => {
                Self(Held::Far { store, key, storage: Storage::of_value() })
            }
        })
    }
}
