use larder::memoize;

#[memoize(name = 3, ignore = x, handle = "Name", codec = "", depends = f, validate)]
fn one(x: u8) -> u8 {
    x
}

#[memoize(expires_after = "3 days")]
fn two(x: u8) -> u8 {
    x
}

#[memoize(key = x)]
fn three(x: u8) -> u8 {
    x
}

#[memoize(key = |(a, b)| a + b)]
fn four((a, b): (u8, u8)) -> u8 {
    a + b
}

#[memoize(version = 1 verbose = 2)]
fn five(x: u8) -> u8 {
    x
}

fn main() {
    one(two(three(four((1, five(2))))));
}
