#![doc = include_str!("../README.md")]

pub use larder_core::*;
#[cfg(feature = "local")]
pub use larder_local as local;

/// The process-wide registry, with every backend this crate was compiled with.
pub fn registry() -> &'static Registry {
    Registry::global()
}

#[cfg(doctest)]
#[doc = include_str!("../docs/memory.md")]
struct MemoryPage;

// The one list of what this crate brings: named here, so that the linker keeps it.
#[cfg(feature = "local")]
inventory::submit!(Builtin(|registry| registry.register(larder_local::factory())));
