use larder::{memoize, tracked};

#[memoize]
fn u8(x: i64) -> Option<i64> {
    Some(x)
}

#[tracked]
fn str(x: i64) -> i64 {
    x
}

#[memoize(handle = bool)]
fn fine(x: i64) -> i64 {
    x
}

fn main() {
    u8(str(fine(1)));
}
