//! The stream of tagged values, and its hash.

use std::{fmt, mem};

use super::gather::{Gather, hash};
use super::tag::Tag;
use super::{KeyAlgorithm, KeyDigest};
use crate::{Error, ErrorKind, Result};

/// What fits here is hashed in one shot, without a hasher's set-up and without allocating.
const BUFFER: usize = 512;
/// Longer blocks are hashed where they lie instead of being copied into the stream; from here on that is as fast.
const INLINE_BLOCK: usize = 16 << 10;
/// Tag, type, count.
const RUN_HEADER: usize = 1 + 1 + 8;
/// What stands in front of the only run of a tuple.
const TUPLE_HEADER: usize = 1 + RUN_HEADER;

/// The digest of values, as they are written.
///
/// ```
/// use larder_core::Digest;
///
/// let digest = |text: [&str; 2]| {
///     let mut digest = Digest::new();
///     digest.value(text[0]).value(text[1]);
///     digest.finish()
/// };
/// assert_ne!(digest(["ab", "c"])?, digest(["a", "bc"])?);
/// # Ok::<(), larder_core::Error>(())
/// ```
pub struct Digest {
    algorithm: KeyAlgorithm,
    /// The next value is an item of a sequence or tuple: if it is a primitive, it belongs to a run.
    is_item: bool,
    run: Option<Run>,
    /// Where runs wait that outgrow the buffer; kept from one to the next.
    long_run: Option<Box<Gather>>,
    /// Values written where we are: on this level, in this slot.
    values: u64,
    failure: Option<Error>,
    spilled: Option<Box<Gather>>,
    len: usize,
    buffer: [u8; BUFFER],
}

/// The run being written. It stands in the buffer, its count to be filled in, until it outgrows that; then only what
/// came last does, on its way to `long_run`.
#[derive(Clone, Copy)]
struct Run {
    of: Tag,
    count: u64,
    /// Where its bytes begin in the buffer.
    start: usize,
    is_long: bool,
}

impl Digest {
    /// An empty digest by BLAKE3.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty digest by `algorithm`.
    pub fn with_algorithm(algorithm: KeyAlgorithm) -> Self {
        Self {
            algorithm,
            is_item: false,
            run: None,
            long_run: None,
            values: 0,
            failure: None,
            spilled: None,
            len: 0,
            buffer: [0; BUFFER],
        }
    }

    /// The hash function it was made with.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Writes a value: a number, a text, a collection, anything that has [`KeyDigest`].
    pub fn value<T: KeyDigest + ?Sized>(&mut self, value: &T) -> &mut Self {
        self.slot(|digest| value.digest(digest));
        self
    }

