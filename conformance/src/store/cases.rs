//! The cases, by subject.

mod compact;
mod create;
mod declared;
mod keys;
mod lease;
mod lease_end;
mod list;
mod places;
mod prefixes;
mod races;
mod ranges;
mod recency;
mod values;

use super::case::StoreCase;

/// Every case of the store suite, in the order of reports.
///
/// ```
/// let about_leases = larder_conformance::store_cases().filter(|case| case.id.starts_with("lease."));
/// assert!(about_leases.count() > 5);
/// ```
pub fn store_cases() -> impl Iterator<Item = &'static StoreCase> {
    const SUBJECTS: &[&[StoreCase]] = &[
        declared::CASES,
        values::CASES,
        keys::CASES,
        list::CASES,
        prefixes::CASES,
        ranges::CASES,
        create::CASES,
        lease::CASES,
        lease_end::CASES,
        recency::CASES,
        compact::CASES,
        places::CASES,
        races::CASES,
    ];
    SUBJECTS.iter().copied().flatten()
}
