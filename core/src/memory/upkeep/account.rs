//! What a store holds between two looks, as far as a process that alone writes to it knows by itself.

use std::collections::{HashMap, VecDeque};
use std::time::SystemTime;

use super::super::maintenance::{Limits, is_too_old};
use super::pace::Amount;
use crate::Key;
use crate::store::EntryInfo;

/// How many entries an account is kept of: some 20 MB. Larger stores are listed whenever something has to go.
const MOST: usize = 1 << 16;

/// Opened with a look, and closed as soon as somebody else is noticed.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// What every entry takes, by the hash of its key: what is put in the place of another takes no more room.
    sizes: HashMap<u64, u64>,
    held: Amount,
    /// What the look found, the least recently used first.
    oldest: VecDeque<EntryInfo>,
}

impl Account {
    pub(super) fn put(&mut self, key: &Key, bytes: u64) {
        let before = self.sizes.insert(key.hash(), bytes);
        self.held.items += u64::from(before.is_none());
        self.held.bytes = (self.held.bytes + bytes).saturating_sub(before.unwrap_or(0));
    }

    /// Takes over what a look found and left, the least recently used first. What was put meanwhile is known, whether it
    /// was found or not. Says whether an account can be kept of so much.
    pub(super) fn open(&mut self, found: Vec<EntryInfo>) -> bool {
        for entry in &found {
            if !self.sizes.contains_key(&entry.key.hash()) {
                self.put(&entry.key, entry.size);
            }
        }
        self.oldest = found.into();
        self.sizes.len() <= MOST
    }

    pub(super) fn held(&self) -> Amount {
        self.held
    }

    /// The next entry that has to go, if it was not used meanwhile; none where `target` is kept, or nothing old is left.
    pub(super) fn next(&mut self, target: Limits, now: SystemTime) -> Option<EntryInfo> {
        let goes = self.is_over(target)
            || self.oldest.front().is_some_and(|entry| is_too_old(entry, target, now));
        if goes { self.oldest.pop_front() } else { None }
    }

    /// An entry is gone.
    pub(super) fn removed(&mut self, entry: &EntryInfo) {
        if let Some(bytes) = self.sizes.remove(&entry.key.hash()) {
            self.held = self.held - Amount { bytes, items: 1 };
        }
    }

    /// Whether more is held than `target` allows.
    pub(super) fn is_over(&self, target: Limits) -> bool {
        target.max_items.is_some_and(|limit| self.held.items > limit)
            || target.max_bytes.is_some_and(|limit| self.held.bytes > limit)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Prefix;

    fn key(n: u8) -> Key {
        Prefix::new("account").unwrap().key(&[n; 32]).unwrap()
    }

    fn entry(n: u8) -> EntryInfo {
        let used = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(n));
        EntryInfo::new(key(n), 10).last_used(used)
    }

    fn account(n: u8) -> Account {
        let mut account = Account::default();
        assert!(account.open((0..n).map(entry).collect()));
        account
    }

    fn held(account: &Account) -> (u64, u64) {
        (account.held().items, account.held().bytes)
    }

    #[test]
    fn what_is_put_again_or_was_found_as_well_counts_once() {
        let mut account = Account::default();
        account.put(&key(1), 10);
        account.put(&key(1), 30);
        account.put(&key(9), 5);
        assert_eq!(held(&account), (2, 35));
        assert!(account.open(vec![entry(0), entry(1), entry(2)]));
        assert_eq!(held(&account), (4, 55));
        account.put(&key(2), 1);
        assert_eq!(held(&account), (4, 46));
    }

    #[test]
    fn the_oldest_go_until_enough_has_gone() {
        let mut account = account(5);
        let target = Limits { max_items: Some(3), ..Limits::default() };
        let now = SystemTime::now();
        // Used meanwhile: it stays, and another goes in its place.
        assert_eq!(account.next(target, now), Some(entry(0)));
        for n in [1, 2] {
            assert_eq!(account.next(target, now), Some(entry(n)));
            account.removed(&entry(n));
        }
        assert_eq!(account.next(target, now), None);
        assert_eq!(held(&account), (3, 30));
        let bytes = Limits { max_bytes: Some(29), ..Limits::default() };
        assert_eq!(account.next(bytes, now), Some(entry(3)));
    }

    #[test]
    fn what_is_too_old_goes_and_when_nothing_old_is_left_that_shows() {
        let mut account = account(3);
        let age = Limits { max_age: Some(Duration::from_secs(10)), ..Limits::default() };
        let now = entry(11).last_used.unwrap();
        assert_eq!(account.next(age, now), Some(entry(0)));
        assert_eq!(account.next(age, now), None);
        let none = Limits { max_items: Some(0), ..Limits::default() };
        assert!(account.next(none, now).is_some() && account.next(none, now).is_some());
        assert_eq!(account.next(none, now), None);
        assert!(account.is_over(none));
    }
}
