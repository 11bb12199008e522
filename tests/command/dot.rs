//! The DOT language, as much of it as a reader needs to refuse what is none.

use std::collections::BTreeMap;

/// A directed graph: the attributes of its nodes, and its edges.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) edges: Vec<(String, String)>,
}

/// Reads `digraph ID { … }`; panics where that is not what stands there.
pub(crate) fn parse(text: &str) -> Graph {
    let tokens = tokens(text);
    let mut tokens = tokens.iter().map(String::as_str).peekable();
    let mut next = move || tokens.next().expect("the graph goes on");
    assert_eq!(next(), "digraph");
    assert!(is_id(next()));
    assert_eq!(next(), "{");
    let mut graph = Graph::default();
    let mut token = next();
    while token != "}" {
        let subject = token;
        assert!(is_id(subject), "{subject}");
        match next() {
            "=" => assert!(is_id(next())),
            "->" => graph.edges.push((subject.to_owned(), next().to_owned())),
            "[" => {
                let mut attributes = BTreeMap::new();
                loop {
                    let name = next();
                    assert_eq!(next(), "=");
                    attributes.insert(name.to_owned(), next().to_owned());
                    match next() {
                        "," => {}
                        end => break assert_eq!(end, "]"),
                    }
                }
                graph.nodes.insert(subject.to_owned(), attributes);
            }
            other => panic!("{other} after {subject}"),
        }
        token = next();
    }
    graph.nodes.remove("node");
    for (from, to) in &graph.edges {
        assert!(graph.nodes.contains_key(from) && graph.nodes.contains_key(to), "{from} -> {to}");
    }
    graph
}

/// Quoted strings lose their quotes and get a mark instead, so that none is taken for a sign.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '"' => {
                let mut string = String::from("\"");
                loop {
                    match chars.next().expect("the string ends") {
                        '"' => break,
                        '\\' => match chars.next().expect("something is escaped") {
                            'n' => string.push('\n'),
                            c @ ('"' | '\\') => string.push(c),
                            c => panic!("\\{c} means nothing"),
                        },
                        '\n' => panic!("a string goes over the end of its line"),
                        c => string.push(c),
                    }
                }
                tokens.push(string);
            }
            '-' => {
                assert_eq!(chars.next(), Some('>'));
                tokens.push("->".to_owned());
            }
            '{' | '}' | '[' | ']' | '=' | ',' => tokens.push(c.to_string()),
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let mut id = c.to_string();
                while let Some(c) = chars.next_if(|c| c.is_ascii_alphanumeric() || *c == '_') {
                    id.push(c);
                }
                tokens.push(id);
            }
            c => panic!("{c:?} has no place in a graph"),
        }
    }
    tokens
}

fn is_id(token: &str) -> bool {
    token.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '"')
}
