//! Bytes out of the database.

use std::ops::Range;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension};

use crate::transaction::Transaction;

/// From how many bytes on a value is not made whole by SQLite first, but read into its place piece by piece.
const PIECEWISE: u64 = 256 << 10;

/// Where a value is.
struct Rows {
    first: i64,
    count: i64,
    size: u64,
}

/// The bytes under `key`.
#[inline]
pub(crate) fn get(connection: &Connection, key: &str) -> rusqlite::Result<Option<Bytes>> {
    let mut select = connection.prepare_cached(
        "SELECT CASE WHEN size < ?2 AND count = 1 THEN bytes END
         FROM entries JOIN blobs ON id = first WHERE key = ?1",
    )?;
    let mut rows = select.query((key, PIECEWISE as i64))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    match row.get_ref(0)?.as_blob_or_null()? {
        Some(bytes) => Ok(Some(Bytes::copy_from_slice(bytes))),
        None => {
            drop(rows);
            get_range(connection, key, 0..u64::MAX)
        }
    }
}

/// The bytes of `range` that exist; reads no others.
pub(crate) fn get_range(
    connection: &Connection,
    key: &str,
    range: Range<u64>,
) -> rusqlite::Result<Option<Bytes>> {
    // One view of all rows.
    let transaction = Transaction::reading(connection)?;
    let found = connection
        .prepare_cached("SELECT first, count, size FROM entries WHERE key = ?1")?
        .query_row([key], |row| {
            Ok(Rows { first: row.get(0)?, count: row.get(1)?, size: row.get::<_, i64>(2)? as u64 })
        })
        .optional()?;
    let bytes = found.map(|rows| read(connection, &rows, range)).transpose()?;
    transaction.commit()?;
    Ok(bytes.map(Bytes::from))
}

fn read(connection: &Connection, rows: &Rows, range: Range<u64>) -> rusqlite::Result<Vec<u8>> {
    let end = range.end.min(rows.size);
    let start = range.start.min(end);
    if start == end {
        return Ok(Vec::new());
    }
    let mut blob = connection.blob_open("main", "blobs", "bytes", rows.first, true)?;
    // All rows but the last are as long as the first.
    let each = blob.len() as u64;
    // Room is taken for what is there, not for whatever a damaged entry says.
    if end > each.saturating_mul(rows.count.max(0) as u64) || end > len_of_all(connection)? {
        return Err(damaged());
    }
    // Zeroed by the system, page by page, when something is read there.
    let mut bytes = vec![0; (end - start) as usize];
    let mut rest = &mut bytes[..];
    let mut row = start / each;
    let mut at = (start - row * each) as usize;
    while !rest.is_empty() {
        if row >= rows.count as u64 {
            return Err(damaged());
        }
        blob.reopen(rows.first + row as i64)?;
        let (now, later) = rest.split_at_mut(rest.len().min(blob.len().saturating_sub(at)));
        blob.read_at_exact(now, at)?;
        (rest, at, row) = (later, 0, row + 1);
    }
    Ok(bytes)
}

/// How long the database is, which holds what was not yet written to its file as well.
fn len_of_all(connection: &Connection) -> rusqlite::Result<u64> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    Ok(u64::from(pragma("page_count")?) * u64::from(pragma("page_size")?))
}

/// The table of entries says what the table of bytes does not.
fn damaged() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    rusqlite::Error::SqliteFailure(code, Some("an entry is longer than its bytes".into()))
}
