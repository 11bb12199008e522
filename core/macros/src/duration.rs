//! `"30d"`, `"1h 30m"`: a duration in words.

use std::time::Duration;

const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60 * 1_000),
    ("h", 60 * 60 * 1_000),
    ("d", 24 * 60 * 60 * 1_000),
    ("w", 7 * 24 * 60 * 60 * 1_000),
];

/// Whole numbers, each with its unit, added up.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = |why: &str| {
        format!(
            "`{text}` is no duration: {why}; write whole numbers with the units ms, s, m, h, d, w, \
             as in \"30d\" or \"1h 30m\""
        )
    };
    let mut total = 0_u64;
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
        let Some((_, milliseconds)) = UNITS.iter().find(|(name, _)| *name == unit) else {
            return Err(wrong(&match unit {
                "" => format!("`{number}` has no unit"),
                _ => format!("`{unit}` is no unit"),
            }));
        };
        total = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*milliseconds))
            .and_then(|part| total.checked_add(part))
            .ok_or_else(|| wrong("it is too long"))?;
        rest = after.trim_start();
    }
    if total == 0 {
        return Err(wrong("nothing could be kept"));
    }
    Ok(Duration::from_millis(total))
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
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(&format!("`{text}` is no duration: {why}; ")), "{error}");
        }
    }
}
