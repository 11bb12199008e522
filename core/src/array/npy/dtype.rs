//! Which elements a `.npy` file has: NumPy's `'<f8'` and the like.

use super::literal::Literal;
use crate::{Element, Error, ErrorKind, Result};

/// NumPy's codes for the elements that larder has, and their names in Rust.
const KNOWN: [(&str, &str); 13] = [
    ("b1", "bool"),
    ("u1", "u8"),
    ("u2", "u16"),
    ("u4", "u32"),
    ("u8", "u64"),
    ("i1", "i8"),
    ("i2", "i16"),
    ("i4", "i32"),
    ("i8", "i64"),
    ("f4", "f32"),
    ("f8", "f64"),
    ("c8", "complex<f32>"),
    ("c16", "complex<f64>"),
];

/// NumPy's code for elements of type `T`.
fn code<T: Element>() -> Result<&'static str> {
    let name = match T::NAMES[0] {
        "usize" => "u64",
        "isize" => "i64",
        name => name,
    };
    KNOWN.iter().find(|(_, known)| *known == name).map(|(code, _)| *code).ok_or_else(|| {
        let known = KNOWN.map(|(_, name)| name).join(", ");
        Error::new(
            ErrorKind::Unsupported,
            format!("NumPy has no elements of type {name}; it has: {known}"),
        )
    })
}

/// What a header says of elements of type `T`, as larder stores them.
///
/// # Errors
/// For those that NumPy has not.
pub(super) fn descr<T: Element>() -> Result<String> {
    let order = if T::STORED_LEN == 1 { '|' } else { '<' };
    Ok(format!("{order}{}", code::<T>()?))
}

/// How many bytes stand in reverse, one group after the other, in elements of type `T` that a header describes; 1 for
/// those that stand as larder stores them.
///
/// # Errors
/// For elements of another type: what the file has, and what can be asked for.
pub(super) fn reversed_by<T: Element>(descr: &Literal) -> Result<usize> {
    let wanted = code::<T>()?;
    let Literal::Text(descr) = descr else {
        return Err(other::<T>("records of several fields (a structured dtype)", None));
    };
    let (order, found) = match descr.split_at_checked(1) {
        Some((order @ ("<" | ">" | "=" | "|"), code)) => (order, code),
        _ => ("=", &**descr),
    };
    if found != wanted {
        let known = KNOWN.iter().find(|(code, _)| *code == found).map(|(_, name)| *name);
        return Err(other::<T>(&format!("{} (dtype {descr:?})", kind(found)), known));
    }
    let big = match order {
        ">" => true,
        "<" => false,
        _ => cfg!(target_endian = "big"),
    };
    let part = if wanted.starts_with('c') { T::STORED_LEN / 2 } else { T::STORED_LEN };
    Ok(if big { part } else { 1 })
}

fn kind(code: &str) -> &'static str {
    match code.chars().next() {
        Some('b' | 'u' | 'i' | 'f' | 'c') => "numbers of another type",
        Some('O') => "Python objects, which only Python's pickle can read,",
        Some('U' | 'S' | 'a') => "texts",
        Some('M' | 'm') => "dates or times",
        Some('V') => "records or raw bytes",
        _ => "elements of an unknown type",
    }
}

fn other<T: Element>(found: &str, known: Option<&str>) -> Error {
    let way_out = match known {
        Some(name) => format!("ask for `Array` of `{name}`"),
        None => format!("larder reads {}", KNOWN.map(|(_, name)| name).join(", ")),
    };
    let wanted = T::NAMES[0];
    Error::new(
        ErrorKind::Decode,
        format!("the file holds {found}, which are not the `{wanted}` asked for: {way_out}"),
    )
}
