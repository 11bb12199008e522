//! What stands in an entry's place when it is not the value itself: a lease, or the way to a value that lies beside.
//!
//! ```text
//!  0        15     16       32       40       48          64       72
//!  │ magic   │ kind │ holder │ beat   │ ttl    │ side's     │ side's │
//!  │         │      │        │        │ (ms)   │ nonce      │ size   │
//! ```
//!
//! 48 bytes where there is no value, 72 where there is one beside. A value of one of these lengths is itself put
//! beside, so a listing knows by the length alone what is an entry.

use std::time::Duration;

use bytes::Bytes;
use uuid::Uuid;

const MAGIC: &[u8; 15] = b"larder-in-place";
const BARE: usize = 48;
const WITH_SIDE: usize = 72;

/// Who, told apart from everybody else.
pub(crate) type Nonce = Uuid;

/// Where a value lies that does not lie in its entry's place: in `<key>.<nonce>`, which is written once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) nonce: Nonce,
    pub(crate) size: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placeholder {
    /// Somebody computes; the value that was there before, if any, is beside.
    Lease(Lease),
    /// Somebody did, and gave up or back what he held. Nothing is here.
    Ended { holder: Nonce, abandoned: bool },
    /// The value is beside.
    Pointer(Side),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) holder: Nonce,
    /// Counts renewals, so that each of them changes the etag.
    pub(crate) beat: u64,
    /// The holder is gone when nothing changes for so long.
    pub(crate) ttl: Duration,
    pub(crate) over: Option<Side>,
}

/// Whether what has this length is a placeholder, and no value.
pub(crate) fn is_length(len: u64) -> bool {
    is_bare(len) || len == WITH_SIDE as u64
}

/// Whether what has this length is a placeholder without a value.
pub(crate) fn is_bare(len: u64) -> bool {
    len == BARE as u64
}

impl Placeholder {
    /// The value's place, where there is a value.
    pub(crate) fn side(&self) -> Option<Side> {
        match self {
            Self::Lease(lease) => lease.over,
            Self::Pointer(side) => Some(*side),
            Self::Ended { .. } => None,
        }
    }

    pub(crate) fn to_bytes(self) -> Bytes {
        let (kind, holder, beat, ttl) = match self {
            Self::Lease(lease) => (b'l', lease.holder, lease.beat, lease.ttl.as_millis() as u64),
            Self::Ended { holder, abandoned: false } => (b'e', holder, 0, 0),
            Self::Ended { holder, abandoned: true } => (b'a', holder, 0, 0),
            Self::Pointer(_) => (b'p', Nonce::nil(), 0, 0),
        };
        let mut bytes = Vec::with_capacity(WITH_SIDE);
        bytes.extend(MAGIC);
        bytes.push(kind);
        bytes.extend(holder.as_bytes());
        bytes.extend(beat.to_le_bytes());
        bytes.extend(ttl.to_le_bytes());
        if let Some(side) = self.side() {
            bytes.extend(side.nonce.as_bytes());
            bytes.extend(side.size.to_le_bytes());
        }
        bytes.into()
    }

    /// `None` for what is no placeholder: a value.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let (magic, rest) = bytes.split_first_chunk::<15>()?;
        let (kind, rest) = rest.split_first()?;
        let (holder, rest) = rest.split_first_chunk::<16>()?;
        let (beat, rest) = rest.split_first_chunk::<8>()?;
        let (ttl, rest) = rest.split_first_chunk::<8>()?;
        let over = match rest.split_first_chunk::<16>() {
            None if rest.is_empty() => None,
            None => return None,
            Some((nonce, size)) => Some(Side {
                nonce: Nonce::from_bytes(*nonce),
                size: u64::from_le_bytes(size.try_into().ok()?),
            }),
        };
        let (holder, beat) = (Nonce::from_bytes(*holder), u64::from_le_bytes(*beat));
        let ttl = Duration::from_millis(u64::from_le_bytes(*ttl));
        match (kind, over) {
            _ if magic != MAGIC => None,
            (b'l', over) => Some(Self::Lease(Lease { holder, beat, ttl, over })),
            (b'e', None) => Some(Self::Ended { holder, abandoned: false }),
            (b'a', None) => Some(Self::Ended { holder, abandoned: true }),
            (b'p', Some(side)) => Some(Self::Pointer(side)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Placeholder> {
        let (holder, side) = (Nonce::new_v4(), Side { nonce: Nonce::new_v4(), size: 1 << 40 });
        let lease = Lease { holder, beat: 7, ttl: Duration::from_secs(30), over: None };
        vec![
            Placeholder::Lease(lease),
            Placeholder::Lease(Lease { over: Some(side), ..lease }),
            Placeholder::Ended { holder, abandoned: false },
            Placeholder::Ended { holder, abandoned: true },
            Placeholder::Pointer(side),
        ]
    }

    #[test]
    fn what_is_written_is_read() {
        for placeholder in all() {
            let bytes = placeholder.to_bytes();
            assert!(is_length(bytes.len() as u64), "{placeholder:?}");
            assert_eq!(is_bare(bytes.len() as u64), placeholder.side().is_none());
            assert_eq!(Placeholder::parse(&bytes), Some(placeholder));
        }
    }

    #[test]
    fn the_layout_stays() {
        let lease = Lease {
            holder: Nonce::from_u128(1),
            beat: 2,
            ttl: Duration::from_millis(3),
            over: Some(Side { nonce: Nonce::from_u128(4), size: 5 }),
        };
        let bytes = Placeholder::Lease(lease).to_bytes();
        let mut wanted = b"larder-in-placel".to_vec();
        wanted.extend([0; 15].iter().chain(&[1, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]));
        wanted.extend([0; 15].iter().chain(&[4, 5, 0, 0, 0, 0, 0, 0, 0]));
        assert_eq!(bytes, wanted);
    }

    #[test]
    fn anything_else_is_a_value() {
        for placeholder in all() {
            let bytes = placeholder.to_bytes();
            for cut in 0..bytes.len() {
                let parsed = Placeholder::parse(&bytes[..cut]);
                assert!(cut == BARE || parsed.is_none(), "{cut} of {placeholder:?}");
            }
            let mut foreign = bytes.to_vec();
            foreign[3] ^= 1;
            assert_eq!(Placeholder::parse(&foreign), None);
        }
        assert_eq!(Placeholder::parse(&[0; BARE]), None);
    }
}
