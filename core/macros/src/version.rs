//! The version of a function: a hash of its tokens that comments and layout don't change.

use proc_macro2::{Delimiter, Group, Ident, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// The version of a function, from its tokens between the visibility and the end of the body.
///
/// Its name is left out: it is part of the identity, and `name = ".."` keeps results through a renaming.
pub(crate) fn of_function(tokens: TokenStream) -> u128 {
    let mut hash = Fnv128::new();
    walk(&plain(tokens), Place::Function, &mut hash);
    hash.0
}

/// The version of any other code.
pub(crate) fn of_tokens(tokens: TokenStream) -> u128 {
    let mut hash = Fnv128::new();
    walk(&plain(tokens), Place::Code, &mut hash);
    hash.0
}

/// Where tokens stand, which decides what of their form is layout.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// The outermost tokens of a function: its signature, and the braces of its body.
    Function,
    /// Ordinary Rust.
    Code,
    /// What a macro or an attribute is given: it may tell forms apart that mean the same in Rust.
    Verbatim,
}

/// 128-bit FNV-1a over tagged, length-prefixed tokens.
struct Fnv128(u128);

impl Fnv128 {
    fn new() -> Self {
        Self(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u128::from(*byte))
                .wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013B);
        }
    }

    fn token(&mut self, tag: u8, text: &str) {
        self.bytes(&[tag]);
        self.bytes(&(text.len() as u64).to_le_bytes());
        self.bytes(text.as_bytes());
    }
}

/// The tokens without doc comments, and without the invisible groups that make no difference: whether a macro's
/// `$name:literal` arrives in one depends on the compiler.
fn plain(tokens: TokenStream) -> Vec<TokenTree> {
    let mut found: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                let mut inner = plain(group.stream());
                match inner.len() {
                    0 => {}
                    1 => found.append(&mut inner),
                    _ => found.push(TokenTree::Group(group)),
                }
            }
            TokenTree::Group(group) if is_doc(&group) => match &*found {
                [.., hash] if is_punct(hash, '#') => drop(found.pop()),
                [.., hash, bang] if is_punct(hash, '#') && is_punct(bang, '!') => {
                    found.truncate(found.len() - 2);
                }
                _ => found.push(TokenTree::Group(group)),
            },
            token => found.push(token),
        }
    }
    found
}

/// Whether it is the `[doc = ".."]` or `[doc(..)]` of an attribute.
fn is_doc(group: &Group) -> bool {
    let mut inner = group.stream().into_iter();
    group.delimiter() == Delimiter::Bracket
        && matches!(inner.next(), Some(TokenTree::Ident(name)) if name == "doc")
        && match inner.next() {
            Some(TokenTree::Punct(equals)) => equals.as_char() == '=',
            Some(TokenTree::Group(list)) => list.delimiter() == Delimiter::Parenthesis,
            _ => false,
        }
}

fn walk(tokens: &[TokenTree], place: Place, hash: &mut Fnv128) {
    let mut at = 0;
    let mut lists = 0;
    while at < tokens.len() {
        let before = &tokens[..at];
        let mut taken = 1;
        match &tokens[at] {
            TokenTree::Ident(_) if place == Place::Function && ends_with_keyword(before, "fn") => {}
            TokenTree::Ident(ident) => hash.token(b'i', &ident.to_string()),
            TokenTree::Literal(literal) => hash.token(b'l', &literal.to_string()),
            TokenTree::Punct(_) if is_layout_comma(before, &tokens[at..], place) => {}
            TokenTree::Punct(_) => {
                let operator = operator(&tokens[at..]);
                taken = operator.len();
                hash.token(b'p', &operator);
            }
            TokenTree::Group(group) => {
                let parameters = place == Place::Function
                    && group.delimiter() == Delimiter::Parenthesis
                    && lists == 0;
                lists += usize::from(group.delimiter() == Delimiter::Parenthesis);
                walk_group(group, before, place, parameters, hash);
            }
        }
        at += taken;
    }
}

