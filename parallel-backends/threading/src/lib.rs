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
#![forbid(unsafe_code)]

mod backend;

pub use crate::backend::Threading;
