//! The command `larder`, run as a user runs it.

mod checking;
mod compacting;
mod copying;
mod demo;
mod dot;
mod looking;
mod pages;
mod removing;
mod run;
mod verifying;
