//! Keys and prefixes: what becomes a path.

use std::path::{Component, Path};

use larder::{Key, MAX_KEY_LEN, Prefix};

/// Two texts with a line break between: a key or prefix each.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    let prefix = Prefix::new(second).ok();
    if let Ok(prefix) = Prefix::new(first) {
        stays_inside(prefix.as_str());
        assert_eq!(prefix.as_str(), first);
        let parent = prefix.parent();
        assert!(prefix.as_str().starts_with(parent.as_str()));
        assert_eq!(prefix.parent() == prefix, prefix == Prefix::root());
    }
    let Ok(key) = Key::new(first) else { return };
    stays_inside(key.as_str());
    assert_eq!(key.to_string(), first);
    assert_eq!(serde_json::to_string(&key).expect("a text"), format!("\"{first}\""));
    assert!(key.version().contains(&key));
    assert!(key.as_str().ends_with(key.digest()) && key.digest().len() == 64);
    let Some(prefix) = prefix else { return };
    if let Ok(within) = key.within(&prefix) {
        stays_inside(within.as_str());
        assert!(prefix.contains(&within));
        assert_eq!(within.relative_to(&prefix).as_ref(), Some(&key));
    }
    match key.relative_to(&prefix) {
        Some(rest) => assert_eq!(rest.within(&prefix).expect("it was there"), key),
        None => assert!(!prefix.contains(&key) || prefix == key.version(), "{key} in {prefix:?}"),
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let digest = "0123456789abcdef".repeat(4);
    let key = format!("app/app.module.f/0123456789abcdef/{digest}");
    let texts = [
        format!("{key}\napp/app.module.f"),
        format!("{key}\nteam/one"),
        format!("app/{digest}\n"),
        "app/app.module.f\n".to_owned(),
        format!("../{digest}\n"),
    ];
    texts.map(String::into_bytes).to_vec()
}

/// As a path it leads down, and never out.
fn stays_inside(text: &str) {
    assert!(text.len() <= MAX_KEY_LEN);
    assert!(Path::new(text).components().all(|part| matches!(part, Component::Normal(_))));
    assert!(!text.contains(['\\', ':', '\0']) && !text.contains("//"));
}
