//! larder's default parallel backend: threads of this process.
//!
//! ```
//! use larder_core::{Parallel, delayed};
//! use larder_threading::Threading;
//!
//! let words = vec!["pear".to_owned(), "fig".to_owned()];
//! let lengths = Parallel::new().backend(Threading).n_jobs(2).run(words.iter().map(|word| delayed(|| word.len())))?;
//! assert_eq!(lengths, [4, 3]);
//! # Ok::<(), larder_core::Error>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod backend;

use larder_core::ParallelFactory;

pub use crate::backend::Threading;

/// How the registry opens it: as `threading`, without options.
pub fn factory() -> ParallelFactory {
    ParallelFactory::new("threading", |()| Ok(Threading))
        .aliases(["threads"])
        .about("threads of this process")
}
