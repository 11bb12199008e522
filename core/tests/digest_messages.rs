//! What the compiler says where a value cannot be part of a key.

#[test]
fn the_way_out_is_named() {
    trybuild::TestCases::new().compile_fail("tests/ui/digest/*.rs");
}
