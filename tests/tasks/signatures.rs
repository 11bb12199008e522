//! Whatever a signature may look like.

use std::borrow::Cow;
use std::collections::HashMap;

use larder::task;

use crate::across;

#[task]
fn no_arguments() -> u8 {
    7
}

#[task]
fn no_result(_x: u8) {}

#[task]
fn patterns((a, b): (u8, u8), mut list: Vec<u32>, [x, y]: [u32; 2], _: bool, arg0: u8) -> Vec<u32> {
    list.push(u32::from(a + b + arg0) + x + y);
    list
}

#[task]
fn named<'short, 'long>(a: &'short str, b: &'long str) -> String
where
    'long: 'short,
{
    let either: &'short str = if a.is_empty() { b } else { a };
    either.to_owned()
}

#[task]
#[expect(clippy::too_many_arguments, reason = "one for each name")]
fn awkward_names(
    args: u8,
    out: u8,
    handle: u8,
    delayed: u8,
    r#type: u8,
    self_: u8,
    awkward_names: u8,
    arg0: u8,
    result: u8,
) -> Vec<u8> {
    vec![args, out, handle, delayed, r#type, self_, awkward_names, arg0, result]
}

#[task]
fn r#match(r#in: u8) -> u8 {
    r#in
}

#[task(handle = ByteOf)]
fn u8(x: &str) -> Option<u8> {
    x.parse().ok()
}

#[task]
const fn constant(x: u8) -> u8 {
    x
}

/// As traits of generated code are called.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Whole(u8);

#[task(portable)]
fn all_portable(
    whole: &Whole,
    cow: Cow<'_, [u8]>,
    map: HashMap<String, u8>,
) -> Result<Whole, String> {
    match cow.first() {
        Some(first) => Ok(Whole(whole.0 + first + map.len() as u8)),
        None => Err("empty".into()),
    }
}

mod shadowed {
    #![allow(non_camel_case_types, dead_code, reason = "names that generated code must not mean")]

    use super::task;

    struct Option;
    struct Result;
    struct Vec;
    struct String;
    mod std {}
    mod core {}

    #[task]
    pub(super) fn plain(x: &[f64], y: &str) -> usize {
        x.len() + y.len()
    }
}

macro_rules! make {
    ($name:ident, $ty:ty, $body:expr) => {
        #[task]
        fn $name(x: $ty) -> $ty {
            let _ = &x;
            $body
        }
    };
}
make!(by_macro, u64, 5);

#[test]
fn they_cross() {
    assert_eq!(across(no_arguments::delayed()), 7);
    across(no_result::delayed(1));
    assert_eq!(across(patterns::delayed((1, 2), vec![9], [3, 4], true, 5)), [9, 15]);
    assert_eq!(across(named::delayed("", "b")), "b");
    assert_eq!(
        across(awkward_names::delayed(1, 2, 3, 4, 5, 6, 7, 8, 9)),
        [1, 2, 3, 4, 5, 6, 7, 8, 9]
    );
    assert_eq!(across(r#match::delayed(3)), 3);
    assert_eq!(across(ByteOf::delayed("12")), Some(12));
    assert_eq!(across(constant::delayed(4)), 4);
    assert_eq!(
        across(all_portable::delayed(&Whole(1), Cow::Borrowed(&[2]), HashMap::new())),
        Ok(Whole(3))
    );
    assert_eq!(across(shadowed::plain::delayed(&[1.0], "ab")), 3);
    assert_eq!(across(by_macro::delayed(1)), 5);
}

#[test]
fn the_function_stays_what_it_is() {
    const FOUR: u8 = constant(4);
    assert_eq!(FOUR, 4);
    let of: fn(&str) -> Option<u8> = u8;
    assert_eq!(of("7"), Some(7));
}

#[test]
fn arguments_are_coerced_as_in_a_call() {
    #[task]
    fn lengths(data: &[f64], text: &str) -> usize {
        data.len() + text.len()
    }
    let (vector, string, array) = (vec![1.0], String::from("ab"), [1.0, 2.0]);
    assert_eq!(across(lengths::delayed(&vector, &string)), 3);
    assert_eq!(across(lengths::delayed(&array, &string)), 4);
}
