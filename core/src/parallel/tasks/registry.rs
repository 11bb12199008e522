//! The task functions of this program, by name.

use std::any::{TypeId, type_name};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard};

use bytes::Bytes;

use super::{ArgumentReader, Task};
use crate::codec::{EncodeOptions, Encoded};
use crate::memory::FunctionInfo;
use crate::{Error, ErrorKind, Result, suggest};

/// What the process keeps of one task function, found out when it is first needed.
#[derive(Debug)]
pub struct TaskCell {
    name: OnceLock<String>,
    version: OnceLock<u64>,
}

impl TaskCell {
    /// A cell for one function.
    #[expect(clippy::new_without_default, reason = "one static a function, made by generated code")]
    pub const fn new() -> Self {
        Self { name: OnceLock::new(), version: OnceLock::new() }
    }

    pub(super) fn name<F: Task>(&'static self) -> &'static str {
        self.name.get_or_init(|| {
            let FunctionInfo { package, name, renamed, .. } = F::FUNCTION;
            let path = if renamed { name } else { in_package(package, type_name::<F>()) };
            format!("{package}::{path}")
        })
    }

    pub(super) fn version<F: Task>(&self) -> u64 {
        *self.version.get_or_init(|| {
            let mut hash = blake3::Hasher::new();
            hash.update(&F::FUNCTION.fold().to_le_bytes());
            F::shapes().iter().for_each(|shape| _ = hash.update(shape));
            hash.update(&(F::returned().shape)());
            u64::from_le_bytes(*hash.finalize().as_bytes().first_chunk().expect("32 bytes"))
        })
    }
}

/// A task function that this program has.
#[derive(Clone, Copy)]
pub struct RegisteredTask {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
    version: fn() -> u64,
    file: &'static str,
    line: u32,
    run: fn(&mut ArgumentReader<'_>, &EncodeOptions<'_>) -> Result<Encoded>,
}

inventory::collect!(RegisteredTask);

impl RegisteredTask {
    /// The function with the namesake `F`.
    pub const fn of<F: Task>() -> Self {
        Self {
            id: TypeId::of::<F>,
            name: || F::cell().name::<F>(),
            version: || F::cell().version::<F>(),
            file: F::FUNCTION.file,
            line: F::FUNCTION.line,
            run: |arguments, options| {
                let output = F::receive(arguments)?;
                (F::returned().encode)(output, options)
            },
        }
    }

    /// `package::module::function`; in a crate that is not named as its package, such as a test,
    /// `package::crate::module::function`.
    pub fn name(&self) -> &'static str {
        (self.name)()
    }

    /// A hash of its code and of the shapes of its arguments and result.
    pub fn version(&self) -> u64 {
        (self.version)()
    }

    /// Runs the function on arguments that [`encode`](crate::parallel::PortableTask::encode) made; its result, of a
    /// `Result` also an `Err`, as bytes. Nothing is caught: a panic of the function is one of this call.
    ///
    /// # Errors
    /// [`Decode`](ErrorKind::Decode) for bytes that are no arguments of it, [`Encode`](ErrorKind::Encode) where it ran but
    /// its result has no bytes.
    pub fn run(
        &self,
        payload: &[u8],
        buffers: Vec<Bytes>,
        options: &EncodeOptions<'_>,
    ) -> Result<Encoded> {
        let mut arguments = ArgumentReader::new(payload, buffers);
        (self.run)(&mut arguments, options).map_err(|error| error.with("task", self.name()))
    }

    fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl fmt::Debug for RegisteredTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredTask")
            .field("name", &self.name())
            .field("place", &self.place())
            .finish()
    }
}

/// Makes a function known that `#[task]` did not: the linker drops a crate that nothing in the program names, and its
/// tasks with it. Doing so twice changes nothing.
///
/// ```
/// # mod larder { pub use larder_core::*; }
/// # mod library { #[larder_macros::task(crate = larder_core)] pub fn slow(x: u8) -> u8 { x } }
/// larder_core::parallel::tasks::register::<library::slow>();
/// ```
pub fn register<F: Task>() {
    let mut table = table().write().unwrap_or_else(PoisonError::into_inner);
    add(&mut table, RegisteredTask::of::<F>());
}

/// The function of this name and version.
///
/// # Errors
/// [`NotFound`](ErrorKind::NotFound) where there is none, [`Invalid`](ErrorKind::Invalid) where it has another version or
/// two functions have the name.
pub fn find(name: &str, version: u64) -> Result<RegisteredTask> {
    let table = read();
    let Some(found) = table.get(name) else {
        let known: Vec<&str> = table.keys().copied().collect();
        let near = suggest::nearest(name, known.iter().copied())
            .map_or_else(String::new, |near| format!(" (there is `{near}`)"));
        return Err(Error::new(
            ErrorKind::NotFound,
            format!(
                "this program has no task function `{name}`{near}: if it is in a crate that the program does not name, \
                 `larder::parallel::tasks::register` it at the start"
            ),
        ));
    };
    let task = *only(found)?;
    if task.version() != version {
        return Err(Error::invalid(format!(
            "the task function `{name}` is another one here ({}): both programs must be built from the same source",
            task.place()
        )));
    }
    Ok(task)
}

/// Whether every name is that of one function.
///
/// # Errors
/// [`Invalid`](ErrorKind::Invalid), naming both places.
pub fn check() -> Result<()> {
    read().values().try_for_each(|found| only(found).map(drop))
}

/// All task functions of this program, sorted by name.
pub fn registered() -> Vec<RegisteredTask> {
    read().values().flatten().copied().collect()
}

type Table = BTreeMap<&'static str, Vec<RegisteredTask>>;

fn table() -> &'static RwLock<Table> {
    static TABLE: OnceLock<RwLock<Table>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table::new();
        inventory::iter::<RegisteredTask>.into_iter().for_each(|task| add(&mut table, *task));
        RwLock::new(table)
    })
}

fn read() -> RwLockReadGuard<'static, Table> {
    table().read().unwrap_or_else(PoisonError::into_inner)
}

fn add(table: &mut Table, task: RegisteredTask) {
    let same_name = table.entry(task.name()).or_default();
    if !same_name.iter().any(|known| (known.id)() == (task.id)()) {
        same_name.push(task);
    }
}

/// `path` without its crate, where that has the name of the package.
fn in_package<'p>(package: &str, path: &'p str) -> &'p str {
    match path.split_once("::") {
        Some((of, rest)) if of == package.replace('-', "_") => rest,
        _ => path,
    }
}

fn only(same_name: &[RegisteredTask]) -> Result<&RegisteredTask> {
    match same_name {
        [only] => Ok(only),
        several => {
            let mut places: Vec<_> = several.iter().map(RegisteredTask::place).collect();
            places.sort();
            Err(Error::invalid(format!(
                "two task functions are called `{}`, at {}: give one of them another name with #[task(name = \"..\")]",
                several[0].name(),
                places.join(" and ")
            )))
        }
    }
}
