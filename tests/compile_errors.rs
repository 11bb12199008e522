//! What cannot be memoized, or be a task, is refused with a message that says what to do instead.

#[test]
fn messages() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    cases.compile_fail("tests/ui_task/*.rs");
    if cfg!(feature = "hot") {
        cases.compile_fail("tests/ui/hot/*.rs");
    }
}
