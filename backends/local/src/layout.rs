//! Where an entry lies: the key `a/b/<digest>` is the file `a/b/<first two digits>/<digest>`.
//!
//! The two digits keep directories small: millions of files in one cripple ext4. The file keeps the *whole* digest for
//! its name: no other segment of a key may look like one, so a name is always either that of an entry or that of a
//! directory, and two keys never want one path as both. (With the first two digits cut off, `a/ab/<62 digits>` could
//! be both.)

use larder_core::{DIGEST_LEN, Key, MAX_KEY_LEN};

/// How many digits name the directory.
const SHARD_LEN: usize = 2;
const MAX_LEN: usize = MAX_KEY_LEN + SHARD_LEN + 1;

/// The path of an entry below the store's root, on the stack.
pub(crate) struct EntryPath {
    text: [u8; MAX_LEN],
    len: usize,
}

impl EntryPath {
    #[inline]
    pub(crate) fn of(key: &Key) -> Self {
        let key = key.as_str().as_bytes();
        let cut = key.len() - DIGEST_LEN;
        let mut text = [0; MAX_LEN];
        text[..cut].copy_from_slice(&key[..cut]);
        text[cut..cut + SHARD_LEN].copy_from_slice(&key[cut..cut + SHARD_LEN]);
        text[cut + SHARD_LEN] = b'/';
        let len = key.len() + SHARD_LEN + 1;
        text[cut + SHARD_LEN + 1..len].copy_from_slice(&key[cut..]);
        Self { text, len }
    }

    #[inline]
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(&self.text[..self.len]).expect("keys are ASCII")
    }

    /// The directory it lies in.
    pub(crate) fn dir(&self) -> &str {
        &self.as_str()[..self.len - DIGEST_LEN - 1]
    }
}

/// The key whose entry is the file `name` in the directory `dir`; `None` where no entry lies.
pub(crate) fn key_of(dir: &str, name: &str) -> Option<Key> {
    let (version, shard) = dir.rsplit_once('/')?;
    let key = Key::new(&format!("{version}/{name}")).ok()?;
    (shard.len() == SHARD_LEN && name.starts_with(shard)).then_some(key)
}

/// Whether a directory of this name may be one that entries lie in.
pub(crate) fn is_shard(name: &str) -> bool {
    name.len() == SHARD_LEN && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether entries may lie somewhere below a directory of this name.
pub(crate) fn may_hold_entries(name: &str) -> bool {
    !name.starts_with('.')
        && name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Segments that look like shards and digests as often as not.
    fn segment() -> impl Strategy<Value = String> {
        prop_oneof![
            "[0-9a-f]{2}",
            "[0-9a-f]{62}",
            "[0-9a-f]{63}",
            "[a-z0-9_-][a-z0-9._-]{0,20}[a-z0-9_-]"
        ]
    }

    fn key() -> impl Strategy<Value = Key> {
        (prop::collection::vec(segment(), 1..6), "[0-9a-f]{64}")
            .prop_map(|(path, digest)| Key::new(&format!("{}/{digest}", path.join("/"))).unwrap())
    }

    proptest! {
        #[test]
        fn a_path_leads_back_to_its_key(key in key()) {
            let path = EntryPath::of(&key);
            let (dir, name) = path.as_str().rsplit_once('/').unwrap();
            prop_assert_eq!(dir, path.dir());
            prop_assert!(dir.split('/').all(may_hold_entries));
            prop_assert_eq!(key_of(dir, name), Some(key));
        }

        #[test]
        fn no_file_is_on_the_way_to_another(a in key(), b in key()) {
            let (a, b) = (EntryPath::of(&a), EntryPath::of(&b));
            let inside = b.as_str().strip_prefix(a.as_str());
            prop_assert!(inside.is_none_or(|rest| !rest.starts_with('/')));
        }

        #[test]
        fn what_is_an_entry_lies_where_its_key_says(dir in prop::collection::vec(segment(), 1..4), name in segment()) {
            let dir = dir.join("/");
            if let Some(key) = key_of(&dir, &name) {
                let path = EntryPath::of(&key);
                prop_assert_eq!(path.as_str(), format!("{dir}/{name}"));
            }
        }
    }

    #[test]
    fn only_the_right_place_makes_an_entry() {
        let digest = format!("ab{}", "0".repeat(62));
        assert!(key_of("a/ab", &digest).is_some());
        for (dir, name) in [
            ("a/ac", &digest[..]),
            ("ab", &digest),
            ("a/ab", &digest[1..]),
            ("a", &digest),
            ("", "x"),
            ("a/ab0", &digest),
        ] {
            assert_eq!(key_of(dir, name), None, "{dir}/{name}");
        }
    }

    #[test]
    fn the_longest_key_has_a_path() {
        let version = [&"a".repeat(111)[..]; 4].join("/");
        let key = Key::new(&format!("{version}/{}", "0".repeat(64))).unwrap();
        assert_eq!(key.as_str().len(), MAX_KEY_LEN);
        assert_eq!(EntryPath::of(&key).as_str().len(), MAX_LEN);
    }
}