    /// Writes bytes. Faster than, and different from, a sequence of `u8`.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.length_and_block(Tag::Bytes, bytes);
        self
    }

    /// Says that this value cannot be part of a key, and why: [`finish`](Self::finish) will return that.
    /// The first reason counts.
    pub fn fail(&mut self, reason: impl fmt::Display) {
        self.fail_with(|| Error::new(ErrorKind::Encode, format!("no cache key: {reason}")));
    }

    pub(super) fn fail_with(&mut self, failure: impl FnOnce() -> Error) {
        self.failure.get_or_insert_with(failure);
    }

    /// The 32 bytes that stand for everything written.
    ///
    /// # Errors
    ///
    /// Of kind [`Encode`](ErrorKind::Encode), if a value could not be written: its `Serialize` failed, or its
    /// [`KeyDigest`] called [`fail`](Self::fail).
    pub fn finish(mut self) -> Result<[u8; 32]> {
        self.finish_and_reset()
    }

    /// As [`finish`](Self::finish); what comes next is a new digest.
    pub(super) fn finish_and_reset(&mut self) -> Result<[u8; 32]> {
        self.end_run();
        self.is_item = false;
        self.values = 0;
        let tail = &self.buffer[..mem::take(&mut self.len)];
        let digest = match self.spilled.take() {
            None => hash(self.algorithm, tail),
            Some(mut spilled) => {
                spilled.write(tail);
                spilled.finish()
            }
        };
        self.failure.take().map_or(Ok(digest), Err)
    }

    /// Writes what may turn out to be no value or several as exactly one.
    #[inline]
    pub(super) fn slot(&mut self, write: impl FnOnce(&mut Self)) {
        let before = mem::take(&mut self.values);
        write(self);
        if self.values != 1 {
            self.group();
        }
        self.values = before + 1;
    }

    /// As [`slot`](Self::slot), for an item of a sequence or tuple.
    #[inline]
    pub(super) fn item(&mut self, write: impl FnOnce(&mut Self)) {
        self.next_is_item();
        self.slot(write);
    }

    #[inline(always)]
    pub(super) fn next_is_item(&mut self) {
        self.is_item = true;
    }

    #[cold]
    fn group(&mut self) {
        self.is_item = false;
        self.end_run();
        self.put(&[Tag::Group as u8]);
        self.put(&self.values.to_le_bytes());
    }

    /// A number, `bool` or `char`. Always inlined, with what it calls: through serde, every item of a slice comes here.
    #[inline(always)]
    pub(super) fn primitive<const N: usize>(&mut self, tag: Tag, bytes: [u8; N]) {
        if mem::take(&mut self.is_item) {
            self.run(tag, 1, &bytes);
        } else {
            self.tag(tag);
            self.put(&bytes);
        }
    }

    /// The next `count` items, all of one primitive type.
    #[inline(always)]
    pub(super) fn run(&mut self, of: Tag, count: usize, bytes: &[u8]) {
        self.values += count as u64;
        match &mut self.run {
            Some(run) if run.of == of && bytes.len() <= BUFFER - self.len => {
                run.count += count as u64;
                self.append(bytes);
            }
            _ => self.begin_or_move_run(of, count, bytes),
        }
    }

    #[inline(never)]
    fn begin_or_move_run(&mut self, of: Tag, count: usize, bytes: &[u8]) {
        if count == 0 {
            return;
        }
        let mut run = match self.run.take() {
            Some(run) if run.of == of => run,
            other => {
                other.inspect(|run| self.write_run(*run));
                if RUN_HEADER > BUFFER - self.len {
                    self.spill(&[]);
                }
                self.len += RUN_HEADER;
                Run { of, count: 0, start: self.len, is_long: false }
            }
        };
        run.count += count as u64;
        if bytes.len() <= BUFFER - self.len {
            self.append(bytes);
        } else {
            self.move_run(&mut run, bytes);
        }
        self.run = Some(run);
    }

    /// Brings what there is of the run, and `bytes`, to `long_run`, and makes room for what comes next.
    fn move_run(&mut self, run: &mut Run, bytes: &[u8]) {
        let long_run = self.long_run.get_or_insert_with(|| Box::new(Gather::new(self.algorithm)));
        long_run.write(&self.buffer[run.start..self.len]);
        long_run.write(bytes);
        self.len = run.start;
        if !run.is_long {
            run.is_long = true;
            self.len -= RUN_HEADER;
            if self.len > BUFFER / 2 {
                self.spill(&[]);
            }
            run.start = self.len;
        }
    }

    #[inline]
    fn end_run(&mut self) {
        if let Some(run) = self.run.take() {
            self.write_run(run);
        }
    }

    fn write_run(&mut self, mut run: Run) {
        let header = run_header(run.of, run.count);
        if !run.is_long {
            self.buffer[run.start - RUN_HEADER..run.start].copy_from_slice(&header);
            return;
        }
        self.move_run(&mut run, &[]);
        self.put(&header);
        if let Some(mut long_run) = self.long_run.take() {
            match long_run.unhashed() {
                Some(block) if block.len() <= INLINE_BLOCK => {
                    self.put(block);
                    long_run.clear();
                }
                _ => self.put(&long_run.finish()),
            }
            self.long_run = Some(long_run);
        }
    }

    /// The next `rows`: tuples of `N` primitives of `SIZE` bytes each, which `to_wire` makes. As one by one, but so many
    /// at a time that the hash is what takes the time; `false`, and nothing is done, for those that are not so small.
    pub(super) fn tuples_of_runs<T: Copy, const N: usize, const SIZE: usize>(
        &mut self,
        of: Tag,
        rows: &[[T; N]],
        to_wire: impl Fn(T) -> [u8; SIZE],
    ) -> bool {
        if N == 0 || N * SIZE > BUFFER {
            return false;
        }
        if rows.is_empty() {
            return true;
        }
        let mut tuple = vec![0; TUPLE_HEADER + N * SIZE + 1];
        tuple[0] = Tag::Tuple as u8;
        tuple[1..TUPLE_HEADER].copy_from_slice(&run_header(of, N as u64));
        tuple[TUPLE_HEADER + N * SIZE] = Tag::End as u8;
        let mut tuples = tuple.repeat(rows.len().min(INLINE_BLOCK / tuple.len()));
        self.is_item = false;
        self.end_run();
        self.values += rows.len() as u64;
        for rows in rows.chunks(tuples.len() / tuple.len()) {
            for (row, tuple) in rows.iter().zip(tuples.chunks_exact_mut(tuple.len())) {
                let wire = tuple[TUPLE_HEADER..].chunks_exact_mut(SIZE);
                wire.zip(row).for_each(|(wire, item)| wire.copy_from_slice(&to_wire(*item)));
            }
            self.put(&tuples[..rows.len() * tuple.len()]);
        }
        true
    }

    /// The beginning of any value but an item of a run.
    #[inline]
    pub(super) fn tag(&mut self, tag: Tag) {
        self.is_item = false;
        self.end_run();
        self.values += 1;
        self.put(&[tag as u8]);
    }

    /// Text or bytes.
    #[inline]
    pub(super) fn length_and_block(&mut self, tag: Tag, bytes: &[u8]) {
        self.tag(tag);
        self.put(&(bytes.len() as u64).to_le_bytes());
        if bytes.len() <= INLINE_BLOCK {
            self.put(bytes);
        } else {
            self.put(&hash(self.algorithm, bytes));
        }
    }

    /// The name of a struct, variant or field, right after a tag.
    #[inline]
    pub(super) fn name(&mut self, name: &str) {
        self.put(&(name.len() as u64).to_le_bytes());
        self.put(name.as_bytes());
    }

    /// The beginning of a value with parts; what it returns goes to [`close`](Self::close).
    #[inline]
    pub(super) fn open(&mut self, tag: Tag) -> u64 {
        self.tag(tag);
        self.values
    }

    #[inline]
    pub(super) fn close(&mut self, opened: u64) {
        self.tag(Tag::End);
        self.values = opened;
    }

    /// `Some` of what `write` writes.
    #[inline]
    pub(super) fn some<R>(&mut self, write: impl FnOnce(&mut Self) -> R) -> R {
        let opened = self.open(Tag::Some);
        let result = write(self);
        self.values = opened;
        result
    }

    /// The name of a field, in front of its value.
    #[inline]
    pub(super) fn field(&mut self, name: &str) {
        self.tag(Tag::Field);
        self.name(name);
    }

    /// A set or map, by the digests of its entries.
    pub(super) fn unordered(&mut self, tag: Tag, entries: &mut [[u8; 32]]) {
        entries.sort_unstable();
        self.tag(tag);
        self.put(&(entries.len() as u64).to_le_bytes());
        self.put(entries.as_flattened());
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if bytes.len() <= BUFFER - self.len {
            self.append(bytes);
        } else {
            self.spill(bytes);
        }
    }

    #[inline(always)]
    fn append(&mut self, bytes: &[u8]) {
        self.buffer[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }

    #[cold]
    #[inline(never)]
    fn spill(&mut self, bytes: &[u8]) {
        let spilled = self.spilled.get_or_insert_with(|| Box::new(Gather::new(self.algorithm)));
        spilled.write(&self.buffer[..self.len]);
        spilled.write(bytes);
        self.len = 0;
    }
}

fn run_header(of: Tag, count: u64) -> [u8; RUN_HEADER] {
    let mut header = [0; RUN_HEADER];
    header[..2].copy_from_slice(&[Tag::Run as u8, of as u8]);
    header[2..].copy_from_slice(&count.to_le_bytes());
    header
}

impl Default for Digest {
    fn default() -> Self {
        Self::with_algorithm(KeyAlgorithm::default())
    }
}

/// The algorithm only: what was written may be secret.
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}
