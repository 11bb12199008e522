//! What cannot be memoized, or be a task, is refused with a message that says what to do instead.
//!
//! The tests stand here because the programs they compile are built with what this crate wants of larder: of all that it can
//! do, what these need.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/memoize/*.rs");
    cases.compile_fail("tests/memoize/hot/*.rs");
    cases.compile_fail("tests/task/*.rs");
}
