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

pub(super) fn options(options: &OptionMap) -> OptionMap {
    let shown = options.iter().filter(|(name, _)| !is_secret(name));
    shown.map(|(name, value)| (name.clone(), without(value))).collect()
}

fn without(value: &OptionValue) -> OptionValue {
    match value {
        OptionValue::Text(text) => OptionValue::Text(description(text)),
        OptionValue::List(values) => OptionValue::List(values.iter().map(without).collect()),
        OptionValue::Table(table) => OptionValue::Table(options(table)),
        other => other.clone(),
    }
}

/// A text that describes a store of its own (the far side of a layer) loses that store's secrets; others stay.
fn description(text: &str) -> String {
    if let Ok(value @ (OptionValue::Table(_) | OptionValue::List(_))) = serde_json::from_str(text) {
        let bare = without(&value);
        return if bare == value { text.to_owned() } else { bare.to_string() };
    }
    match text.parse::<StoreConfig>() {
        Ok(config) if config.without_secrets() != config => config.to_string(),
        Ok(_) | Err(_) => text.to_owned(),
    }
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
