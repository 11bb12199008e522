//! The source of a function for a person to read.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The text of `tokens`, each group with its comments and layout where the compiler shows them.
///
/// Between the outermost tokens line breaks become spaces. Where a macro wrote the tokens, the compiler shows the
/// macro's text with its `$variables`: then the tokens are written out instead.
pub(crate) fn text(tokens: TokenStream) -> String {
    let mut out = String::new();
    write(tokens, &mut out);
    out
}

fn write(tokens: TokenStream, out: &mut String) {
    let mut end = None;
    for token in tokens {
        let (start, span) = (token.span().start(), token.span());
        if end.is_some_and(|end| end != start) {
            out.push(' ');
        }
        match token {
            TokenTree::Group(group) => match span.source_text() {
                Some(text) if !text.contains('$') => out.push_str(&text),
                _ => {
                    let (open, close) = match group.delimiter() {
                        Delimiter::Parenthesis => ("(", ")"),
                        Delimiter::Bracket => ("[", "]"),
                        Delimiter::Brace => ("{ ", " }"),
                        Delimiter::None => ("", ""),
                    };
                    out.push_str(open);
                    write(group.stream(), out);
                    out.push_str(close);
                }
            },
            token => out.push_str(&token.to_string()),
        }
        end = Some(span.end());
    }
}
