//! What must never be shown: the credentials that a store was given, or found in the environment.

use std::fmt;

/// Shorter ones are words, or nothing.
const SHORTEST: usize = 6;
/// What the names of secrets have in them.
const NAMES: [&str; 6] = ["KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL", "SAS"];
const FAMILIES: [&str; 3] = ["AWS_", "AZURE_", "GOOGLE_"];

/// Whether an option or a variable of this name holds one.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    NAMES.iter().any(|part| name.contains(part))
}

/// Texts that are cut out of whatever is shown.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    pub(crate) fn new(texts: impl IntoIterator<Item = String>) -> Self {
        Self(texts.into_iter().filter(|text| text.len() >= SHORTEST).collect())
    }

    /// With those in the environment that a cloud's client may have taken.
    pub(crate) fn and_environment(mut self) -> Self {
        let of_a_cloud =
            |name: &str| FAMILIES.iter().any(|family| name.starts_with(family)) && is_secret(name);
        let found = std::env::vars_os().filter_map(|(name, value)| {
            Some(value.into_string().ok()?).filter(|_| name.to_str().is_some_and(of_a_cloud))
        });
        self.0.extend(Self::new(found).0);
        self
    }

    pub(crate) fn removed_from(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| text.replace(secret, "…"))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}
