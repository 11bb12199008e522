use larder::task;

#[task]
fn generic<T: Into<f64>>(x: T) -> f64 {
    x.into()
}

#[task]
fn sized<const N: usize>(x: [u8; N]) -> usize {
    x.len()
}

struct Model;

impl Model {
    #[task]
    fn method(&self) -> u8 {
        1
    }
}

fn main() {}
