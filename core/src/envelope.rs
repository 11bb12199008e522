//! One object per entry: what stands around a value's bytes. Drawn byte by byte in `docs/format.md`.
//!
//! A hit reads the prelude, checks, and decodes; the JSON metadata is for people and for validation callbacks.

mod pieces;
mod seal;
mod signature;
mod table;

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use twox_hash::{XxHash3_64, XxHash3_128};

pub(crate) use self::seal::{Seal, Value};
pub(crate) use self::signature::Signers;
use self::table::{Row, buffers};
use crate::config::Verify;
use crate::{Error, ErrorKind, Key, ShortName};

const FORMAT: u16 = 1;
/// The fixed part at the front of every entry.
pub(crate) const PRELUDE: usize = 128;
/// What of the prelude the checksum behind it covers, and a signature.
const SUMMED: usize = 120;
/// The flag of an entry with a signature.
const SIGNED: u16 = 1;
/// Buffers begin at multiples of this, so that any element type is aligned when mapped, and cache lines are whole.
pub(crate) const ALIGN: usize = 64;

const SOMETHING_BEHIND: &str = "there is something behind its parts";

/// What an object is kept under.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// An entry of a store, under its key.
    Entry(&'a Key),
    /// A dump: whoever reads it knows the fingerprint of the shape.
    Dump([u8; 16]),
}

impl Subject<'_> {
    pub(crate) const ENTRY: [u8; 8] = *b"\x89LARDER\n";
    pub(crate) const DUMP: [u8; 8] = *b"\x89LARDMP\n";

    fn magic(self) -> [u8; 8] {
        match self {
            Self::Entry(_) => Self::ENTRY,
            Self::Dump(_) => Self::DUMP,
        }
    }

    fn digest(self) -> [u8; 16] {
        match self {
            Self::Entry(key) => key_digest(key),
            Self::Dump(fingerprint) => fingerprint,
        }
    }
}

/// Why bytes are not an entry of this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reject {
    /// They were one, or a part of one, or are another key's.
    Corrupt(&'static str),
    /// They never were one that this version of larder reads.
    Foreign(&'static str),
    /// There is a secret, and they are not signed.
    Unsigned,
    /// Who signed them, or changed them since, does not have the secret; or they were signed under another key.
    Forged,
}

/// The prelude, taken apart.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// `None` for an entry without a value.
    pub(crate) codec: Option<ShortName>,
    /// `None` for a payload that is not compressed.
    pub(crate) compressor: Option<ShortName>,
    pub(crate) created: SystemTime,
    /// How long the function took.
    pub(crate) duration: Duration,
    /// The length of the payload, once decompressed; compressed, the buffers are part of it.
    pub(crate) raw_len: u64,
    /// The length of the whole entry.
    pub(crate) total_len: u64,
    metadata_len: u32,
    metadata_sum: u64,
    payload_len: u64,
    buffers: u32,
    signed: bool,
    /// Of the [`Subject`].
    pub(crate) digest: [u8; 16],
}

impl Reject {
    /// As an error, for who asked for this very entry.
    pub(crate) fn into_error(self, key: &Key) -> Error {
        let why = self.why();
        let (kind, why) = match self {
            Self::Corrupt(_) => (ErrorKind::Corrupt, format!("the entry is damaged: {why}")),
            Self::Foreign(_) => {
                (ErrorKind::Decode, format!("this version of larder cannot read the entry: {why}"))
            }
            Self::Unsigned | Self::Forged => {
                (ErrorKind::Corrupt, format!("the entry is not to be trusted: {why}"))
            }
        };
        Error::new(kind, why).with("key", key)
    }

    /// In words.
    pub(crate) fn why(&self) -> &'static str {
        match self {
            Self::Corrupt(why) | Self::Foreign(why) => why,
            Self::Unsigned => "it is not signed, and there is a secret",
            Self::Forged => "it is not what a holder of the secret put under this key",
        }
    }
}

/// An entry whose prelude, buffer table and payload are what was written, under the key it was written for.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) header: Header,
    bytes: Bytes,
}

impl Opened {
    /// Checks everything a hit relies on. Every length is bounded by what is there.
    pub(crate) fn new(bytes: Bytes, key: &Key) -> Result<Self, Reject> {
        let header = Header::read(&bytes, key)?;
        Self::with_header(header, bytes)
    }

