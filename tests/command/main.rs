//! The command `larder`, run as a user runs it.

mod demo;
mod pages;
mod removing;
mod copying;
mod looking;
mod run;
mod verifying;
