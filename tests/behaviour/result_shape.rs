//! A result type that was changed is a miss, never another type's bytes read as its own.

use std::fmt::Debug;
use std::path::Path;

use larder::{Lookup, Memory, MissReason};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::common::{again, local, note_run, passes, role, runs};

/// One struct as it was, and after each change, under one name; each a function of one identity and version.
macro_rules! editions {
    ($($edition:ident: { $($fields:tt)* } = { $($value:tt)* };)*) => {
        $(
            mod $edition {
                #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
                pub(super) struct Point { $($fields)* }

                #[larder::memoize(name = "shaped", version = 1)]
                pub(super) fn shaped() -> Point {
                    crate::common::note_run();
                    value()
                }

                pub(super) fn value() -> Point {
                    Point { $($value)* }
                }
            }
        )*

        const EDITIONS: &[(&str, fn(&Memory))] = &[$((stringify!($edition), |memory| {
            assert_eq!(memory.cache::<$edition::shaped>().call().unwrap(), $edition::value());
        })),*];

        /// As closures of one identity: they may live in one process.
        fn closures(memory: &Memory, check: &mut dyn FnMut(&str, &dyn AnyCached)) {
            $(
                let cached = memory.cache_fn("point", 1, (), |(), (): &()| {
                    note_run();
                    $edition::value()
                });
                check(stringify!($edition), &(cached.unwrap(), $edition::value()));
            )*
        }
    };
}

editions! {
    original: { x: u32, y: u32 } = { x: 1, y: 2 };
    reordered: { y: u32, x: u32 } = { x: 3, y: 4 };
    renamed: { x: u32, z: u32 } = { x: 5, z: 6 };
    retyped: { x: u32, y: i32 } = { x: 7, y: -8 };
    widened: { x: u32, y: u64 } = { x: 9, y: 10 };
    shortened: { x: u32 } = { x: 11 };
    lengthened: { x: u32, y: u32, z: u32 } = { x: 12, y: 13, z: 14 };
    optional: { x: u32, y: Option<u32> } = { x: 15, y: Some(16) };
    nested: { x: u32, y: (u32,) } = { x: 17, y: (18,) };
    listed: { x: u32, y: Vec<u32> } = { x: 19, y: vec![20] };
    text: { x: u32, y: String } = { x: 21, y: "22".to_owned() };
}

/// A closure that takes nothing, with what it should return.
trait AnyCached {
    fn check(&self);
    fn seen(&self) -> Lookup;
}

impl<R, F> AnyCached for (larder::CachedFn<(), (), R, F>, R)
where
    R: Debug + PartialEq + Serialize + DeserializeOwned,
    F: Fn(&(), &()) -> R,
{
    fn check(&self) {
        assert_eq!(self.0.call(&()).unwrap(), self.1);
    }

    fn seen(&self) -> Lookup {
        self.0.lookup(&()).unwrap()
    }
}

#[test]
fn every_change_of_the_type_is_a_miss_and_every_edition_stays() {
    let (_dir, memory) = local();
    let mut first = true;
    closures(&memory, &mut |edition, cached| {
        let want = if first { MissReason::Never } else { MissReason::CodeChanged };
        assert_eq!(cached.seen(), Lookup::Miss(want), "{edition}");
        cached.check();
        first = false;
    });
    assert_eq!(runs(), EDITIONS.len() as u32);
    closures(&memory, &mut |_, cached| cached.check());
    assert_eq!(runs(), 0, "each edition has its own result");
}

/// The functions claim one identity, so each runs in a process of its own, as the editions of a program do.
#[test]
fn editions_of_a_program_do_not_read_each_other() {
    const TEST: &str = "result_shape::editions_of_a_program_do_not_read_each_other";
    if let Some(role) = role() {
        let (edition, rest) = role.split_once(' ').unwrap();
        let (hits, dir) = rest.split_once(' ').unwrap();
        let memory = Memory::open(Path::new(dir)).unwrap();
        let (_, call) = EDITIONS.iter().find(|(name, _)| *name == edition).unwrap();
        call(&memory);
        assert_eq!(memory.stats().hits, hits.parse::<u64>().unwrap());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for hits in [0, 1] {
        for (edition, _) in EDITIONS {
            passes(again(TEST, &format!("{edition} {hits} {}", dir.path().display())));
        }
    }
}
