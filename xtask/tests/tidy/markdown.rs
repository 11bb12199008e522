//! Just enough Markdown to find links.

/// The targets of all links and images outside code: inline, and of link definitions. Anchors are cut off.
pub(crate) fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            let prose = without_code_spans(line);
            links.extend(
                prose
                    .split("](")
                    .skip(1)
                    .filter_map(|rest| rest.split_once(')'))
                    .map(|(target, _)| target.to_owned()),
            );
            if let Some((_, target)) = prose.strip_prefix('[').and_then(|it| it.split_once("]: ")) {
                links.push(target.to_owned());
            }
        }
    }
    assert!(!in_code, "a code block does not end");
    for link in &mut links {
        link.truncate(link.find(['#', ' ']).unwrap_or(link.len()));
    }
    links
}

fn without_code_spans(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// Whether a link leads to a file of this repository.
pub(crate) fn is_relative(link: &str) -> bool {
    !link.is_empty() && !link.contains("://") && !link.starts_with("mailto:")
}

#[test]
fn links_are_found_outside_code_only() {
    let text = "see [a](a.md#part) and ![`b`](b.png \"B\"), not `[c](c.md)`\n```text\n[d](d.md)\n```\n[e]: e.md\n";
    assert_eq!(links(text), ["a.md", "b.png", "e.md"]);
}
