//! Why an option cannot be what it is.

use std::fmt;

use serde::de::{self, Unexpected};

use super::OptionValue;
use crate::store_config::{is_secret, printable};
use crate::{Error, suggest};

/// Why a value does not fit, where it stood, and what it was.
#[derive(Debug)]
pub(crate) struct DeError {
    /// The names that lead to the value, innermost first.
    path: Vec<String>,
    value: Option<String>,
    message: String,
}

impl DeError {
    pub(super) fn expected(what: impl fmt::Display) -> Self {
        Self { path: Vec::new(), value: None, message: format!("expected {what}") }
    }

    /// Notes the offending value, where it is one that fits into a line.
    pub(super) fn about(mut self, value: &OptionValue) -> Self {
        let single = match value {
            OptionValue::List(_) | OptionValue::Table(_) => false,
            OptionValue::Text(text) => !text.trim_start().starts_with(['{', '[']),
            _ => true,
        };
        if single && self.path.is_empty() && self.value.is_none() {
            self.value = Some(printable(&value.to_string()));
        }
        self
    }

    pub(crate) fn under(mut self, name: &str) -> Self {
        self.path.push(name.to_owned());
        self
    }

    /// "option `retry.times` cannot be `many`: expected …". A secret is not repeated, nor is a message that may.
    pub(crate) fn into_message(self, what: &str) -> String {
        let Self { path, value, message } = self;
        if path.is_empty() {
            return message;
        }
        let secret = path.iter().any(|name| is_secret(name));
        let path = path.into_iter().rev().collect::<Vec<_>>().join(".");
        match value {
            _ if secret => {
                format!("{what} `{path}` has a value it cannot have (a secret, not shown)")
            }
            Some(value) => format!("{what} `{path}` cannot be `{value}`: {message}"),
            None => format!("{what} `{path}`: {message}"),
        }
    }

    pub(crate) fn into_error(self, what: &str) -> Error {
        Error::invalid(self.into_message(what))
    }
}

impl fmt::Display for DeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DeError {}

impl de::Error for DeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { path: Vec::new(), value: None, message: message.to_string() }
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::expected(expected)
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::expected(expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!("unknown{}", suggest::hint(variant, expected)))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(suggest::unknown("option", field, expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format!("option `{field}` is needed and missing"))
    }
}
