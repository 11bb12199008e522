use larder::memoize;

#[memoize]
fn name(positive: bool) -> &'static str {
    if positive { "plus" } else { "minus" }
}

fn main() {
    name(true);
}
