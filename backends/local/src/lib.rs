//! Arrives with the next commits.
