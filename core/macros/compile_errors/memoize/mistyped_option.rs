use larder::memoize;

#[memoize(version = -1)]
fn version(x: u8) -> u8 {
    x
}

#[memoize(expires_after = 30)]
fn expires_after(x: u8) -> u8 {
    x
}

#[memoize(validate = |_| 3)]
fn validate(x: u8) -> u8 {
    x
}

#[memoize(verbose = 300)]
fn verbose(x: u8) -> u8 {
    x
}

fn main() {
    version(expires_after(validate(verbose(1))));
}
