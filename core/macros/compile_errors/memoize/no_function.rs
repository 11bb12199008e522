use larder::{memoize, tracked};

#[memoize]
struct Model;

#[tracked]
const LIMIT: u8 = 3;

trait Predict {
    #[memoize]
    fn predict(x: u8) -> u8;
}

fn main() {
    let _ = (Model, LIMIT);
}
