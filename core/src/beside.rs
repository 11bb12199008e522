//! What stands beside a value's bytes: while larder encodes or decodes on this thread, arrays put their buffers here,
//! or take them from here, wherever in the value they are.
//!
//! Serde has no way to hand such things down, so they are the thread's. What is active ends with the call that began it,
//! also by a panic; one within another (a `Serialize` that encodes a value of its own) leaves the outer as it was.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Weak;
use std::{fmt, mem};

use bytes::Bytes;
use serde::de;
use twox_hash::XxHash3_128;

/// What this thread is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Nothing: arrays are whole values to whatever serializer they meet.
    None,
    Encode,
    Decode,
    /// Finding out what a type asks for.
    Trace,
    Digest,
}

#[derive(Debug, Default)]
enum Active {
    #[default]
    None,
    Encode(Collector),
    Decode(Supply),
    Trace,
    Digest,
}

/// Alive as long as bytes are what they are and where they are.
pub(crate) type Life = Weak<dyn Any + Send + Sync>;

/// What was put aside.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    pub(crate) buffers: Vec<Bytes>,
    /// Of an element of each buffer, in bytes.
    pub(crate) element_sizes: Vec<u8>,
    /// How long each stays what it is, where that is known.
    pub(crate) lives: Vec<Option<Life>>,
}

/// Buffers on their way out, each once.
#[derive(Debug)]
struct Collector {
    aside: Aside,
    numbers: HashMap<u128, u32>,
    identity: Identity,
}

/// Which buffers are one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Identity {
    /// Those at one place in memory: never looks at their bytes.
    Place,
    /// Those with equal bytes.
    Content,
}

impl Identity {
    fn of(self, buffer: &Bytes) -> u128 {
        match self {
            Self::Place => (buffer.as_ptr().addr() as u128) << 64 | buffer.len() as u128,
            Self::Content => XxHash3_128::oneshot(buffer),
        }
    }
}

#[derive(Debug)]
struct Supply {
    buffers: Vec<Bytes>,
    used: Vec<bool>,
    refusal: Option<String>,
}

thread_local! {
    static ACTIVE: RefCell<Active> = const { RefCell::new(Active::None) };
}

/// What this thread is doing.
pub(crate) fn passage() -> Passage {
    ACTIVE.with_borrow(|active| match active {
        Active::None => Passage::None,
        Active::Encode(_) => Passage::Encode,
        Active::Decode(_) => Passage::Decode,
        Active::Trace => Passage::Trace,
        Active::Digest => Passage::Digest,
    })
}

/// Adds a buffer, of elements of so many bytes, to those of the value being encoded: its number.
pub(crate) fn put(buffer: Bytes, element_size: usize, life: Option<Life>) -> u32 {
    ACTIVE.with_borrow_mut(|active| match active {
        Active::Encode(collector) => collector.put(buffer, element_size as u8, life),
        _ => u32::MAX,
    })
}

/// A buffer of the value being decoded.
pub(crate) fn take(number: u32) -> Option<Bytes> {
    ACTIVE.with_borrow_mut(|active| match active {
        Active::Decode(supply) => {
            let number = number as usize;
            *supply.used.get_mut(number)? = true;
            supply.buffers.get(number).cloned()
        }
        _ => None,
    })
}

/// Runs `encode`; the buffers that arrays put aside.
pub(crate) fn encoding<R>(encode: impl FnOnce() -> R) -> (R, Aside) {
    encoding_again(Identity::Place, &[], encode)
}

/// As [`encoding`], of a value that may have `given` buffers: those keep their numbers, others follow.
pub(crate) fn encoding_again<R>(
    identity: Identity,
    given: &[Bytes],
    encode: impl FnOnce() -> R,
) -> (R, Aside) {
    let mut collector = Collector { aside: Aside::default(), numbers: HashMap::new(), identity };
    given.iter().for_each(|buffer| collector.add(buffer.clone()));
    match within(Active::Encode(collector), encode) {
        (result, Active::Encode(collector)) => (result, collector.aside),
        (result, _) => (result, Aside::default()),
    }
}

/// Notes why an array is refused, and says so: not every format keeps what it is told.
pub(crate) fn refuse<E: de::Error>(why: impl fmt::Display) -> E {
    let why = why.to_string();
    let error = E::custom(&why);
    ACTIVE.with_borrow_mut(|active| {
        if let Active::Decode(supply) = active {
            supply.refusal.get_or_insert(why);
        }
    });
    error
}

/// What a decoder leaves behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Leftover {
    /// How many buffers nothing took.
    pub(crate) unused: usize,
    /// Why an array was [refused](refuse), the first time.
    pub(crate) refusal: Option<String>,
}

