//! What must not be shown, stored or sent.

use super::StoreConfig;
use crate::options::{OptionMap, OptionValue};

/// Whether an option of this name holds a credential. It is the name that tells: `account_key`, `sas`, `client-secret`.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let anywhere = ["secret", "token", "passw", "passphrase", "credential"];
    let words = ["sas", "sig", "signature", "pwd"];
    let joined: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    anywhere.iter().any(|part| joined.contains(part))
        || joined.ends_with("key")
        || joined.ends_with("keyid")
        || name.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| words.contains(&word))
}

/// How deep a description may lie in others: far more than any store that can be opened.
const MAX_DEPTH: usize = 64;

pub(super) fn options(options: &OptionMap) -> OptionMap {
    options_at(options, 0)
}

fn options_at(options: &OptionMap, depth: usize) -> OptionMap {
    let shown = options.iter().filter(|(name, _)| !is_secret(name));
    shown.map(|(name, value)| (name.clone(), without(value, depth + 1))).collect()
}

fn without(value: &OptionValue, depth: usize) -> OptionValue {
    match value {
        // What is too deep to be looked into is not shown.
        _ if depth > MAX_DEPTH => OptionValue::Text("…".to_owned()),
        OptionValue::Text(text) => OptionValue::Text(description(text, depth)),
        OptionValue::List(values) => {
            OptionValue::List(values.iter().map(|value| without(value, depth + 1)).collect())
        }
        OptionValue::Table(table) => OptionValue::Table(options_at(table, depth)),
        other => other.clone(),
    }
}

/// A text that describes a store of its own (the far side of a layer) loses that store's secrets; others stay.
fn description(text: &str, depth: usize) -> String {
    if let Ok(value @ (OptionValue::Table(_) | OptionValue::List(_))) = serde_json::from_str(text) {
        let bare = without(&value, depth + 1);
        return if bare == value { text.to_owned() } else { bare.to_string() };
    }
    let Ok(config) = text.parse::<StoreConfig>() else { return text.to_owned() };
    let bare = StoreConfig {
        backend: config.backend.clone(),
        location: config.location.as_deref().map(location),
        options: options_at(&config.options, depth),
    };
    if bare == config { text.to_owned() } else { bare.with_secrets() }
}

/// `https://user:password@host/` without the password. The user stays: in `abfs://container@account/` it is a name.
pub(super) fn location(location: &str) -> String {
    let bare = || {
        let (scheme, rest) = location.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (user, host) = rest[..end].rsplit_once('@')?;
        let (user, _password) = user.split_once(':')?;
        Some(format!("{scheme}://{user}@{host}{}", &rest[end..]))
    };
    bare().unwrap_or_else(|| location.to_owned())
}

/// What can be repeated of a text that may be the malformed description of a store: nothing of its options.
pub(crate) fn printable(text: &str) -> String {
    match text.split_once('?') {
        Some((before, _)) => format!("{}?…", location(before)),
        None => location(text),
    }
}
