//! The command `larder`, run as a user runs it.

mod checking;
mod compacting;
mod copying;
mod demo;
mod dot;
mod looking;
#[cfg(feature = "s3")]
mod moving;
mod pages;
mod removing;
mod run;
mod secrets;
#[cfg(feature = "s3")]
#[path = "../services/mod.rs"]
mod services;
mod verifying;
