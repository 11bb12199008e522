//! The source of a function for a person to read.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

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
        // The parts of a lifetime or an operator stay together wherever a macro took them from.
        let joint = matches!(&token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
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
        end = (!joint).then(|| span.end());
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    fn of(written: &str) -> String {
        text(written.parse().unwrap())
    }

    #[test]
    fn comments_and_layout_stay() {
        let function =
            "fn f(\n    a: &[u8], // the data\n) -> Vec<u8> {\n    // copied\n    a.to_vec()\n}";
        assert_eq!(of(function), function);
    }

    #[test]
    fn line_breaks_of_the_outermost_tokens_become_spaces() {
        assert_eq!(
            of("fn f<'a>(a: &'a u8)\nwhere\n    'a: 'a\n{ 1 }"),
            "fn f<'a>(a: &'a u8) where 'a: 'a { 1 }"
        );
    }

    #[test]
    fn what_a_macro_left_open_is_written_out() {
        assert_eq!(of("fn f() { a  + [b,  c] /* $x */ }"), "fn f() { a + [b,  c] }");
    }
}
