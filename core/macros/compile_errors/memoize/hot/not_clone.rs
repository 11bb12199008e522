use larder::memoize;

#[derive(serde::Serialize, serde::Deserialize)]
struct Model(u8);

#[memoize(hot)]
fn model(n: u8) -> Model {
    Model(n)
}

#[memoize(hot = true)]
fn given_a_value(n: u8) -> u8 {
    n
}

fn main() {
    model(1);
    given_a_value(1);
}
