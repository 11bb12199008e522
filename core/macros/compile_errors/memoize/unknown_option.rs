use larder::{memoize, tracked};

#[memoize(expires = "3d")]
fn memoized(x: u8) -> u8 {
    x
}

#[tracked(ignore(x), name = "other")]
fn plain(x: u8) -> u8 {
    x
}

#[memoize(ignored, key_by = |x, y| x, 3)]
fn odd(x: u8) -> u8 {
    x
}

fn main() {
    memoized(plain(odd(1)));
}
