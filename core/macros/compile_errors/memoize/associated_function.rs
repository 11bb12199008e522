use larder::memoize;

struct Model;

impl Model {
    #[memoize]
    fn cost(x: u8) -> u8 {
        x
    }
}

fn main() {
    Model::cost(1);
}
