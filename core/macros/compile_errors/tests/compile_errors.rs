//! What cannot be memoized, be a task or be part of a key is refused with a message that says what to do instead.
//!
//! The programs are built with what this package wants of larder: of all that it can do, what they need.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("memoize/*.rs");
    cases.compile_fail("memoize/hot/*.rs");
    cases.compile_fail("task/*.rs");
    cases.compile_fail("key_digest/*.rs");
}