    /// As [`new`](Self::new), of which `header` was read and found to be what is wanted.
    pub(crate) fn with_header(header: Header, bytes: Bytes) -> Result<Self, Reject> {
        if header.total_len != bytes.len() as u64 {
            return Err(Reject::Corrupt("its length is not the one it states"));
        }
        let covered = header.metadata_end()..header.payload().end;
        let covered =
            bytes.get(covered).ok_or(Reject::Corrupt("its parts are longer than the whole"))?;
        let stated = u64::from_le_bytes(field(&bytes, SUMMED));
        if checksum(&bytes[..SUMMED], covered) != stated {
            return Err(Reject::Corrupt("its checksum is wrong"));
        }
        header.check_fields(&bytes)?;
        // Without one, the buffers are behind the payload, and tell where the end is.
        if header.compressor.is_some() && header.payload().end != bytes.len() {
            return Err(Reject::Corrupt(SOMETHING_BEHIND));
        }
        Ok(Self { header, bytes })
    }

    /// Whether who put it has one of the secrets: every byte is read for that.
    pub(crate) fn check_signature(&self, key: &Key, signers: &Signers) -> Result<(), Reject> {
        self.header.check_whole(&self.bytes, key, signers)
    }

    /// The value's bytes, still compressed if [`Header::compressor`] says so.
    pub(crate) fn payload(&self) -> Bytes {
        self.bytes.slice(self.header.payload())
    }

    /// The whole entry.
    pub(crate) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// What stands beside the value, for who asks: checked only then.
    pub(crate) fn metadata(&self) -> Result<&[u8], Reject> {
        self.header.metadata(&self.bytes)
    }

    /// The payload and the buffers as they were before compression: in the entry itself, or in the `stream` that its
    /// payload decompresses to. Each buffer that is not a part of a memory map is checked against its own sum;
    /// mapped ones, which would be read for that, under [`Verify::Full`].
    pub(crate) fn value(
        &self,
        stream: Option<Bytes>,
        verify: Verify,
    ) -> Result<(Bytes, Vec<Bytes>), Reject> {
        let rows = Row::read_all(&self.bytes[self.header.table()])?;
        match stream {
            None => self.header.take_apart(&rows, self.bytes(), verify),
            Some(stream) => {
                let (stream, buffers, end) = buffers(&rows, stream, 0, verify)?;
                Ok((stream.slice(end..), buffers))
            }
        }
    }

    /// Whether the stream that the payload decompresses to is one buffer and nothing else.
    pub(crate) fn is_one_buffer(&self) -> bool {
        let rows = Row::read_all(&self.bytes[self.header.table()]);
        let is_all = |row: &Row| row.offset == 0 && row.len == self.header.raw_len;
        self.header.compressor.is_some() && matches!(&rows.as_deref(), Ok([row]) if is_all(row))
    }

    /// Makes that buffer, as it was decompressed, what it is to be, and looks at its checksum.
    pub(crate) fn restore_buffer(&self, buffer: &mut [u8]) -> Result<(), Reject> {
        let rows = Row::read_all(&self.bytes[self.header.table()])?;
        rows.iter().try_for_each(|row| row.restore(buffer))
    }

    /// As [`value`](Self::value), of an entry that is not compressed inside, and is not needed any more: shuffled
    /// buffers are brought in order where they are.
    pub(crate) fn into_value(self, verify: Verify) -> Result<(Bytes, Vec<Bytes>), Reject> {
        let rows = Row::read_all(&self.bytes[self.header.table()])?;
        self.header.take_apart(&rows, self.bytes, verify)
    }
}

impl Header {
    /// Reads the prelude from the front of an entry. Its own checksum also covers the payload: only [`Opened`] vouches
    /// for what stands here.
    pub(crate) fn read(front: &[u8], key: &Key) -> Result<Self, Reject> {
        let header = Self::of_any(front, &Subject::ENTRY)?;
        if header.digest != key_digest(key) {
            return Err(Reject::Corrupt("it is another key's"));
        }
        Ok(header)
    }

    /// As [`read`](Self::read), whatever the [`digest`](Self::digest).
    pub(crate) fn of_any(front: &[u8], magic: &[u8; 8]) -> Result<Self, Reject> {
        let begins = &front[..front.len().min(magic.len())];
        if begins != &magic[..begins.len()] {
            return Err(Reject::Foreign("it does not begin as it should"));
        }
        if front.len() < PRELUDE {
            return Err(Reject::Corrupt("it is shorter than a prelude"));
        }
        if u16::from_le_bytes(field(front, 8)) != FORMAT {
            return Err(Reject::Foreign("it is of another format version"));
        }
        Ok(Self {
            codec: name(field(front, 56)),
            compressor: name(field(front, 72)),
            created: UNIX_EPOCH
                .checked_add(Duration::from_micros(u64::from_le_bytes(field(front, 40))))
                .unwrap_or(UNIX_EPOCH),
            duration: Duration::from_micros(u64::from_le_bytes(field(front, 48))),
            raw_len: u64::from_le_bytes(field(front, 24)),
            total_len: u64::from_le_bytes(field(front, 112)),
            metadata_len: u32::from_le_bytes(field(front, 12)),
            metadata_sum: u64::from_le_bytes(field(front, 104)),
            payload_len: u64::from_le_bytes(field(front, 16)),
            buffers: u32::from_le_bytes(field(front, 32)),
            signed: flags(front) & SIGNED != 0,
            digest: field(front, 88),
        })
    }

