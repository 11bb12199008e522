//! A table of things by name: what there is, what is nearest to a name that there is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Error, Result, ShortName};

/// Codecs, or compressors.
#[derive(Debug)]
pub(crate) struct Table<T: ?Sized> {
    what: &'static str,
    rows: BTreeMap<ShortName, Arc<T>>,
}

impl<T: ?Sized> Clone for Table<T> {
    fn clone(&self) -> Self {
        Self { what: self.what, rows: self.rows.clone() }
    }
}

impl<T: ?Sized> Table<T> {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, rows: BTreeMap::new() }
    }

    /// # Errors
    /// For a name that cannot be one, or that is taken.
    pub(crate) fn insert(&mut self, name: &str, row: Arc<T>) -> Result<()> {
        let key = ShortName::new(name)?;
        if self.rows.contains_key(&key) {
            let what = self.what;
            return Err(Error::invalid(format!("there is a {what} named {name:?} already")));
        }
        self.rows.insert(key, row);
        Ok(())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<T>> {
        self.rows.get(&ShortName::new(name).ok()?)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(ShortName::as_str)
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &Arc<T>> {
        self.rows.values()
    }

    /// `no codec is named "postcart": there are cbor, postcard; did you mean "postcard"?`
    pub(crate) fn unknown(&self, name: &str) -> Error {
        let what = self.what;
        let names: Vec<&str> = self.names().collect();
        let listed = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let hint = nearest(name, &names)
            .map(|near| format!("; did you mean {near:?}?"))
            .unwrap_or_default();
        Error::invalid(format!("no {what} is named {name:?}: there are {listed}{hint}"))
    }
}

/// The name with the fewest edits from `wanted`, where it is near enough to have been meant.
pub(crate) fn nearest<'a>(wanted: &str, names: &[&'a str]) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(1);
    names
        .iter()
        .map(|name| (edits(&wanted, name), *name))
        .filter(|(edits, _)| *edits <= limit)
        .min()
        .map(|(_, name)| name)
}

/// The Levenshtein distance.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_one_that_could_have_been_meant() {
        let names = ["cbor", "json", "postcard"];
        assert_eq!(nearest("postcart", &names), Some("postcard"));
        assert_eq!(nearest("JSON", &names), Some("json"));
        assert_eq!(nearest("messagepack", &names), None);
        assert_eq!(nearest("cobr", &names), None, "two edits of four letters");
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}
