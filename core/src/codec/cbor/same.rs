//! Whether two values are equal, by their items.

use twox_hash::XxHash3_128;

use super::read::Reader;
use super::{Failure, major};

/// Equal bytes, or equal but for the order of maps and sequences: hash maps and sets have none, and no codec that keeps
/// everything else shuffles the rest.
pub(in crate::codec) fn same(left: &[u8], right: &[u8]) -> bool {
    left == right
        || matches!((digest(&mut Reader::new(left)), digest(&mut Reader::new(right))), (Ok(l), Ok(r)) if l == r)
}

/// A digest of one item, the same for every order of what it holds. Recurses no deeper than the writer did.
fn digest(reader: &mut Reader<'_>) -> Result<u128, Failure> {
    let start = reader.rest();
    let (kind, number) = reader.head()?;
    let head = &start[..start.len() - reader.rest().len()];
    let mut parts = Vec::new();
    match kind {
        major::BYTES | major::TEXT => {
            reader.take(number)?;
            return Ok(XxHash3_128::oneshot(&start[..start.len() - reader.rest().len()]));
        }
        major::ARRAY => {
            for _ in 0..number {
                parts.push(digest(reader)?);
            }
        }
        major::MAP => {
            for _ in 0..number {
                let (key, value) = (digest(reader)?, digest(reader)?);
                parts
                    .push(XxHash3_128::oneshot(&[key.to_le_bytes(), value.to_le_bytes()].concat()));
            }
        }
        major::TAG => parts.push(digest(reader)?),
        _ => {}
    }
    parts.sort_unstable();
    let mut bytes = head.to_vec();
    bytes.extend(parts.iter().flat_map(|part| part.to_le_bytes()));
    Ok(XxHash3_128::oneshot(&bytes))
}
