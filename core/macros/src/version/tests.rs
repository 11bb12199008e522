use crate::function::Function;

fn version(function: &str) -> u128 {
    let function: Function =
        syn::parse_str(function).unwrap_or_else(|error| panic!("{function}: {error}"));
    super::of_function(function.tokens)
}

fn body(body: &str) -> u128 {
    version(&format!("fn f() {{ {body} }}"))
}

/// These never change: a changed hash is a recomputed cache for everybody.
#[test]
fn golden() {
    for (function, wanted) in [
        ("fn f() {}", "f7b47565f3979335bb28f5ed70fb4f59"),
        (
            "pub async fn g<'a>(a: &'a str, (b, _): (u8, u8)) -> Vec<u8> where 'a: 'a { a.into() }",
            "450adf3ae3a804ac0898dfd5f5b331f0",
        ),
        (
            "fn h(x: u64) -> u64 { let mut y = x << 1; y >>= 1; for i in 0..=9 { y += i & !x; } \
             match y { 0 => 1_000, 'a'..='z' => \"a\\tb\", _ => vec![1, 2,], } }",
            "9f1516fea39543bf1347c7ef1ea50390",
        ),
        (
            "fn i(v: &&[f64]) -> bool { v.len() >= 2 && !v.is_empty() || v[0] == -1.5e3f64 }",
            "7636435d170743a51058bb3533dfb693",
        ),
    ] {
        assert_eq!(format!("{:032x}", version(function)), wanted, "{function}");
    }
}

#[test]
fn what_does_not_count() {
    let plain = version("fn f(a: u8, b: u8) -> u8 { a + b }");
    for same in [
        "pub fn f(a: u8, b: u8) -> u8 { a + b }",
        "pub(in crate::inner) fn f(a: u8, b: u8) -> u8 { a + b }",
        "/// Adds.\n#[inline] #[must_use = \"why\"] fn f(a: u8, b: u8) -> u8 { a + b }",
        "fn f(\n    a: u8,\n    b: u8,\n) -> u8 {\n    // adds\n    a+b /* both */\n}",
        "fn renamed(a: u8, b: u8) -> u8 { a + b }",
    ] {
        assert_eq!(version(same), plain, "{same}");
    }
    for (one, other) in [
        // Comments inside.
        ("struct S { a: u8 }", "/** S. */ struct S { /// A.\n a: u8 }"),
        ("struct S;", "#[doc(hidden)] struct S;"),
        ("a();", "//! Inner.\n a();"),
        // Spaces around operators.
        ("x=-1;", "x = - 1;"),
        ("a&&!b", "a && ! b"),
        ("x<-1", "x < - 1"),
        ("|&&x|x", "| && x | x"),
        ("v.iter().map(|x|-x)", "v.iter().map(| x | - x)"),
        ("&*x", "& * x"),
        // The last comma of a list.
        ("g(a)", "g(\n    a,\n)"),
        ("g(a, b)", "g(a, b,)"),
        ("[a, b]", "[a, b,]"),
        ("[a]", "[a,]"),
        ("S { a, b }", "S { a, b, }"),
        ("Some(a)", "Some(a,)"),
        ("x.map(a)", "x.map(a,)"),
        ("let t: fn(u8) = g;", "let t: fn(u8,) = g;"),
        ("let (a, b) = c;", "let (a, b,) = c;"),
        ("use a::{b, c};", "use a::{b, c,};"),
        ("match x { 1 => 2, _ => 3 }", "match x { 1 => 2, _ => 3, }"),
        ("match x { 1 => { 2 } _ => 3 }", "match x { 1 => { 2 }, _ => 3 }"),
        ("if !(g(a)) {}", "if !(g(a,)) {}"),
    ] {
        assert_eq!(body(one), body(other), "{one}\n{other}");
    }
    assert_eq!(
        version("fn f<'a>(a: &'a u8) -> u8 where 'a: 'static { *a }"),
        version("fn f<'a>(a: &'a u8,) -> u8\nwhere\n    'a: 'static,\n{ *a }")
    );
}

#[test]
fn what_counts() {
    for (one, other) in [
        ("a & &b", "a && b"),
        ("a | |b", "a || b"),
        ("(a,)", "(a)"),
        ("return (a,)", "return (a)"),
        ("x.push((a,))", "x.push((a))"),
        ("break 'a (b,)", "break 'a (b)"),
        ("let t: (HashMap<K, V>,) = x;", "let t: (HashMap<K, V>) = x;"),
        ("(|a, b| c,)", "(|a, b| c)"),
        ("struct S(pub(crate) (u8,));", "struct S(pub(crate) (u8));"),
        ("m!(a,)", "m!(a)"),
        ("m! { f(a,) }", "m! { f(a) }"),
        ("macro_rules! m { (a,) => {} }", "macro_rules! m { (a) => {} }"),
        ("m!(A => {}, B)", "m!(A => {} B)"),
        ("#[a(b,)] c()", "#[a(b)] c()"),
        ("f(a, { b })", "f(a { b })"),
        ("a + b", "a - b"),
        ("1_000", "1000"),
        ("\"a b\"", "\"ab\""),
        ("ab", "a b"),
        ("{ a } b", "{ a b }"),
        ("a", "r#a"),
        ("\"a\"", "a"),
        ("a()", "{ a() }"),
        ("'a'", "'a"),
        ("g(a);", "g(a)"),
        ("#[cfg(a)] b()", "#[cfg(c)] b()"),
    ] {
        assert_ne!(body(one), body(other), "{one}\n{other}");
    }
    let plain = version("fn f(a: u8) -> u8 { a }");
    for other in [
        "fn f(a: u16) -> u8 { a }",
        "fn f(mut a: u8) -> u8 { a }",
        "async fn f(a: u8) -> u8 { a }",
        "fn f(a: u8) -> u16 { a }",
        "fn f(b: u8) -> u8 { a }",
        "fn f<'a>(a: u8) -> u8 { a }",
    ] {
        assert_ne!(version(other), plain, "{other}");
    }
}

/// Whether `$e:expr` arrives in an invisible group must not matter, and what it holds must stay together.
#[test]
fn invisible_groups() {
    use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
    use quote::quote;
    let grouped = |tokens: TokenStream| TokenTree::Group(Group::new(Delimiter::None, tokens));
    let of = super::of_tokens;
    let (one, nested) = (grouped(quote!(1)), grouped(grouped(quote!(1)).into()));
    let (nothing, sum) = (grouped(quote!()), grouped(quote!(1 + 2)));
    assert_eq!(of(quote!(x * #one)), of(quote!(x * 1)));
    assert_eq!(of(quote!(x * #nested)), of(quote!(x * 1)));
    assert_eq!(of(quote!(#nothing x)), of(quote!(x)));
    assert_ne!(of(quote!(x * #sum)), of(quote!(x * 1 + 2)));
}
