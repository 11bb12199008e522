//! Arrives with the next commits.

fn main() {}
