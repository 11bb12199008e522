//! The text form of a store, read and written. Needs no registry: which backends there are is asked on opening.

use std::fmt::{self, Write};

use super::StoreConfig;
use crate::options::OptionMap;
use crate::{Error, Result};

/// The backend that a path stands for.
pub(super) const PATH_BACKEND: &str = "local";

pub(super) fn parse(text: &str) -> Result<StoreConfig> {
    if text.is_empty() {
        return Err(Error::invalid(
            "a store cannot be an empty text: write a path, or `backend:location`",
        ));
    }
    let Some((name, rest)) = split_name(text) else {
        return path(text);
    };
    let name = name.to_ascii_lowercase();
    if !is_name(&name) {
        return Err(Error::invalid(format!(
            "{}; a path of that name is written `./{name}:…`",
            no_name(&name)
        )));
    }
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let location = match rest {
        "" => None,
        // The backend's own URL reader knows what its percent signs mean.
        url if url.starts_with("//") => Some(format!("{name}:{url}")),
        rest => Some(decode(rest).map_err(|error| error.with("location", super::printable(rest)))?),
    };
    Ok(StoreConfig { backend: name, location, options: parse_query(query)? })
}

/// `name` and `rest` of `name:rest`, unless the whole is a path.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once(':')?;
    let drive = name.len() == 1;
    let path = name.starts_with(['.', '~']) || name.contains(['/', '\\', '?']);
    (!drive && !path).then_some((name, rest))
}

fn path(text: &str) -> Result<StoreConfig> {
    match text.split_once('?') {
        Some((path, query)) if query.contains('=') => Err(Error::invalid(format!(
            "a path takes no options: write `{PATH_BACKEND}:{path}?…`, or open a `Path` if the directory has this name"
        ))),
        _ => Ok(StoreConfig::new(PATH_BACKEND).at(text)),
    }
}

/// The location of a path that is meant as it stands, although it looks like a URL or somebody's home.
pub(crate) fn literal_path(path: &str) -> String {
    if path.starts_with('~') || split_name(path).is_some() {
        format!("./{path}")
    } else {
        path.to_owned()
    }
}

/// Whether a backend can have this name: at least two of `a-z0-9+-._`, a letter first.
pub(crate) fn is_name(name: &str) -> bool {
    let rest = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '+' | '-' | '.' | '_');
    name.len() >= 2 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(rest)
}

/// What is wrong with it.
pub(super) fn no_name(name: &str) -> String {
    format!("`{name}` is not the name of a backend (letters, digits and `+-._`)")
}

pub(crate) fn parse_query(query: &str) -> Result<OptionMap> {
    let mut options = OptionMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        // Only names are repeated in errors: a value may be a secret.
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| Error::invalid("each option after `?` is written `name=value`"))?;
        let name = decode(name)?;
        let value = decode(value).map_err(|error| error.with("option", &name))?;
        if options.insert(name.clone(), value.into()).is_some() {
            return Err(Error::invalid(format!("option `{name}` is given twice")));
        }
    }
    Ok(options)
}

/// Undoes percent-encoding.
pub(crate) fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
                bytes.push(digit(*high) << 4 | digit(*low));
                after
            }
            (b'%', _) => {
                return Err(Error::invalid(
                    "a percent sign needs two hexadecimal digits after it (`%25` is the sign itself)",
                ));
            }
            (byte, after) => {
                bytes.push(*byte);
                after
            }
        };
    }
    String::from_utf8(bytes).map_err(|_| Error::invalid("percent-encoded text must be UTF-8"))
}

fn encode(text: &str, special: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for c in text.chars() {
        if special.contains(c) || c.is_ascii_control() {
            write!(f, "%{:02X}", u32::from(c))?;
        } else {
            f.write_char(c)?;
        }
    }
    Ok(())
}

pub(super) fn write(config: &StoreConfig, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let StoreConfig { backend, location, options } = config;
    let location = location.as_deref().unwrap_or_default();
    match location.strip_prefix(backend.as_str()).and_then(|rest| rest.strip_prefix(':')) {
        Some(url) if url.starts_with("//") => {
            write!(f, "{backend}:")?;
            encode(url, "?", f)?;
        }
        _ => {
            write!(f, "{backend}:")?;
            // Two slashes would make it a URL.
            match location.strip_prefix("//") {
                Some(rest) => {
                    f.write_str("%2F/")?;
                    encode(rest, "%?", f)?;
                }
                None => encode(location, "%?", f)?,
            }
        }
    }
    for (i, (name, value)) in options.iter().enumerate() {
        f.write_char(if i == 0 { '?' } else { '&' })?;
        encode(name, "%&=", f)?;
        f.write_char('=')?;
        encode(&value.to_string(), "%& ", f)?;
    }
    Ok(())
}
