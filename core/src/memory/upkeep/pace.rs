//! How much may be put between two looks.

use std::ops::Sub;
use std::time::{Duration, Instant};

use super::super::maintenance::Limits;
use crate::store::EntryInfo;

/// Writers that are reckoned with as long as others may be writing: more than are promised, since a listing takes time.
const WRITERS: u64 = 6;
/// And where nobody else was seen to write: one who begins to needs room as well.
const ALONE: u64 = 2;
/// Looks in a row that found nothing but this process's entries, until it counts as the only writer.
const ALONE_AFTER: u32 = 8;
/// The part of a limit below it that a store is reduced to where that takes no look.
const SETTLED: u64 = 50;
/// The smallest part of a limit that is put before the next look.
const FLOOR: u64 = 100;
/// The part of a limit that is put before the end of the first look is waited for.
const FIRST: u64 = 50;
/// The part of a limit that is put until uses are noted anew: four writers together turn over a tenth.
const TURN: u64 = 40;
/// Ages are looked at this many times a limit's length, but at least once a day.
const AGE_LOOKS: u32 = 10;
const DAY: Duration = Duration::from_secs(86_400);

/// Entries, or room for some.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) bytes: u64,
    pub(super) items: u64,
}

impl Amount {
    fn map(self, f: impl Fn(u64) -> u64) -> Self {
        Self { bytes: f(self.bytes), items: f(self.items) }
    }

    fn zip(self, other: Self, f: impl Fn(u64, u64) -> u64) -> Self {
        Self { bytes: f(self.bytes, other.bytes), items: f(self.items, other.items) }
    }

    fn reaches(self, some: Self) -> bool {
        self.bytes >= some.bytes || self.items >= some.items
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.zip(other, u64::saturating_sub)
    }
}

impl<'e> FromIterator<&'e EntryInfo> for Amount {
    fn from_iter<I: IntoIterator<Item = &'e EntryInfo>>(entries: I) -> Self {
        entries.into_iter().fold(Self::default(), |sum, entry| Self {
            bytes: sum.bytes + entry.size,
            items: sum.items + 1,
        })
    }
}

/// What to reduce a store to that holds `found`: what is too old goes; of a limit that was passed nine tenths stay.
pub(super) fn target(limits: Limits, found: Amount) -> Limits {
    let to = |limit: Option<u64>, found| {
        limit.filter(|limit| found > *limit).map(|limit| limit - limit / 10)
    };
    Limits {
        max_bytes: to(limits.max_bytes, found.bytes),
        max_items: to(limits.max_items, found.items),
        max_age: limits.max_age,
    }
}

/// What to reduce a store to that is known to hold `held`: little at a time, since that takes no look.
pub(super) fn settled(limits: Limits, held: Amount) -> Limits {
    let to = |limit: Option<u64>, held| {
        limit.filter(|limit| held > *limit).map(|limit| limit - limit / SETTLED)
    };
    Limits {
        max_bytes: to(limits.max_bytes, held.bytes),
        max_items: to(limits.max_items, held.items),
        max_age: limits.max_age,
    }
}

/// What was put since the last look, and how much may be.
#[derive(Debug)]
pub(super) struct Pace {
    limit: Amount,
    max_age: Option<Duration>,
    put: Amount,
    /// What was put since uses were noted anew.
    turned: Amount,
    /// What may be put before the next look begins.
    budget: Amount,
    /// What may be put before its end is waited for.
    patience: Amount,
    /// When the last look began, and what it left.
    looked: Option<Instant>,
    left: Option<Amount>,
    alone: u32,
}

impl Pace {
    pub(super) fn new(limits: Limits) -> Self {
        let limit = Amount {
            bytes: limits.max_bytes.unwrap_or(u64::MAX),
            items: limits.max_items.unwrap_or(u64::MAX),
        };
        Self {
            limit,
            max_age: limits.max_age,
            put: Amount::default(),
            turned: Amount::default(),
            budget: Amount::default(),
            patience: limit.map(|limit| (limit / FIRST).max(1)),
            looked: None,
            left: None,
            alone: 0,
        }
    }

