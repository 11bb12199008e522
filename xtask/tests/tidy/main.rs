//! The house is in order: what a person would have to check by eye in every review, checked here.

mod book;
mod changelog;
mod code;
mod errors;
mod links;
mod manifests;
mod markdown;
mod names;
mod sources;
mod tree;
mod workspace;
