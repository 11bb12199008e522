use std::borrow::Cow;

use larder::memoize;

#[memoize]
fn length(text: Cow<str>) -> usize {
    text.len()
}

fn main() {
    length("a".into());
}