    pub(super) fn put(&mut self, bytes: u64) {
        for sum in [&mut self.put, &mut self.turned] {
            sum.bytes = sum.bytes.saturating_add(bytes);
            sum.items += 1;
        }
    }

    /// Whether so much was put that uses noted before then may be among the oldest soon; asked once, it is no more.
    pub(super) fn has_turned(&mut self) -> bool {
        let turned = self.turned.reaches(self.limit.map(|limit| (limit / TURN).max(1)));
        if turned {
            self.turned = Amount::default();
        }
        turned
    }

    /// Whether it is time to look.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let Some(looked) = self.looked else { return true };
        let aged = self.max_age.is_some_and(|age| now - looked >= (age / AGE_LOOKS).min(DAY));
        aged || self.put.reaches(self.budget)
    }

    /// Whether so much was put that the look under way has to end first.
    pub(super) fn is_hurried(&self) -> bool {
        self.put.reaches(self.patience)
    }

    /// A look begins; what this process put since the last one.
    pub(super) fn begin(&mut self, now: Instant) -> Amount {
        self.looked = Some(now);
        std::mem::take(&mut self.put)
    }

    /// What this process has put since the look began: it may be found, or not.
    pub(super) fn meanwhile(&self) -> Amount {
        self.put
    }

    /// A look has `found` this much in the store, `own` of it put by this process since the one before and perhaps some
    /// of what it put `meanwhile`, and `left` this. What it had `known` by an account is better than a sum: what is put
    /// in the place of another takes no more room.
    pub(super) fn end(
        &mut self,
        known: Option<Amount>,
        own: Amount,
        meanwhile: Amount,
        found: Amount,
        left: Amount,
    ) {
        let sum = self.left.map(|before| before.items + own.items);
        if let Some(least) = known.map(|known| known.items).or(sum) {
            let most = least + meanwhile.items;
            let by_others = found.items.abs_diff(found.items.clamp(least, most));
            // Some slack: others may remove an entry now and then.
            let alone = by_others <= own.items / 16;
            self.alone = if alone { self.alone.saturating_add(1) } else { 0 };
        }
        self.left = Some(left);
        self.share(left);
    }

    /// Whether this process seems to be the only one that writes.
    pub(super) fn is_alone(&self) -> bool {
        self.alone >= ALONE_AFTER
    }

    /// What has to go is about to, without a look.
    pub(super) fn begin_settling(&mut self, now: Instant) {
        self.looked = Some(now);
        self.put = Amount::default();
    }

    /// That is done, and so much is held now.
    pub(super) fn settled(&mut self, held: Amount) {
        let before = held - self.put;
        self.left = Some(before);
        self.share(before);
    }

    fn share(&mut self, left: Amount) {
        let share = if self.is_alone() { ALONE } else { WRITERS };
        self.allow((self.limit - left).map(|room| room / share));
    }

    /// A look found out nothing: the next one comes as if there were no room left, not with the next put.
    pub(super) fn fail(&mut self) {
        self.allow(Amount::default());
    }

    fn allow(&mut self, room: Amount) {
        self.budget = room.zip(self.limit, |room, limit| room.max(limit / FLOOR).max(1));
        self.patience = self.budget.map(|budget| budget.saturating_add(budget / 4));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(items: u64) -> Amount {
        Amount { bytes: 0, items }
    }

    fn pace() -> Pace {
        Pace::new(Limits { max_items: Some(1000), ..Limits::default() })
    }

    /// Puts until it is time to look: how many that took.
    fn until_due(pace: &mut Pace, now: Instant) -> u64 {
        let mut put = 0;
        while !pace.is_due(now) {
            pace.put(10);
            put += 1;
        }
        put
    }

    #[test]
    fn the_first_look_comes_at_once_and_the_next_when_a_share_of_the_room_is_filled() {
        let (mut pace, now) = (pace(), Instant::now());
        pace.put(10);
        assert!(pace.is_due(now) && !pace.is_hurried());
        let own = pace.begin(now);
        assert_eq!(own.items, 1);
        pace.end(None, own, items(0), items(201), items(201));
        assert_eq!(until_due(&mut pace, now), 799 / WRITERS);
        assert!(!pace.is_hurried());
        (0..100).for_each(|_| pace.put(10));
        assert!(pace.is_hurried());
    }

    #[test]
    fn near_the_limit_looks_do_not_come_with_every_put() {
        let (mut pace, now) = (pace(), Instant::now());
        let own = pace.begin(now);
        pace.end(None, own, items(0), items(1000), items(1000));
        assert_eq!(until_due(&mut pace, now), 10);
    }

    #[test]
    fn a_look_that_fails_is_not_tried_again_with_every_put() {
        let (mut pace, now) = (pace(), Instant::now());
        for _ in 0..3 {
            let _own = pace.begin(now);
            pace.fail();
            assert_eq!(until_due(&mut pace, now), 10);
        }
    }

    #[test]
    fn who_writes_alone_has_more_room_and_shares_it_again_with_others() {
        let (mut pace, now) = (pace(), Instant::now());
        let mut found = 100;
        for alone in 0..=ALONE_AFTER {
            let put = until_due(&mut pace, now);
            let own = pace.begin(now);
            found += put;
            pace.end(None, own, items(0), items(found), items(100));
            found = 100;
            let room = until_due(&mut pace, now);
            assert_eq!(
                room,
                900 / if alone >= ALONE_AFTER { ALONE } else { WRITERS },
                "after look {alone}"
            );
            found += room;
        }
        pace.put(10);
        let own = pace.begin(now);
        pace.end(None, own, items(30), items(found + 31), items(100));
        assert_eq!(until_due(&mut pace, now), 900 / ALONE, "what was put meanwhile is its own too");
        let own = pace.begin(now);
        pace.end(None, own, items(30), items(2 * 1000), items(100));
        assert_eq!(until_due(&mut pace, now), 900 / WRITERS);
    }

    #[test]
    fn what_is_removed_without_a_look_makes_room_and_leaves_who_writes_alone_alone() {
        let (mut pace, now) = (pace(), Instant::now());
        for _ in 0..=ALONE_AFTER {
            let own = pace.begin(now);
            pace.end(None, own, items(0), items(100), items(100));
        }
        assert!(pace.is_alone());
        until_due(&mut pace, now);
        pace.begin_settling(now);
        assert!(!pace.is_hurried());
        (0..7).for_each(|_| pace.put(10));
        // Seven of them came meanwhile, and fill the room that there is.
        pace.settled(items(987));
        assert_eq!(until_due(&mut pace, now), 3);
        let own = pace.begin(now);
        pace.end(None, own, items(0), items(990), items(900));
        assert!(pace.is_alone());
    }

    #[test]
    fn uses_are_noted_anew_with_every_fortieth_of_a_limit() {
        let mut pace = pace();
        let turns = |pace: &mut Pace| {
            (0..100)
                .filter(|_| {
                    pace.put(10);
                    pace.has_turned()
                })
                .count()
        };
        assert_eq!(turns(&mut pace), 4);
        let mut by_age = Pace::new(Limits { max_age: Some(DAY), ..Limits::default() });
        assert_eq!(turns(&mut by_age), 0);
    }

    #[test]
    fn ages_are_looked_at_ten_times_their_length_at_least_daily() {
        let now = Instant::now();
        for (age, pause) in [(600, 60), (86_400 * 365, 86_400)] {
            let max_age = Some(Duration::from_secs(age));
            let mut pace = Pace::new(Limits { max_age, ..Limits::default() });
            let own = pace.begin(now);
            pace.end(None, own, items(0), items(5), items(5));
            assert!(!pace.is_due(now + Duration::from_secs(pause - 1)), "{age}");
            assert!(pace.is_due(now + Duration::from_secs(pause)), "{age}");
        }
    }

    #[test]
    fn only_what_is_passed_is_reduced() {
        let limits = Limits { max_bytes: Some(100), max_items: Some(10), max_age: None };
        assert_eq!(target(limits, Amount { bytes: 100, items: 10 }), Limits::default());
        let passed = target(limits, Amount { bytes: 101, items: 10 });
        assert_eq!(passed, Limits { max_bytes: Some(90), ..Limits::default() });
        let passed = target(limits, Amount { bytes: 9, items: 11 });
        assert_eq!(passed, Limits { max_items: Some(9), ..Limits::default() });
    }
}
