//! What cannot be memoized is refused with a message that says what to do instead.

#[test]
fn messages() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
