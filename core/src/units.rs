//! Sizes and times as people write them, for options and configuration.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

/// A number of bytes: `1500`, `512M`, `10 MiB`, `1.5G`.
///
/// `K`, `M`, `G`, `T`, `P` alone and `KiB`, `MiB` … are powers of 1024, `KB`, `MB` … of 1000; case does not count.
/// In a document it is a whole number or such a text.
///
/// ```
/// use larder_core::units::ByteSize;
///
/// assert_eq!("2G".parse::<ByteSize>()?, ByteSize(2 << 30));
/// assert_eq!("10 MB".parse::<ByteSize>()?.0, 10_000_000);
/// assert_eq!(ByteSize(512 << 20).to_string(), "512MiB");
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteSize(pub u64);

/// A length of time: `30d`, `1h30m`, `500ms`, `1.5 s`; a number alone is seconds.
///
/// Units are `ns`, `us`, `ms`, `s`, `m` (or `min`), `h`, `d` and `w`, added up. In a document it is a number or such
/// a text.
///
/// ```
/// use std::time::Duration;
/// use larder_core::units::TimeSpan;
///
/// assert_eq!("1h30m".parse::<TimeSpan>()?.0, Duration::from_secs(5400));
/// assert_eq!("90".parse::<TimeSpan>()?.to_string(), "1m30s");
/// # Ok::<(), larder_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TimeSpan(pub Duration);

const BYTE_UNITS: [(&str, u128); 17] = [
    ("", 1),
    ("b", 1),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
    ("t", 1 << 40),
    ("p", 1 << 50),
    ("kb", 1000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("pb", 1_000_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
    ("pib", 1 << 50),
];

const TIME_UNITS: [(&str, u128); 9] = [
    ("w", 604_800_000_000_000),
    ("d", 86_400_000_000_000),
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("min", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1000),
    ("ns", 1),
];

/// Reads `12.5 mb` from the front of `text`: how much it is in the smallest unit, and what follows.
fn quantity<'a>(text: &'a str, units: &[(&str, u128)]) -> Option<(u128, &'a str)> {
    let text = text.trim_start();
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(number_end);
    let rest = rest.trim_start();
    let unit_end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let unit = units.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name))?.1;

    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if fraction.is_empty() || fraction.len() > 12 {
        return None;
    }
    let part = unit.checked_mul(fraction.parse().ok()?)? / 10_u128.pow(fraction.len() as u32);
    let whole: u128 = whole.parse().ok()?;
    Some((whole.checked_mul(unit)?.checked_add(part)?, rest))
}

impl ByteSize {
    const FORM: &str = "a number of bytes such as `1500`, `512M` or `10 MiB`";

    fn read(text: &str) -> Option<Self> {
        let (bytes, rest) = quantity(text, &BYTE_UNITS)?;
        rest.trim().is_empty().then(|| u64::try_from(bytes).ok().map(Self))?
    }
}

impl TimeSpan {
    const FORM: &str = "a length of time such as `30d`, `1h30m` or a number of seconds";

    fn read(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        if rest.ends_with(|c: char| c.is_ascii_digit()) {
            let (nanos, _) = quantity(&format!("{rest}s"), &TIME_UNITS)?;
            // Only a number that stands alone is in seconds: `1h30` could be minutes as well.
            return rest
                .bytes()
                .all(|b| b.is_ascii_digit() || b == b'.')
                .then(|| Self::from_nanos(nanos))?;
        }
        let mut total = 0_u128;
        loop {
            let (nanos, after) = quantity(rest, &TIME_UNITS)?;
            total = total.checked_add(nanos)?;
            rest = after.trim_start();
            if rest.is_empty() {
                return Self::from_nanos(total);
            }
        }
    }

    fn from_nanos(nanos: u128) -> Option<Self> {
        const SECOND: u128 = 1_000_000_000;
        let seconds = u64::try_from(nanos / SECOND).ok()?;
        Some(Self(Duration::new(seconds, (nanos % SECOND) as u32)))
    }
}

/// In full, in the largest unit that leaves no remainder.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let power = if self.0 == 0 { 0 } else { (self.0.trailing_zeros() / 10).min(5) };
        let unit = ["", "KiB", "MiB", "GiB", "TiB", "PiB"][power as usize];
        write!(f, "{}{unit}", self.0 >> (10 * power))
    }
}

