//! Reading a part.

use crate::failure::{Checked, Failure, ensure};
use crate::store::case::StoreCase;
use crate::store::fixture::Fixture;
use crate::store::material::{key, value};

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new("range.inside", "a range gives exactly its bytes", &[], inside),
    StoreCase::new("range.beyond", "a range gives only bytes that exist", &[], beyond),
    StoreCase::new(
        "range.empty",
        "an empty range of an entry is no bytes, not nothing",
        &[],
        empty,
    ),
];

/// Each range of a value of `len` bytes gives what slicing gives.
fn slices(fixture: &Fixture, len: usize, ranges: &[(u64, u64)]) -> Checked {
    let (store, key, whole) = (fixture.open()?, key("range", 1), value(1, len));
    store.put(&key, whole.clone())?;
    for &(from, to) in ranges {
        let found = store.range(&key, from..to)?;
        let found = found.ok_or_else(|| Failure(format!("{from}..{to} found no entry")))?;
        let clamp = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(len);
        let wanted = &whole[clamp(from)..clamp(to).max(clamp(from))];
        ensure!(
            found == wanted,
            "{from}..{to} of {len} bytes gave {} bytes, wanted these {}",
            found.len(),
            wanted.len()
        );
    }
    Ok(())
}

fn inside(fixture: &Fixture) -> Checked {
    let ends = [(0, 1), (0, 128), (1, 2), (4095, 4097), (199_999, 200_000), (0, 200_000)];
    slices(fixture, 200_000, &ends)
}

fn beyond(fixture: &Fixture) -> Checked {
    let past = [(990, 1010), (0, 1001), (1000, 1001), (5000, 6000), (0, u64::MAX), (999, u64::MAX)];
    slices(fixture, 1000, &past)
}

fn empty(fixture: &Fixture) -> Checked {
    slices(fixture, 1000, &[(0, 0), (10, 10), (1000, 1000), (20, 10), (u64::MAX, u64::MAX)])?;
    slices(fixture, 0, &[(0, 0), (0, 10), (5, 10)])
}
