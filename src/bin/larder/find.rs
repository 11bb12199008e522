//! From what a person types to a key or a function.

use std::collections::BTreeMap;

use larder::store::EntryInfo;
use larder::{DIGEST_LEN, KeptFunction, Key, VersionRecord};

use crate::failure::Failure;
use crate::human;

/// How many candidates an error lists.
const LISTED: usize = 10;
/// The fewest digits of a digest that stand for a key.
const FEWEST: usize = 4;
/// How many digits a list shows, where they suffice.
const SHOWN: usize = 8;

/// The function called `text`: its name, the end of its name, or the path of its keys.
pub(crate) fn function<'f>(
    functions: &'f [KeptFunction],
    text: &str,
) -> Result<&'f KeptFunction, Failure> {
    let exact = |f: &&KeptFunction| f.name == text || f.prefix.as_str() == text;
    let ends =
        |f: &&KeptFunction| f.name.strip_suffix(text).is_some_and(|front| front.ends_with("::"));
    let mut found: Vec<_> = functions.iter().filter(exact).collect();
    if found.is_empty() {
        found = functions.iter().filter(ends).collect();
    }
    match found[..] {
        [function] => Ok(function),
        [] => {
            let names = functions.iter().map(|function| function.name.clone());
            Err(none(format!("nothing is kept of a function `{text}`"), "kept is", names))
        }
        _ => {
            let names = found.iter().map(|function| match found[0].name == found[1].name {
                true => function.prefix.to_string(),
                false => function.name.clone(),
            });
            Err(none(format!("`{text}` could be several functions"), "one of", names))
        }
    }
}

/// Whether `text` could be a key, rather than a function's name.
pub(crate) fn looks_like_key(text: &str) -> bool {
    let digest = text.rsplit('/').next().unwrap_or(text);
    (FEWEST..=DIGEST_LEN).contains(&digest.len()) && digest.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The one entry that `text` abbreviates: the beginning of its digest, before that, where several have it, `/` and the
/// beginning of the version, and so on.
pub(crate) fn key<'e>(entries: &'e [EntryInfo], text: &str) -> Result<&'e EntryInfo, Failure> {
    if !looks_like_key(text) {
        return Err(Failure::NotFound(format!(
            "`{text}` is not a key, nor the beginning of one: want at least {FEWEST} hex digits, as `larder ls \
             FUNCTION` shows them"
        )));
    }
    let results = entries.iter().filter(|entry| !VersionRecord::is_at(&entry.key));
    let found: Vec<_> = results.filter(|entry| abbreviates(text, &entry.key)).collect();
    match found[..] {
        [entry] => Ok(entry),
        [] => Err(Failure::NotFound(format!("no result's key begins with `{text}`"))),
        _ => Err(none(
            format!("`{text}` could be several keys"),
            "one of",
            found.iter().map(|entry| entry.key.to_string()),
        )),
    }
}

/// Each segment of `text` begins one of the key's last segments; all but the last two in full.
fn abbreviates(text: &str, key: &Key) -> bool {
    let text = text.to_ascii_lowercase();
    let mut segments = key.as_str().rsplit('/');
    text.rsplit('/').enumerate().all(|(at, wanted)| match segments.next() {
        Some(segment) if at < 2 => segment.starts_with(wanted),
        Some(segment) => segment == wanted,
        None => false,
    })
}

/// What `key` takes to find each entry: short, as a rule.
pub(crate) struct Abbreviations<'e> {
    /// How many keys have a digest, by digest.
    digests: BTreeMap<&'e str, usize>,
}

impl<'e> Abbreviations<'e> {
    pub(crate) fn of(entries: impl IntoIterator<Item = &'e EntryInfo>) -> Self {
        let mut digests = BTreeMap::new();
        for entry in entries {
            *digests.entry(entry.key.digest()).or_default() += 1;
        }
        Self { digests }
    }

    pub(crate) fn shorten(&self, key: &Key) -> String {
        let digest = key.digest();
        let shared = |other: Option<(&&str, &usize)>| {
            let both = other.map(|(other, _)| digest.bytes().zip(other.bytes()));
            both.map_or(0, |mut both| both.position(|(a, b)| a != b).unwrap_or(DIGEST_LEN))
        };
        let before = shared(self.digests.range(..digest).next_back());
        let after = shared(self.digests.range(digest..).nth(1));
        let digits = (before.max(after) + 1).clamp(SHOWN, DIGEST_LEN);
        match self.digests.get(digest) {
            // Several versions were called with these arguments.
            Some(2..) => {
                let version = key.version().to_string();
                let version = version.rsplit('/').next().unwrap_or_default();
                format!("{version}/{}", &digest[..digits])
            }
            _ => digest[..digits].to_owned(),
        }
    }
}

fn none(what: String, list: &str, names: impl ExactSizeIterator<Item = String>) -> Failure {
    let more = names.len().saturating_sub(LISTED);
    let mut text = what;
    if names.len() > 0 {
        text.push_str(&format!("; {list}:"));
    }
    names.take(LISTED).for_each(|name| text.push_str(&format!("\n  {}", human::printable(&name))));
    if more > 0 {
        text.push_str(&format!("\n  and {more} more"));
    }
    Failure::NotFound(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(keys: &[(&str, &str)]) -> Vec<EntryInfo> {
        let entry = |(version, digest): &(&str, &str)| {
            let zeros = "0".repeat(DIGEST_LEN - digest.len());
            EntryInfo::new(format!("{version}/{digest}{zeros}").parse().unwrap(), 1)
        };
        keys.iter().map(entry).collect()
    }

    #[test]
    fn what_a_list_shows_is_found_again() {
        let entries = entries(&[
            ("app/f/aaaa", "1234567890"),
            ("app/f/aaaa", "1234567891"),
            ("app/f/bbbb", "1234567891"),
            ("app/g/aaaa", "ffff"),
        ]);
        let short = Abbreviations::of(&entries);
        for entry in &entries {
            let shown = short.shorten(&entry.key);
            assert_eq!(&key(&entries, &shown).unwrap().key, &entry.key, "{shown}");
            assert_eq!(&key(&entries, entry.key.as_str()).unwrap().key, &entry.key);
        }
        assert_eq!(short.shorten(&entries[3].key), "ffff0000");
        assert_eq!(short.shorten(&entries[0].key), "1234567890");
        assert_eq!(short.shorten(&entries[2].key), "bbbb/1234567891");
        assert!(key(&entries, "FFFF").is_ok());
        assert!(key(&entries, "aa/ffff").is_ok());
        for (wanted, says) in
            [("1234", "several"), ("f/aa/ffff", "no result"), ("xyz", "not a key")]
        {
            let Err(Failure::NotFound(text)) = key(&entries, wanted) else { panic!("{wanted}") };
            assert!(text.contains(says), "{text}");
        }
    }
}
