use larder::memoize;

mod model {}

#[memoize]
fn model(x: u8) -> u8 {
    x
}

fn main() {
    model(1);
}
