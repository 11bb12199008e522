//! The cases, by subject.

mod batch;
mod borrow;
mod calls;
mod cancel;
mod concurrent;
mod declared;
mod errors;
mod lazy;
mod left;
mod memory;
mod nesting;
mod order;
mod panics;
mod retries;
mod scale;
mod setup;
mod stream;
mod timeout;

use super::case::ParallelCase;

/// Every case of the parallel suite, in the order of reports.
///
/// ```
/// let about_streams = larder_conformance::parallel_cases().filter(|case| case.id.starts_with("stream."));
/// assert!(about_streams.count() > 4);
/// ```
pub fn parallel_cases() -> impl Iterator<Item = &'static ParallelCase> {
    const SUBJECTS: &[&[ParallelCase]] = &[
        declared::CASES,
        order::CASES,
        scale::CASES,
        batch::CASES,
        concurrent::CASES,
        borrow::CASES,
        panics::CASES,
        errors::CASES,
        cancel::CASES,
        timeout::CASES,
        retries::CASES,
        stream::CASES,
        lazy::CASES,
        nesting::CASES,
        calls::CASES,
        setup::CASES,
        memory::CASES,
        left::CASES,
    ];
    SUBJECTS.iter().copied().flatten()
}
