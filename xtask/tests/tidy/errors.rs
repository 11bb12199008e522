//! The page of errors quotes what the code says.

use crate::markdown::code_blocks;
use crate::workspace::{assert_none, files, read};

/// The text of a source, with literals in one piece that continue on the next line.
fn joined(source: &str) -> String {
    let mut lines = source.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| text + line.trim_start()).replace("\\\"", "\"")
}

#[test]
fn the_page_of_errors_quotes_the_sources() {
    let is_source = |path: &std::path::PathBuf| path.iter().any(|part| part == "src");
    let sources: Vec<_> =
        files("rs").iter().filter(|path| is_source(path)).map(|path| joined(&read(path))).collect();
    let page = read("docs/errors.md");
    let mut complaints = Vec::new();
    for (_, message) in code_blocks(&page) {
        // What stands in for a value is … here, and {} or an end of the literal there. Short pieces are from tables.
        let pieces = message.trim().split('…').map(|piece| piece.trim_matches('`'));
        let missing = pieces
            .filter(|piece| piece.trim().len() > 12)
            .filter(|piece| !sources.iter().any(|source| source.contains(piece)));
        complaints.extend(missing.map(|piece| format!("no source says {piece:?}")));
    }
    assert_none(&complaints);
}
