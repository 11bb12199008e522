//! Shown by their front: collections and texts.
//!
//! `Debug` of a collection does not stop when its output is refused. It goes on through all elements without showing
//! them, and a text is searched to its end for what must be escaped: 100 MB cost half a second.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt::{Debug, Formatter, Result};
use std::rc::Rc;
use std::sync::Arc;

use super::metadata::MAX_ARGUMENT;

/// What has a front to be shown by: as much of it as is kept, and a little more, so that the cut is noticed.
pub trait Front {
    /// As `Debug` shows it.
    ///
    /// # Errors
    /// Those of writing.
    fn fmt_front(&self, f: &mut Formatter<'_>) -> Result;
}

/// What is shown by its front, for who asks for `Debug`.
pub(super) struct Fronted<'a, T: ?Sized>(pub(super) &'a T);

impl<T: Front + ?Sized> Debug for Fronted<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.0.fmt_front(f)
    }
}

impl Front for str {
    fn fmt_front(&self, f: &mut Formatter<'_>) -> Result {
        // With its quote longer than what is kept, wherever the last character begins.
        Debug::fmt(&self[..self.floor_char_boundary(MAX_ARGUMENT + 4)], f)
    }
}

impl Front for String {
    fn fmt_front(&self, f: &mut Formatter<'_>) -> Result {
        self.as_str().fmt_front(f)
    }
}

/// Elements and the commas between them are more bytes than there are elements.
macro_rules! collections {
    ($($builder:ident: $([$($generics:tt)*] $type:ty),*;)*) => {$($(
        impl<$($generics)*> Front for $type {
            fn fmt_front(&self, f: &mut Formatter<'_>) -> Result {
                f.$builder().entries(self.iter().take(MAX_ARGUMENT)).finish()
            }
        }
    )*)*};
}
collections! {
    debug_list: [T: Debug] [T], [T: Debug] Vec<T>, [T: Debug] VecDeque<T>, [T: Debug, const N: usize] [T; N];
    debug_set: [T: Debug, S] HashSet<T, S>, [T: Debug] BTreeSet<T>;
    debug_map: [K: Debug, V: Debug, S] HashMap<K, V, S>, [K: Debug, V: Debug] BTreeMap<K, V>;
}

macro_rules! pointers {
    ($([$($generics:tt)*] $type:ty),*) => {$(
        impl<$($generics)*> Front for $type {
            fn fmt_front(&self, f: &mut Formatter<'_>) -> Result {
                (**self).fmt_front(f)
            }
        }
    )*};
}
pointers! {
    [T: Front + ?Sized] &T, [T: Front + ?Sized] Box<T>, [T: Front + ?Sized] Rc<T>, [T: Front + ?Sized] Arc<T>,
    [T: Front + ToOwned + ?Sized] Cow<'_, T>
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::super::{ArgsWriter, describe_via::*};
    use super::*;
    use crate::digest::via::Wrap;

    macro_rules! described {
        ($value:expr) => {{
            let mut arguments = Vec::new();
            (&&&Wrap(&$value)).larder_describe("it", &mut ArgsWriter::new(&mut arguments));
            arguments.remove(0).value
        }};
    }

    #[test]
    fn what_is_short_is_shown_as_debug_shows_it() {
        let map = BTreeMap::from([(1, "a"), (2, "b")]);
        assert_eq!(described!([1, 2]), "[1, 2]");
        assert_eq!(described!(&&[1.5, 2.0][..]), "[1.5, 2.0]");
        assert_eq!(described!(Arc::new(vec!["x"])), "[\"x\"]");
        assert_eq!(described!("a\n"), "\"a\\n\"");
        assert_eq!(described!(Cow::Borrowed("b")), "\"b\"");
        assert_eq!(described!(map), "{1: \"a\", 2: \"b\"}");
        assert_eq!(described!(HashSet::from([7])), "{7}");
        assert_eq!(described!(Some(vec![1])), "Some([1])");
    }

    #[test]
    fn what_is_long_is_cut_off_where_it_would_be_anyway() {
        for unit in ["x", "é", "€", "𝄞", "\n"] {
            for extra in 0..8 {
                let text = format!("{}{}", "a".repeat(extra), unit.repeat(300));
                let mut whole = Vec::new();
                ArgsWriter::new(&mut whole).arg("it", &text);
                assert_eq!(described!(text), whole[0].value);
                assert!(whole[0].value.ends_with('…'));
            }
        }
        assert!(described!(vec![(); 1000]).ends_with('…'));
    }

    #[test]
    fn a_long_one_costs_as_much_as_a_short_one() {
        let (bytes, text) = (vec![7_u8; 10_000_000], "x".repeat(10_000_000));
        let start = Instant::now();
        for _ in 0..10 {
            std::hint::black_box((described!(&bytes[..]), described!(text)));
        }
        let shown = start.elapsed() / 10;
        let start = Instant::now();
        std::hint::black_box(bytes.iter().fold(0_u64, |sum, byte| sum + u64::from(*byte)));
        let walked = start.elapsed();
        assert!(shown < walked, "{shown:?}, walking through the bytes alone {walked:?}");
    }
}
