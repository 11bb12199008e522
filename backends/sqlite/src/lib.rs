//! larder's store for many small results: one SQLite database.
#![forbid(unsafe_code)]

mod connection;
mod database;
mod error;
mod inherited;
mod listing;
mod options;
mod place;
mod reading;
mod schema;
mod shards;
mod store;
mod transaction;
mod uses;
mod writing;

pub use crate::options::{SqliteOptions, Synchronous, factory};
pub use crate::store::SqliteStore;
