//! What Rust files look like.

use crate::workspace::{assert_none, files, read};

const LONGEST: usize = 450;
const MEDIAN: usize = 150;

/// Words that mean "not done". In two pieces, so that they do not find themselves.
const UNDONE: [&str; 5] = [
    concat!("todo", "!"),
    concat!("unimplemented", "!"),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("#[ig", "nore"),
];

/// Lines before the unit tests at the end of the file.
fn own_lines(text: &str) -> usize {
    let lines: Vec<_> = text.lines().collect();
    let tests = |pair: &[&str]| {
        pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    };
    lines.windows(2).position(tests).unwrap_or(lines.len())
}

#[test]
fn files_are_short() {
    let mut sizes: Vec<_> =
        files("rs").into_iter().map(|path| (own_lines(&read(&path)), path)).collect();
    sizes.sort();
    let too_long: Vec<_> = sizes
        .iter()
        .filter(|(lines, _)| *lines > LONGEST)
        .map(|(lines, path)| format!("{}: {lines} lines, allowed are {LONGEST}", path.display()))
        .collect();
    assert_none(&too_long);
    let (median, path) = &sizes[sizes.len() / 2];
    assert!(*median <= MEDIAN, "median {median} lines ({}), want {MEDIAN}", path.display());
}

#[test]
fn nothing_is_left_undone() {
    let mut complaints = Vec::new();
    for path in files("rs") {
        for (number, line) in read(&path).lines().enumerate() {
            let words = UNDONE.iter().filter(|word| line.contains(**word));
            complaints
                .extend(words.map(|word| format!("{}:{}: {word}", path.display(), number + 1)));
        }
    }
    assert_none(&complaints);
}
