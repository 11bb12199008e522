use larder::memoize;

#[memoize]
fn joined(parts: impl IntoIterator<Item = String>, prefix: &impl ToString) -> String {
    prefix.to_string() + &parts.into_iter().collect::<String>()
}

#[memoize]
fn count_up(to: u8) -> impl Iterator<Item = u8> {
    0..to
}

fn main() {
    joined(Vec::new(), &"");
    count_up(3);
}
