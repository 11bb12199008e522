use std::borrow::Cow;

use larder::memoize;

#[memoize]
fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

#[memoize]
fn trimmed(text: &str) -> Cow<'_, str> {
    text.trim().into()
}

#[memoize]
fn nested<'t>(text: &'t str) -> Result<Vec<Option<&'t str>>, String> {
    Ok(vec![Some(text)])
}

fn main() {
    first_word("a b");
    trimmed(" a");
    let _ = nested("a");
}
