//! Many calls at once: threads, pools, executors, processes; and whoever waits when something goes wrong.
#![cfg(all(unix, feature = "local"))]

mod cancellation;
mod contexts;
mod executors;
mod layers;
mod limits;
#[cfg(feature = "s3")]
mod near;
mod pools;
mod processes;
mod recursion;
#[cfg(feature = "s3")]
#[path = "../services/mod.rs"]
mod services;
mod support;
mod threads;
mod upkeep;
