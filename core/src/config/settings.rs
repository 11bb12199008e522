//! The one table of settings: documents, the environment and the docs are read off it.

use super::Config;
use crate::options::{DeError, OptionValue, from_value};

/// What can be set under one name.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SettingInfo {
    /// The section of the document.
    pub section: &'static str,
    /// The key within the section.
    pub key: &'static str,
    /// The environment variable.
    pub variable: &'static str,
    /// What it can be.
    pub allowed: &'static str,
    /// What it is otherwise.
    pub default: &'static str,
    /// What it does.
    pub help: &'static str,
    pub(super) set: fn(&mut Config, &OptionValue) -> Result<(), DeError>,
}

/// Every setting there is, in the order of the documentation.
///
/// ```
/// let verbose = larder_core::settings().iter().find(|setting| setting.key == "verbose").unwrap();
/// assert_eq!(verbose.variable, "LARDER_VERBOSE");
/// ```
pub fn settings() -> &'static [SettingInfo] {
    SETTINGS
}

macro_rules! settings {
    ($($section:ident.$key:ident $variable:literal [$allowed:literal, $default:literal] $help:literal;)*) => {
        const SETTINGS: &[SettingInfo] = &[$(SettingInfo {
            section: stringify!($section),
            key: stringify!($key),
            variable: $variable,
            allowed: $allowed,
            default: $default,
            help: $help,
            set: |config, value| {
                config.$section.$key = from_value(value)?;
                Ok(())
            },
        }),*];
    };
}

settings! {
    memory.store "LARDER_STORE" ["a path, `backend:location?option=value`, a URL; in a file also a table", "`.larder`"]
        "Where results are kept.";
    memory.enabled "LARDER_ENABLED" ["`true`, `false`", "`true`"]
        "Whether results are kept at all; without, every call computes.";
    memory.key_algorithm "LARDER_KEY_ALGORITHM" ["`blake3`, `sha256`", "`blake3`"]
        "The hash that makes keys of arguments; another one is another set of keys.";
    memory.compress "LARDER_COMPRESS" ["`none`, `true` (zlib, level 3), a level of zlib, a compressor, `compressor:level`; any with `+shuffle` behind", "`none`"]
        "Whether and how values are compressed.";
    memory.codec "LARDER_CODEC" ["the name of a codec", "`postcard`"]
        "How values become bytes; a value it cannot bring back equal is written self-describing.";
    memory.verbose "LARDER_VERBOSE" ["0 to 255", "`0`"]
        "How much is said about calls.";
    memory.on_store_error "LARDER_ON_STORE_ERROR" ["`compute`, `fail`", "`compute`"]
        "What a call does when the store fails: compute without it, or fail too.";
    memory.record_args "LARDER_RECORD_ARGS" ["`true`, `false`", "`true`"]
        "Whether the text form of arguments is kept beside a result.";
    memory.lease "LARDER_LEASE" ["`true`, `false`", "`true`"]
        "Whether processes wait for the one that computes the same result, where the store can.";
    memory.verify "LARDER_VERIFY" ["`read`, `full`", "`read`"]
        "Which checksums a hit looks at: those of what it reads, or also those of memory-mapped arrays.";
    memory.mmap_mode "LARDER_MMAP_MODE" ["`auto`, `r`, `c`", "`auto`"]
        "Whether the arrays of results are mapped from the first call on: `r` to be read, `c` to be changed in memory.";
    memory.secret "LARDER_SECRET" ["a text of 16 bytes and more; `env`: that of the environment", "none"]
        "What entries are signed with; one that no holder of it put is a miss.";
    memory.old_secrets "LARDER_OLD_SECRETS" ["a list of such texts", "none"]
        "Secrets that were in use before: what is signed with one of them is still a hit.";
    memory.secret_file "LARDER_SECRET_FILE" ["a file", "none"]
        "A file of secrets instead, one a line: the first signs, all are believed.";
    memory.max_bytes "LARDER_MAX_BYTES" ["a number of bytes such as `10G`", "no limit"]
        "How many bytes of results the store is kept to; the least recently used go first.";
    memory.max_items "LARDER_MAX_ITEMS" ["a number", "no limit"]
        "How many results the store is kept to.";
    memory.max_age "LARDER_MAX_AGE" ["a length of time such as `30d`", "no limit"]
        "How long a result stays after its last use.";
    memory.hot_bytes "LARDER_HOT_BYTES" ["a number of bytes; 0 is none", "`64M`"]
        "How much of the results of `hot` functions is kept in memory.";
    memory.hot_for "LARDER_HOT_FOR" ["a length of time", "`1m`"]
        "How long such a result is taken from there without a look at the store.";
    parallel.backend "LARDER_BACKEND" ["the name of a backend, `name?option=value`; in a file also a table", "threads of this process"]
        "Where tasks run.";
    parallel.n_jobs "LARDER_N_JOBS" ["a number; -1 for all processors, -2 for all but one …", "1; -1 in a scope or with something installed"]
        "How many tasks run at once.";
    parallel.prefer "LARDER_PREFER" ["`threads`, `processes`", "open"]
        "What kind of backend suits the tasks, where none is chosen.";
    parallel.batch_size "LARDER_BATCH_SIZE" ["a number of tasks", "by how long they take"]
        "How many tasks are handed to a worker at once.";
    parallel.pre_dispatch "LARDER_PRE_DISPATCH" ["`auto`, `all`, a number, a number `* n_jobs`", "two batches a worker"]
        "How many tasks are taken from their iterator beforehand.";
    parallel.timeout "LARDER_TIMEOUT" ["a length of time", "none"]
        "How long each task may take, from its start.";
    parallel.retries "LARDER_RETRIES" ["a number", "0"]
        "How often a task that fails is tried again, if it can be.";
    parallel.max_nbytes "LARDER_MAX_NBYTES" ["a number of bytes, `none`", "1 MiB"]
        "From which size on an array is mapped by all workers of a machine instead of sent to each.";
    parallel.temp_folder "LARDER_TEMP_FOLDER" ["a directory", "memory, where the system can"]
        "Where such arrays are put.";
    parallel.mmap_mode "LARDER_PARALLEL_MMAP_MODE" ["`auto`, `r`, `c`", "to read"]
        "How workers map them: `r` to be read, `c` to be changed in memory.";
    parallel.codec "LARDER_PARALLEL_CODEC" ["the name of a codec", "postcard"]
        "How arguments and results become bytes.";
    parallel.inner_max_num_threads "LARDER_INNER_MAX_NUM_THREADS" ["a number", "the task's share of the processors"]
        "How many threads each task may use for itself.";
    parallel.verbose "LARDER_PARALLEL_VERBOSE" ["a number", "0"]
        "How much is said about the progress of a call.";
    parallel.progress "LARDER_PROGRESS" ["`true`, `false`", "not shown"]
        "Whether a bar shows the progress of a call.";
}
