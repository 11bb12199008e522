//! `"30d"`, `"1h 30m"`: a duration in words.

use std::time::Duration;

const SECOND: u128 = 1_000_000_000;

/// In nanoseconds. Configurations know the same units, and fractions too.
const UNITS: [(&str, u128); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("min", 60 * SECOND),
    ("h", 60 * 60 * SECOND),
    ("d", 24 * 60 * 60 * SECOND),
    ("w", 7 * 24 * 60 * 60 * SECOND),
];

/// Whole numbers, each with its unit, added up.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = |why: &str| {
        format!(
            "`{text}` is no duration: {why}. It is made of whole numbers with the units ns, us, ms, s, m, h, d, w"
        )
    };
    let mut total = 0_u128;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        if number.is_empty() {
            return Err(wrong("a number is missing"));
        }
        let Some((_, nanoseconds)) = UNITS.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name))
        else {
            return Err(wrong(&match unit {
                "" => format!("`{number}` has no unit"),
                _ => format!("`{unit}` is no unit"),
            }));
        };
        total = number
            .parse::<u128>()
            .ok()
            .and_then(|number| number.checked_mul(*nanoseconds))
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| wrong("it is too long"))?;
        rest = after.trim_start();
    }
    if total == 0 {
        return Err(wrong("nothing could be kept"));
    }
    let seconds = u64::try_from(total / SECOND).map_err(|_| wrong("it is too long"))?;
    Ok(Duration::new(seconds, (total % SECOND) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("30d", 2_592_000),
            ("1h 30m", 5_400),
            ("1h30m", 5_400),
            (" 2 w ", 1_209_600),
            ("7s", 7),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(parse("1us 5ns"), Ok(Duration::from_nanos(1005)));
        assert_eq!(parse("1500ms"), Ok(Duration::from_millis(1500)));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, why) in [
            ("30", "`30` has no unit"),
            ("30 days", "`days` is no unit"),
            ("d", "a number is missing"),
            ("-1d", "a number is missing"),
            ("1.5h", "`1` has no unit"),
            ("", "nothing could be kept"),
            ("0s", "nothing could be kept"),
            ("99999999999999999999d", "it is too long"),
            ("18446744073709551615d", "it is too long"),
            ("999999999999999999999999999999999999999999w", "it is too long"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(&format!("`{text}` is no duration: {why}. ")), "{error}");
        }
    }
}