/// Runs `decode` with `buffers` to take from.
pub(crate) fn decoding<R>(buffers: &[Bytes], decode: impl FnOnce() -> R) -> (R, Leftover) {
    let used = vec![false; buffers.len()];
    let supply = Supply { buffers: buffers.to_vec(), used, refusal: None };
    match within(Active::Decode(supply), decode) {
        (result, Active::Decode(Supply { used, refusal, .. })) => {
            let unused = used.iter().filter(|used| !**used).count();
            (result, Leftover { unused, refusal })
        }
        (result, _) => (result, Leftover::default()),
    }
}

/// Runs `trace`: no array is real.
pub(crate) fn tracing<R>(trace: impl FnOnce() -> R) -> R {
    within(Active::Trace, trace).0
}

/// Runs `digest`: arrays write what tells them apart.
pub(crate) fn digesting<R>(digest: impl FnOnce() -> R) -> R {
    within(Active::Digest, digest).0
}

/// Runs `run` as if nothing was active: for codecs and formats that know of no buffers.
pub(crate) fn whole<R>(run: impl FnOnce() -> R) -> R {
    within(Active::None, run).0
}

fn within<R>(active: Active, run: impl FnOnce() -> R) -> (R, Active) {
    struct Outer(Active);
    impl Drop for Outer {
        fn drop(&mut self) {
            ACTIVE.set(mem::take(&mut self.0));
        }
    }
    let outer = Outer(ACTIVE.replace(active));
    let result = run();
    let active = ACTIVE.take();
    drop(outer);
    (result, active)
}

impl Collector {
    fn put(&mut self, buffer: Bytes, element_size: u8, life: Option<Life>) -> u32 {
        let next = self.aside.buffers.len() as u32;
        let number = *self.numbers.entry(self.identity.of(&buffer)).or_insert(next);
        if number == next {
            self.aside.push(buffer, element_size, life);
        }
        number
    }

    /// Under the next number, even if it is there already: the first then stands for both.
    fn add(&mut self, buffer: Bytes) {
        let next = self.aside.buffers.len() as u32;
        self.numbers.entry(self.identity.of(&buffer)).or_insert(next);
        self.aside.push(buffer, 1, None);
    }
}

impl Aside {
    fn push(&mut self, buffer: Bytes, element_size: u8, life: Option<Life>) {
        self.buffers.push(buffer);
        self.element_sizes.push(element_size);
        self.lives.push(life);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    fn buffer(fill: u8) -> Bytes {
        vec![fill; 3].into()
    }

    #[test]
    fn one_buffer_is_put_once_by_place_or_content() {
        let (one, twin) = (buffer(1), buffer(1));
        let put = || {
            [
                put(one.clone(), 8, None),
                put(twin.clone(), 1, None),
                put(one.clone(), 8, None),
                put(one.slice(..2), 2, None),
            ]
        };
        let (numbers, aside) = encoding(put);
        assert_eq!((numbers, aside.buffers.len()), ([0, 1, 0, 2], 3));
        assert_eq!(aside.element_sizes, [8, 1, 2]);
        let (numbers, aside) = encoding_again(Identity::Content, &[], put);
        assert_eq!((numbers, aside.buffers.len()), ([0, 0, 0, 1], 2));
        let given = [buffer(7), twin.clone(), one.clone()];
        assert_eq!(encoding_again(Identity::Place, &given, put).0, [2, 1, 2, 3]);
        assert_eq!(encoding_again(Identity::Content, &given, put).0, [1, 1, 1, 3]);
    }

    #[test]
    fn what_nothing_took_is_counted() {
        let buffers = [buffer(1), buffer(2), buffer(3)];
        let (taken, left) = decoding(&buffers, || [take(1), take(1), take(3), take(u32::MAX)]);
        assert_eq!((taken, left.unused), ([Some(buffer(2)), Some(buffer(2)), None, None], 2));
        assert_eq!(take(0), None);
    }

    #[test]
    fn the_outer_passage_comes_back_after_an_inner_one_and_after_a_panic() {
        let ((), outer) = encoding(|| {
            put(buffer(1), 1, None);
            let (number, inner) = encoding(|| put(buffer(2), 1, None));
            assert_eq!(number, 0);
            assert_eq!(inner.buffers, [buffer(2)]);
            catch_unwind(|| decoding(&[buffer(9)], || panic!("in a Deserialize"))).unwrap_err();
            digesting(|| assert_eq!(passage(), Passage::Digest));
            whole(|| assert_eq!(passage(), Passage::None));
            tracing(|| assert_eq!(passage(), Passage::Trace));
            assert_eq!(passage(), Passage::Encode);
            assert_eq!(put(buffer(3), 1, None), 1);
        });
        assert_eq!(outer.buffers, [buffer(1), buffer(3)]);
        assert_eq!(passage(), Passage::None);
    }
}
