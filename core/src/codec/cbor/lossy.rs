//! Finding what other formats have no word for.

use super::{byte, major, tag};

/// Something that JSON writes as `null`.
#[derive(Debug, PartialEq)]
pub(in crate::codec) enum Lossy {
    /// A NaN or an infinity.
    Float(f64),
    /// A `Some` that would read as `None`.
    Some,
}

/// The first such thing in bytes of ours. Lengths are definite, so that heads can be read one after the other.
pub(in crate::codec) fn lossy(mut bytes: &[u8]) -> Option<Lossy> {
    while let Some((&first, rest)) = bytes.split_first() {
        let (argument, rest) = match first & 0x1f {
            small @ ..24 => (u64::from(small), rest),
            size @ 24..=27 => {
                let (number, rest) = rest.split_at_checked(1 << (size - 24))?;
                (number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), rest)
            }
            _ => return None,
        };
        let content = match first >> 5 {
            major::BYTES | major::TEXT => usize::try_from(argument).ok()?,
            major::TAG if argument == tag::SOME => return Some(Lossy::Some),
            _ => 0,
        };
        let float = match first {
            byte::F32 => f64::from(f32::from_bits(argument as u32)),
            byte::F64 => f64::from_bits(argument),
            _ => 0.0,
        };
        if !float.is_finite() {
            return Some(Lossy::Float(float));
        }
        bytes = rest.get(content..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::to_vec;
    use super::*;

    #[test]
    fn the_first_of_many_things_is_found() {
        let before = (300u16, "text of more than twenty-three bytes", vec![0x1u8, 0xfb], -7i64);
        assert_eq!(lossy(&to_vec(&(&before, Some(1.5), None::<u8>)).unwrap()), None);
        let infinite = to_vec(&(&before, f64::INFINITY, Some(()))).unwrap();
        assert_eq!(lossy(&infinite), Some(Lossy::Float(f64::INFINITY)));
        assert_eq!(lossy(&to_vec(&(&before, Some(()), f32::NAN)).unwrap()), Some(Lossy::Some));
        let nan = lossy(&to_vec(&(&before, f32::NAN)).unwrap());
        assert!(matches!(nan, Some(Lossy::Float(float)) if float.is_nan()), "{nan:?}");
    }
}
