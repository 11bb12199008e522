//! Bytes into the database.

use std::borrow::Cow;
use std::io::{self, Read};
use std::time::{SystemTime, UNIX_EPOCH};

use larder_core::{Payload, Segment};
use rusqlite::Connection;

use crate::transaction::Transaction;

/// Writes the entry, in rows of at most `chunk` bytes; without `replace`, `false` where there is one.
pub(crate) fn put(
    connection: &Connection,
    key: &str,
    value: &Payload,
    replace: bool,
    chunk: usize,
) -> rusqlite::Result<bool> {
    let transaction = Transaction::writing(connection)?;
    if replace {
        connection.prepare_cached("DELETE FROM entries WHERE key = ?1")?.execute([key])?;
    } else if connection.prepare_cached("SELECT 1 FROM entries WHERE key = ?1")?.exists([key])? {
        return Ok(false);
    }
    // Row ids go up by one, as long as nobody else writes.
    let mut insert = connection.prepare_cached("INSERT INTO blobs (bytes) VALUES (?1)")?;
    let (mut last, mut count) = (0, 0);
    for piece in pieces(value, chunk) {
        let piece = piece.map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        last = insert.insert([&*piece])?;
        count += 1;
    }
    connection
        .prepare_cached(
            "INSERT INTO entries (key, first, count, size, used) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((key, last - count + 1, count, value.len() as i64, millis(SystemTime::now())))?;
    transaction.commit()?;
    Ok(true)
}

/// The value in pieces of `chunk` bytes, the last one shorter; at least one, which may be empty. Of a value in memory,
/// only a piece that lies in several segments is copied.
fn pieces<'v>(
    value: &'v Payload,
    chunk: usize,
) -> Box<dyn Iterator<Item = io::Result<Cow<'v, [u8]>>> + 'v> {
    let in_memory = value.segments().iter().map(|segment| match segment {
        Segment::Bytes(bytes) => Some(&bytes[..]),
        _ => None,
    });
    match in_memory.collect::<Option<Vec<_>>>() {
        Some(segments) => Box::new(cut(segments, chunk).map(Ok)),
        None => Box::new(read(value.reader(), chunk)),
    }
}

fn read<'v>(mut value: impl Read, chunk: usize) -> impl Iterator<Item = io::Result<Cow<'v, [u8]>>> {
    std::iter::from_fn(move || {
        let mut piece = Vec::new();
        match value.by_ref().take(chunk as u64).read_to_end(&mut piece) {
            Ok(0) => None,
            read => Some(read.map(|_| Cow::Owned(piece))),
        }
    })
}

fn cut(segments: Vec<&[u8]>, chunk: usize) -> impl Iterator<Item = Cow<'_, [u8]>> {
    let mut segments = segments.into_iter().filter(|bytes| !bytes.is_empty());
    let mut rest: &[u8] = segments.next().unwrap_or_default();
    let mut begun = false;
    std::iter::from_fn(move || {
        if rest.is_empty() && begun {
            return None;
        }
        begun = true;
        let mut take = |most: usize| {
            let (now, later) = rest.split_at(rest.len().min(most));
            rest = if later.is_empty() { segments.next().unwrap_or_default() } else { later };
            (now, rest.is_empty())
        };
        let (piece, mut all) = take(chunk);
        let mut piece = Cow::Borrowed(piece);
        while piece.len() < chunk && !all {
            let more;
            (more, all) = take(chunk - piece.len());
            piece.to_mut().extend_from_slice(more);
        }
        Some(piece)
    })
}

/// A time as the table holds it.
pub(crate) fn millis(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn pieces_are_all_bytes_in_order() {
        for segments in [&[][..], &[3], &[1, 5, 2], &[10], &[4, 4], &[7, 1, 1, 1, 9]] {
            let mut next = 0..;
            let value: Payload =
                segments.iter().map(|len| Bytes::from_iter(next.by_ref().take(*len))).collect();
            let whole = value.clone().into_bytes().unwrap();
            for chunk in 1..=whole.len() + 2 {
                let pieces: Vec<_> = pieces(&value, chunk).map(Result::unwrap).collect();
                assert_eq!(pieces.concat(), whole, "{segments:?} in {chunk}");
                assert_eq!(pieces.len(), whole.len().div_ceil(chunk).max(1));
                assert!(pieces[..pieces.len() - 1].iter().all(|piece| piece.len() == chunk));
            }
        }
        let one = Payload::from(vec![7; 10]);
        assert!(pieces(&one, 4).all(|piece| matches!(piece, Ok(Cow::Borrowed(_)))));
    }
}
