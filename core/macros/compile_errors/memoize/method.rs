use larder::{memoize, tracked};

struct Model(u8);

impl Model {
    #[memoize]
    fn predict(&self, x: u8) -> u8 {
        self.0 + x
    }

    #[tracked]
    fn weight(self: &Model) -> u8 {
        self.0
    }

    #[memoize]
    fn fit(x: u8) -> Self {
        Self(x)
    }
}

fn main() {
    Model::fit(Model(1).weight()).predict(2);
}