/// In full, the largest units first: `1d2h`, `1s500ms`.
impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut nanos = self.0.as_nanos();
        if nanos == 0 {
            return f.write_str("0s");
        }
        for (unit, size) in TIME_UNITS.into_iter().filter(|(unit, _)| *unit != "min") {
            let count = nanos / size;
            nanos %= size;
            if count > 0 {
                write!(f, "{count}{unit}")?;
            }
        }
        Ok(())
    }
}

/// Reading from text, and serde: text or numbers where people read, the plain number in binary formats.
macro_rules! quantity_traits {
    ($type:ident($inner:ty)) => {
        impl FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::read(text)
                    .ok_or_else(|| Error::invalid(format!("`{text}` is not {}", Self::FORM)))
            }
        }

        impl From<$inner> for $type {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }

        impl From<$type> for $inner {
            fn from(value: $type) -> Self {
                value.0
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                if serializer.is_human_readable() {
                    serializer.collect_str(self)
                } else {
                    self.0.serialize(serializer)
                }
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                if !deserializer.is_human_readable() {
                    return <$inner>::deserialize(deserializer).map(Self);
                }
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($type::FORM)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$type, E> {
                        $type::read(text)
                            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
                    }

                    // Numbers take the same way as text, so that `1.5` is exactly one and a half.
                    fn visit_u64<E: de::Error>(self, number: u64) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }

                    fn visit_i64<E: de::Error>(self, number: i64) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }

                    fn visit_f64<E: de::Error>(self, number: f64) -> Result<$type, E> {
                        self.visit_str(&number.to_string())
                    }
                }
                deserializer.deserialize_any(Visitor)
            }
        }
    };
}
quantity_traits!(ByteSize(u64));
quantity_traits!(TimeSpan(Duration));

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn byte_sizes_as_people_write_them() {
        for (text, bytes) in [
            ("0", 0),
            ("1500", 1500),
            ("2G", 2 << 30),
            ("512m", 512 << 20),
            ("10 MiB", 10 << 20),
            ("10MB", 10_000_000),
            (" 1.5k ", 1536),
            ("7 b", 7),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(text.parse::<ByteSize>().unwrap(), ByteSize(bytes), "{text}");
        }
        for text in ["", "M", "-1", "1.", ".5", "1e3", "1 X", "2G3", "1 2", "16384P", "1..5"] {
            let error = text.parse::<ByteSize>().unwrap_err();
            assert!(error.is_invalid());
            assert!(error.to_string().contains("`512M`"), "{error}");
        }
    }

    #[test]
    fn time_spans_as_people_write_them() {
        for (text, millis) in [
            ("30d", 30 * 86_400_000),
            ("1h30m", 5_400_000),
            ("1h 30 min", 5_400_000),
            ("500ms", 500),
            ("1.5s", 1500),
            ("90", 90_000),
            ("0.25", 250),
            ("1w", 604_800_000),
        ] {
            let span = text.parse::<TimeSpan>().unwrap();
            assert_eq!(span.0, Duration::from_millis(millis), "{text}");
        }
        for text in ["", "d", "-1s", "1h30", "3 months", "1y", "99999999999999999999w", "1.s"] {
            let error = text.parse::<TimeSpan>().unwrap_err();
            assert!(error.to_string().contains("`1h30m`"), "{error}");
        }
    }

    #[test]
    fn documents_take_numbers_and_text() {
        let (size, span): (ByteSize, TimeSpan) = serde_json::from_str(r#"["2K", 1.5]"#).unwrap();
        assert_eq!((size.0, span.0), (2048, Duration::from_millis(1500)));
        let error = serde_json::from_str::<ByteSize>("-3").unwrap_err().to_string();
        assert!(error.contains("expected a number of bytes"), "{error}");
    }

    proptest! {
        #[test]
        fn shown_and_read_back(bytes: u64, seconds: u64, nanos in 0..1_000_000_000_u32) {
            let (size, span) = (ByteSize(bytes), TimeSpan(Duration::new(seconds, nanos)));
            prop_assert_eq!(size.to_string().parse::<ByteSize>().unwrap(), size);
            prop_assert_eq!(span.to_string().parse::<TimeSpan>().unwrap(), span);
            let binary = postcard::to_allocvec(&(size, span)).unwrap();
            prop_assert_eq!(postcard::from_bytes::<(ByteSize, TimeSpan)>(&binary).unwrap(), (size, span));
            let text = serde_json::to_string(&(size, span)).unwrap();
            prop_assert_eq!(serde_json::from_str::<(ByteSize, TimeSpan)>(&text).unwrap(), (size, span));
        }
    }
}