fn walk_group(
    group: &Group,
    before: &[TokenTree],
    place: Place,
    parameters: bool,
    hash: &mut Fnv128,
) {
    let inside = if place == Place::Verbatim || is_given_to_a_macro(before) {
        Place::Verbatim
    } else {
        Place::Code
    };
    let tokens = plain(group.stream());
    let mut tokens = &tokens[..];
    if inside == Place::Code
        && let [list @ .., comma] = tokens
        && is_punct(comma, ',')
        && match group.delimiter() {
            Delimiter::Brace | Delimiter::Bracket => true,
            // `(a,)` is a tuple where `(a)` is not.
            Delimiter::Parenthesis => parameters || is_name(before) || has_several(list),
            Delimiter::None => false,
        }
    {
        tokens = list;
    }
    hash.token(
        b'(',
        match group.delimiter() {
            Delimiter::Parenthesis => "(",
            Delimiter::Bracket => "[",
            Delimiter::Brace => "{",
            Delimiter::None => "",
        },
    );
    walk(tokens, inside, hash);
    hash.bytes(b")");
}

/// A comma that rustfmt adds or removes, other than the last of a list: after the braces of a match arm, and at the
/// end of a where clause.
fn is_layout_comma(before: &[TokenTree], rest: &[TokenTree], place: Place) -> bool {
    is_punct(&rest[0], ',')
        && match place {
            Place::Function => matches!(rest.get(1), Some(next) if is_braced(next)),
            Place::Code => {
                matches!(before, [.., equals, more, body]
                    if is_punct(equals, '=') && is_punct(more, '>') && is_braced(body))
            }
            Place::Verbatim => false,
        }
}

/// The whole operator that begins here: whether `=-1` or `= -1` is written makes no difference, `&&` or `& &` does.
fn operator(tokens: &[TokenTree]) -> String {
    const LONG: [&str; 24] = [
        "<<=", ">>=", "...", "..=", "::", "->", "=>", "==", "!=", "<=", ">=", "&&", "||", "+=",
        "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<<", ">>", "..",
    ];
    let mut text = String::new();
    for token in tokens {
        let TokenTree::Punct(punct) = token else { break };
        text.push(punct.as_char());
        if punct.spacing() == Spacing::Alone || text.len() == 3 {
            break;
        }
    }
    match LONG.iter().find(|long| text.starts_with(**long)) {
        Some(long) => text.truncate(long.len()),
        None => text.truncate(1),
    }
    text
}

/// Whether the group after `before` is what `name!`, `macro_rules! name` or `#` is given.
fn is_given_to_a_macro(before: &[TokenTree]) -> bool {
    match before {
        [.., hash] if is_punct(hash, '#') => true,
        [.., hash, bang] if is_punct(hash, '#') && is_punct(bang, '!') => true,
        [.., TokenTree::Ident(name), bang] if is_punct(bang, '!') => !is_keyword(name),
        [.., TokenTree::Ident(name), bang, TokenTree::Ident(_)] if is_punct(bang, '!') => {
            !is_keyword(name)
        }
        _ => false,
    }
}

/// Whether parentheses after `before` hold a list: of a call, a pattern, a definition or `Fn(..)`.
fn is_name(before: &[TokenTree]) -> bool {
    match before {
        [.., quote, TokenTree::Ident(_)] if is_punct(quote, '\'') => false,
        [.., TokenTree::Ident(name)] => !is_keyword(name) || name == "fn",
        _ => false,
    }
}

/// Whether a list has several elements for certain: a comma may also stand in `HashMap<K, V>` and `|a, b| ..`.
fn has_several(list: &[TokenTree]) -> bool {
    list.iter().any(|token| is_punct(token, ','))
        && !list.iter().any(|token| is_punct(token, '<') || is_punct(token, '|'))
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn is_braced(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn ends_with_keyword(before: &[TokenTree], keyword: &str) -> bool {
    matches!(before, [.., TokenTree::Ident(last)] if last == keyword)
}

/// Keywords of every edition, which are no names of functions, patterns or macros.
fn is_keyword(ident: &Ident) -> bool {
    const KEYWORDS: [&str; 52] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
        "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
        "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
        "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type",
        "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "_",
    ];
    KEYWORDS.iter().any(|keyword| ident == keyword)
}

/// A version as the tokens of a byte array.
pub(crate) fn as_bytes(version: u128) -> impl ToTokens {
    let bytes = version.to_le_bytes().into_iter().map(proc_macro2::Literal::u8_unsuffixed);
    quote::quote!([#(#bytes),*])
}

#[cfg(test)]
mod tests;
