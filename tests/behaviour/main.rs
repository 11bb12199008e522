//! What a memoized call promises, shown through the public interface: see the names of the modules.

mod ambient;
mod bad_input;
mod bombs;
mod breaker;
mod closures;
mod common;
mod corruption;
mod credentials;
mod disabled;
mod failures;
mod fault_walk;
mod forged;
#[cfg(feature = "zstd")]
mod golden;
#[cfg(feature = "hot")]
mod hot;
mod identity;
mod layers;
mod lookups;
mod metadata;
mod policies;
mod references;
mod result_shape;
mod secrets;
mod statistics;
mod store_errors;
mod upkeep;
mod values;
