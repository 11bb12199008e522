//! What becomes of tasks, processes and files when something ends that should not have, on clusters of their own.

#![cfg(target_os = "linux")]

mod arrays;
#[allow(dead_code, reason = "the suite uses the rest of it")]
mod cluster;
mod deaths;
mod growing;
mod leaving;
mod refusals;
mod remembering;
mod tasks;
mod versions;
mod warnings;

larder_worker::test_worker!();
