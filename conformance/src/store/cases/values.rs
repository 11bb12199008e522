//! Bytes come back as they were put.

use std::io::Write;
use std::ops::Range;

use bytes::Bytes;
use larder_core::Payload;

use crate::failure::{Checked, Failure, ensure, ensure_eq};
use crate::store::case::StoreCase;
use crate::store::fixture::Fixture;
use crate::store::material::{key, value};

pub(super) const CASES: &[StoreCase] = &[
    StoreCase::new(
        "value.sizes",
        "values of 0 bytes to 8 MiB come back as they were put",
        &[],
        sizes,
    ),
    StoreCase::new("value.pieces", "a payload in pieces is kept as one value", &[], pieces),
    StoreCase::new("value.files", "pieces that are in files are kept as any others", &[], files),
    StoreCase::new("value.absent", "nothing is not an error", &[], absent),
    StoreCase::new("value.replaced", "a second put replaces the first", &[], replaced),
    StoreCase::new(
        "value.resized",
        "a shorter value leaves nothing of a longer one, and the other way round",
        &[],
        resized,
    ),
    StoreCase::new("value.deleted", "delete removes, once, and says so", &[], deleted),
    StoreCase::new("value.put_again", "a deleted entry can be put again", &[], put_again),
    StoreCase::new("value.apart", "each key has its own value", &[], apart),
    StoreCase::new(
        "value.outlives",
        "bytes that were read stay as they are when the entry is replaced or deleted",
        &[],
        outlives,
    ),
];

const MIB: usize = 1 << 20;

fn sizes(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    for (n, size) in [0, 1, 4096, MIB - 1, MIB, MIB + 1, 8 * MIB].into_iter().enumerate() {
        let (key, value) = (key("sizes", n as u64), value(n as u64, size));
        store.put(&key, value.clone())?;
        store.holds(&key, &value)?;
    }
    Ok(())
}

fn pieces(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let whole = value(1, 300_000);
    for (n, cuts) in [&[7, 4096][..], &[0, 1, 2, 3, 299_999], &[100_000, 100_001, 200_000]]
        .into_iter()
        .enumerate()
    {
        let ends = cuts.iter().copied().chain([whole.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        let payload: Payload = starts.zip(ends).map(|(from, to)| whole.slice(from..to)).collect();
        let key = key("pieces", n as u64);
        store.put(&key, payload)?;
        store.holds(&key, &whole)?;
    }
    Ok(())
}

fn files(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    let whole = value(2, 3 * MIB);
    for (n, file) in [0..whole.len(), 4096..2 * MIB, 7..8].into_iter().enumerate() {
        let key = key("files", n as u64);
        let payload = partly_in_a_file(&whole, file);
        store.put(&key, payload.map_err(|e| Failure(format!("no temporary file: {e:?}")))?)?;
        store.holds(&key, &whole)?;
    }
    Ok(())
}

fn partly_in_a_file(whole: &Bytes, part: Range<usize>) -> larder_core::Result<Payload> {
    let mut file = tempfile::tempfile()?;
    file.write_all(&whole[part.clone()])?;
    let mut payload = Payload::from(whole.slice(..part.start));
    payload.push_file(file)?;
    payload.push(whole.slice(part.end..));
    Ok(payload)
}

fn absent(fixture: &Fixture) -> Checked {
    let (store, absent) = (fixture.open()?, key("absent", 1));
    // With a neighbour, so that the place is there.
    for _ in 0..2 {
        store.lacks(&absent)?;
        ensure!(store.head(&absent)?.is_none(), "head of an absent entry found one");
        ensure!(store.range(&absent, 0..10)?.is_none(), "get_range of an absent entry found one");
        ensure!(!store.delete(&absent)?, "delete of an absent entry says that there was one");
        store.put(&key("absent", 2), value(2, 10))?;
    }
    Ok(())
}

fn replaced(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("replaced", 1));
    for seed in 0..10 {
        store.put(&key, value(seed, 5000))?;
        store.holds(&key, &value(seed, 5000))?;
    }
    Ok(())
}

fn resized(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("resized", 1));
    for (seed, size) in [10, 2 * MIB, 5000, 0, 5001, 1].into_iter().enumerate() {
        store.put(&key, value(seed as u64, size))?;
        store.holds(&key, &value(seed as u64, size))?;
    }
    Ok(())
}

fn deleted(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("deleted", 1));
    store.put(&key, value(1, 5000))?;
    ensure_eq!(store.delete(&key)?, true, "the answer of delete of an entry");
    store.lacks(&key)?;
    ensure!(store.head(&key)?.is_none(), "head still finds a deleted entry");
    ensure_eq!(store.delete(&key)?, false, "the answer of a second delete");
    Ok(())
}

fn put_again(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("again", 1));
    for seed in 0..3 {
        store.put(&key, value(seed, 5000))?;
        store.holds(&key, &value(seed, 5000))?;
        ensure!(store.delete(&key)?, "delete {seed} says that there was nothing");
        store.lacks(&key)?;
    }
    Ok(())
}

fn apart(fixture: &Fixture) -> Checked {
    let store = fixture.open()?;
    for n in 0..50 {
        store.put(&key("apart", n), value(n, 1000))?;
    }
    store.delete(&key("apart", 20))?;
    store.put(&key("apart", 30), value(1030, 1000))?;
    for n in (0..50).filter(|n| ![20, 30].contains(n)) {
        store.holds(&key("apart", n), &value(n, 1000))?;
    }
    store.lacks(&key("apart", 20))?;
    store.holds(&key("apart", 30), &value(1030, 1000))
}

fn outlives(fixture: &Fixture) -> Checked {
    let (store, key) = (fixture.open()?, key("outlives", 1));
    // Small values may be copied where large ones are mapped.
    for size in [100, 3 * MIB] {
        store.put(&key, value(1, size))?;
        let first: Option<Bytes> = store.get(&key)?;
        store.put(&key, value(2, size))?;
        let second = store.get(&key)?;
        store.delete(&key)?;
        store.put(&key, value(3, size / 2))?;
        ensure!(first == Some(value(1, size)), "bytes read before a put have changed");
        ensure!(second == Some(value(2, size)), "bytes read before a delete have changed");
    }
    Ok(())
}