    /// What must be zero, or a name: said after the checksum, so that a damaged entry is not taken for a newer one.
    pub(crate) fn check_fields(&self, front: &[u8]) -> Result<(), Reject> {
        let unnamed = |name: Option<ShortName>, at| {
            name.is_none() && field::<{ ShortName::LEN }>(front, at) != [0; ShortName::LEN]
        };
        let known = if front.starts_with(&Subject::ENTRY) { SIGNED } else { 0 };
        if flags(front) & !known != 0
            || front[36..40] != [0, 0, 0, 0]
            || unnamed(self.codec, 56)
            || unnamed(self.compressor, 72)
        {
            return Err(Reject::Foreign("it uses a feature of a newer version"));
        }
        Ok(())
    }

    /// How many bytes from the front hold prelude, metadata and signature.
    pub(crate) fn head_end(&self) -> usize {
        self.metadata_end() + if self.signed { signature::LEN } else { 0 }
    }

    /// How many bytes from the front hold prelude and metadata.
    pub(crate) fn metadata_end(&self) -> usize {
        PRELUDE + self.metadata_len as usize
    }

    /// The JSON, if `front` holds all of it and it is what was written.
    pub(crate) fn metadata<'f>(&self, front: &'f [u8]) -> Result<&'f [u8], Reject> {
        let json = front
            .get(PRELUDE..self.metadata_end())
            .ok_or(Reject::Corrupt("its metadata is cut off"))?;
        if XxHash3_64::oneshot(json) != self.metadata_sum {
            return Err(Reject::Corrupt("the checksum of its metadata is wrong"));
        }
        Ok(json)
    }

    /// How many bytes from the front hold all but the value.
    pub(crate) fn table_end(&self) -> usize {
        self.table().end
    }

    /// The value's length as stored, without buffers behind it.
    pub(crate) fn payload_len(&self) -> u64 {
        self.payload_len
    }

    /// The lengths of the buffers, if `front` holds the table.
    pub(crate) fn buffer_lens(&self, front: &[u8]) -> Result<Vec<u64>, Reject> {
        let table = front.get(self.table()).ok_or(Reject::Corrupt("its table is cut off"))?;
        Ok(Row::read_all(table)?.iter().map(|row| row.len).collect())
    }

    /// Payload and buffers of the `whole` entry.
    fn take_apart(
        &self,
        rows: &[Row],
        whole: Bytes,
        verify: Verify,
    ) -> Result<(Bytes, Vec<Bytes>), Reject> {
        let (whole, buffers, end) = buffers(rows, whole, self.payload().end, verify)?;
        if end != whole.len() {
            return Err(Reject::Corrupt(SOMETHING_BEHIND));
        }
        Ok((whole.slice(self.payload()), buffers))
    }

    fn table(&self) -> Range<usize> {
        let start = self.head_end();
        start..start + self.buffers as usize * Row::LEN
    }

    fn payload(&self) -> Range<usize> {
        let start = self.table().end;
        // Saturating: a hostile length then lies outside of the entry and is refused.
        start..start.saturating_add(usize::try_from(self.payload_len).unwrap_or(usize::MAX))
    }
}

fn flags(front: &[u8]) -> u16 {
    u16::from_le_bytes(field(front, 10))
}

/// The usual names, `postcard` and none at all, are told without a check of their letters.
fn name(bytes: [u8; ShortName::LEN]) -> Option<ShortName> {
    const USUAL: ShortName = ShortName::fixed("postcard");
    match bytes {
        _ if bytes[0] == 0 => None,
        _ if bytes == USUAL.to_bytes() => Some(USUAL),
        _ => ShortName::from_bytes(bytes).ok(),
    }
}

fn name_bytes(name: Option<ShortName>) -> [u8; ShortName::LEN] {
    name.map_or([0; ShortName::LEN], ShortName::to_bytes)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A mix-up of two entries is an accident, not an attack (against those there are signatures): 128 bits of XXH3 take
/// 10 ns of a hit, BLAKE3 takes 130.
fn key_digest(key: &Key) -> [u8; 16] {
    XxHash3_128::oneshot(key.as_str().as_bytes()).to_le_bytes()
}

/// One sum over two separate runs: the first one's seeds the second's.
fn checksum(prelude: &[u8], rest: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(XxHash3_64::oneshot(prelude), rest)
}

/// `N` bytes at `at`; callers have checked that they are there.
fn field<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[at..at + N]);
    field
}

#[cfg(test)]
mod tests;
