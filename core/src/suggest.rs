//! What to say when a name is not known: all there is, and the nearest of it.

use std::cmp::Reverse;

/// The one of `known` that `wanted` is most likely a slip of, if any is near enough: a third of its letters may be
/// wrong, missing, in excess or swapped with their neighbour. Upper and lower case do not count. Of two as near, the one
/// that begins alike: people stop early more often than they err at once.
pub(crate) fn nearest<'a>(
    wanted: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(1);
    let alike = |name: &str| wanted.chars().zip(name.chars()).take_while(|(a, b)| a == b).count();
    let ranked = known.into_iter().map(|name| {
        let lower = name.to_lowercase();
        ((distance(&wanted, &lower), Reverse(alike(&lower))), name)
    });
    let ((distance, _), name) = ranked.min_by_key(|(rank, _)| *rank)?;
    (distance <= limit).then_some(name)
}

/// "unknown option `durabilty` (did you mean `durability`?), known: `create`, `durability`"
pub(crate) fn unknown(what: &str, name: &str, known: &[&str]) -> String {
    format!("unknown {what} `{name}`{}", hint(name, known))
}

/// " (did you mean `durability`?), known: `create`, `durability`"
pub(crate) fn hint(name: &str, known: &[&str]) -> String {
    let nearest = nearest(name, known.iter().copied())
        .map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
    nearest + &self::known(known)
}

/// ", known: `a`, `b`"
pub(crate) fn known(names: &[&str]) -> String {
    match names {
        [] => ", there are none".to_owned(),
        names => format!(", known: {}", quoted(names)),
    }
}

/// "`a`, `b`"
pub(crate) fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Single-letter edits and swaps of neighbours that lead from `a` to `b` (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let known = ["local", "memory", "split", "sqlite", "s3", "object-store"];
        for (wanted, expected) in [
            ("locla", Some("local")),
            ("SQLite", Some("sqlite")),
            ("sqlit", Some("sqlite")),
            ("objectstore", Some("object-store")),
            ("s4", Some("s3")),
            ("redis", None),
            ("", None),
        ] {
            assert_eq!(nearest(wanted, known), expected, "{wanted}");
        }
    }

    #[test]
    fn edits_are_counted() {
        for (a, b, edits) in
            [("", "abc", 3), ("abc", "abc", 0), ("abc", "acb", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(distance(a, b), edits, "{a} {b}");
            assert_eq!(distance(b, a), edits, "{b} {a}");
        }
    }
}
