//! Sizes, times and texts as a person wants to read them.

use std::time::{Duration, SystemTime};

use indicatif::{HumanBytes, HumanDuration};
use larder::Argument;

/// `1.50 KiB`
pub(crate) fn bytes(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

/// `1 result`, `3 results`
pub(crate) fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `3 minutes ago`; `unknown` where the store does not say.
pub(crate) fn ago(time: Option<SystemTime>) -> String {
    let Some(time) = time else { return "unknown".to_owned() };
    match time.elapsed() {
        Ok(age) if age >= Duration::from_secs(1) => format!("{} ago", HumanDuration(age)),
        _ => "just now".to_owned(),
    }
}

/// `35.2 ms`, `1.53 s`, `3m 20s`
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    match seconds {
        0.0..1e-3 => format!("{:.0} µs", seconds * 1e6),
        1e-3..1.0 => format!("{:.1} ms", seconds * 1e3),
        1.0..60.0 => format!("{seconds:.2} s"),
        _ => humantime::format_duration(Duration::from_secs(duration.as_secs())).to_string(),
    }
}

/// To the second, in UTC.
pub(crate) fn date(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string().replace('T', " ").replace('Z', " UTC")
}

/// For JSON: exact, and null where the store does not say.
pub(crate) fn rfc3339(time: Option<SystemTime>) -> Option<String> {
    time.map(|time| humantime::format_rfc3339_micros(time).to_string())
}

/// `depth = 4, seed = 1`, cut off to `limit` characters.
pub(crate) fn arguments(arguments: &[Argument], limit: usize) -> String {
    let all: Vec<_> = arguments.iter().map(|arg| format!("{} = {}", arg.name, arg.value)).collect();
    let text = printable(&all.join(", "));
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// On one line, and without the power to move a terminal's cursor: what `Debug` wrote may hold anything.
pub(crate) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => printable.push(' '),
            c if c.is_control() => printable.extend(c.escape_default()),
            c => printable.push(c),
        }
    }
    printable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits_or_so() {
        let shown = |micros| duration(Duration::from_micros(micros));
        assert_eq!(shown(0), "0 µs");
        assert_eq!(shown(999), "999 µs");
        assert_eq!(shown(35_210), "35.2 ms");
        assert_eq!(shown(1_532_000), "1.53 s");
        assert_eq!(shown(200_900_000), "3m 20s");
    }

    #[test]
    fn a_text_stays_on_its_line() {
        assert_eq!(printable("a\nb\x1b[2Jc"), "a b\\u{1b}[2Jc");
        let argument = Argument { name: "text".into(), value: "äöü".repeat(9) };
        assert_eq!(arguments(&[argument], 10), "text = äöü…");
    }

    #[test]
    fn times_are_relative() {
        let now = SystemTime::now();
        assert_eq!(ago(None), "unknown");
        assert_eq!(ago(Some(now)), "just now");
        assert_eq!(ago(Some(now + Duration::from_secs(99))), "just now");
        assert_eq!(ago(Some(now - Duration::from_secs(3 * 86_400 + 60))), "3 days ago");
    }
}
