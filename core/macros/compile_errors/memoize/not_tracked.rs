use larder::memoize;

fn plain(x: u8) -> u8 {
    x
}

struct Model;

#[memoize(depends(plain))]
fn one(x: u8) -> u8 {
    plain(x)
}

#[memoize(depends(Model))]
fn two(x: u8) -> u8 {
    let _ = Model;
    x
}

fn main() {
    one(two(1));
}
