//! Just enough Markdown to find links, headings and code.

/// The lines outside code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut in_code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !in_code && !fence
    })
}

/// The code blocks, each with what stands behind its opening fence.
pub(crate) fn code_blocks(text: &str) -> Vec<(&str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if let Some(info) = line.trim_start().strip_prefix("```") {
            in_code = !in_code;
            if in_code {
                blocks.push((info, String::new()));
            }
        } else if let (true, Some((_, block))) = (in_code, blocks.last_mut()) {
            *block += line;
            *block += "\n";
        }
    }
    assert!(!in_code, "a code block does not end");
    blocks
}

/// What stands between backquotes, outside code blocks.
pub(crate) fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    prose(text).flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The targets of all links and images outside code, with their anchors: inline, and of link definitions.
pub(crate) fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    for line in prose(text) {
        let prose: String = line.split('`').step_by(2).collect();
        let inline = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
        links.extend(inline.map(|(target, _)| target.to_owned()));
        if let Some((_, target)) = prose.strip_prefix('[').and_then(|it| it.split_once("]: ")) {
            links.push(target.to_owned());
        }
    }
    for link in &mut links {
        link.truncate(link.find(' ').unwrap_or(link.len()));
    }
    links
}

/// What links into the page can name: its headings, as mdBook and code hosts spell them.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).filter_map(|line| {
        let rest = line.trim_start_matches('#');
        (rest.len() < line.len()).then(|| rest.strip_prefix(' ')).flatten()
    });
    headings
        .map(|heading| {
            let letters = heading.trim().to_lowercase();
            let kept = letters.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

/// Whether a link leads to a file of this repository.
pub(crate) fn is_relative(link: &str) -> bool {
    !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:")
}

#[test]
fn links_headings_and_code_are_found_where_they_are() {
    let text = "# A `b` c?\nsee [a](a.md#part) and ![`b`](b.png \"B\"), not `[c](c.md)`\n```text\n# [d](d.md)\n```\n[e]: e.md\n";
    assert_eq!(links(text), ["a.md#part", "b.png", "e.md"]);
    assert_eq!(anchors(text), ["a-b-c"]);
    assert_eq!(code_blocks(text), [("text", "# [d](d.md)\n".to_owned())]);
    assert_eq!(code_spans(text).collect::<Vec<_>>(), ["b", "b", "[c](c.md)"]);
}
