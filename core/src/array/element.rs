//! What arrays are made of.

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::KeyDigest;

/// What an [`Array`](super::Array) can hold: `bool`, integers, floats, and with the feature `complex` complex numbers.
///
/// In the bytes of a stored array, elements are little endian and as wide as their name says; `usize` and `isize` are
/// 64 bits wide. Where that is how they stand in memory, arrays are mapped and written without a copy. A 32-bit machine
/// copies those two, and a big-endian one everything; a number that does not fit is an error.
///
/// # Safety
///
/// * The type has no padding: every byte of a value is initialized.
/// * [`STORED_AS_IS`](Self::STORED_AS_IS) is only `true` if all bytes that [`are_valid`](Self::are_valid) accepts, as
///   many as `size_of::<Self>()` a value, are valid values.
/// * [`ANY_BYTES`](Self::ANY_BYTES) is only `true` if it accepts all bytes.
pub unsafe trait Element:
    Copy
    + PartialEq
    + fmt::Debug
    + Send
    + Sync
    + Serialize
    + DeserializeOwned
    + KeyDigest
    + sealed::Sealed
    + 'static
{
    /// The name of the type in stored arrays, as the only item of a list.
    #[doc(hidden)]
    const NAMES: &'static [&'static str];
    /// How many bytes a stored element has.
    #[doc(hidden)]
    const STORED_LEN: usize;
    /// Whether elements stand in memory as they are stored.
    #[doc(hidden)]
    const STORED_AS_IS: bool;

    /// Whether any bytes are elements.
    #[doc(hidden)]
    const ANY_BYTES: bool = true;

    /// Whether stored bytes, of a length that has been checked, can be taken as they are.
    #[doc(hidden)]
    fn are_valid(_stored: &[u8]) -> bool {
        true
    }

    /// Appends the stored form.
    #[doc(hidden)]
    fn store(self, out: &mut Vec<u8>);

    /// The value of [`STORED_LEN`](Self::STORED_LEN) stored bytes; `None` if there is none, or none on this machine.
    #[doc(hidden)]
    fn restore(stored: &[u8]) -> Option<Self>;
}

pub(super) mod sealed {
    /// Elements are compared, copied and mapped as bytes; which types can be is decided here.
    pub trait Sealed {}
}

macro_rules! numbers {
    ($($type:ident as $stored:ident)*) => {$(
        impl sealed::Sealed for $type {}

        // SAFETY: a primitive number has no padding, and every pattern of bits is one.
        unsafe impl Element for $type {
            const NAMES: &'static [&'static str] = &[stringify!($type)];
            const STORED_LEN: usize = size_of::<$stored>();
            const STORED_AS_IS: bool =
                cfg!(target_endian = "little") && size_of::<Self>() == size_of::<$stored>();

            fn store(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&(self as $stored).to_le_bytes());
            }

            fn restore(stored: &[u8]) -> Option<Self> {
                let stored = $stored::from_le_bytes(stored.try_into().ok()?);
                let value = stored as Self;
                // The same bits again: no digit was lost, and a NaN kept its payload.
                ((value as $stored).to_le_bytes() == stored.to_le_bytes()).then_some(value)
            }
        }
    )*};
}
numbers! {
    u8 as u8 u16 as u16 u32 as u32 u64 as u64 u128 as u128 usize as u64
    i8 as i8 i16 as i16 i32 as i32 i64 as i64 i128 as i128 isize as i64
    f32 as f32 f64 as f64
}

impl sealed::Sealed for bool {}

// SAFETY: one byte without padding; `are_valid` accepts 0 and 1 only, which are its values.
unsafe impl Element for bool {
    const NAMES: &'static [&'static str] = &["bool"];
    const ANY_BYTES: bool = false;
    const STORED_LEN: usize = 1;
    const STORED_AS_IS: bool = true;

    fn are_valid(stored: &[u8]) -> bool {
        // Without a way out in the middle, so that it takes 32 at a time.
        stored.iter().fold(0, |all, byte| all | byte) < 2
    }

    fn store(self, out: &mut Vec<u8>) {
        out.push(self.into());
    }

    fn restore(stored: &[u8]) -> Option<Self> {
        match stored {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored<T: Element>(value: T) -> Vec<u8> {
        let mut bytes = Vec::new();
        value.store(&mut bytes);
        bytes
    }

    #[test]
    fn the_stored_form_is_little_endian_and_of_fixed_width() {
        assert_eq!(stored(0x0102_u16), [2, 1]);
        assert_eq!(stored(1usize), [1, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(stored(-2isize), [0xfe, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(stored(1.5f32), 1.5f32.to_le_bytes());
        assert_eq!(stored(true), [1]);
    }

    #[test]
    fn stored_values_come_back_or_are_refused() {
        assert_eq!(u128::restore(&stored(u128::MAX)), Some(u128::MAX));
        assert_eq!(isize::restore(&stored(isize::MIN)), Some(isize::MIN));
        let nan = f64::from_bits(0x7ff8_0000_dead_beef);
        assert_eq!(f64::restore(&stored(nan)).unwrap().to_bits(), nan.to_bits());
        assert_eq!(bool::restore(&[2]), None);
        assert_eq!(u32::restore(&[0; 3]), None);
        assert!(bool::are_valid(&[0, 1, 1]) && !bool::are_valid(&[0, 2, 0]));
        #[cfg(target_pointer_width = "32")]
        assert_eq!(usize::restore(&stored(1u64 << 32)), None);
    }
}
