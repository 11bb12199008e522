//! What libraries of others in a worker are told about their share of the processors.

use std::process::Command;

/// By these, pools of threads are sized that larder knows nothing of.
const THREADS: [&str; 7] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
];

/// Gives a worker `threads` threads, where the user has not said otherwise.
pub(crate) fn share(command: &mut Command, threads: usize) {
    for name in THREADS {
        if std::env::var_os(name).is_none() {
            command.env(name, threads.to_string());
        }
    }
}
