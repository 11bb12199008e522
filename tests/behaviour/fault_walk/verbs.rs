//! Everything that can be asked of a memory, each with what is right for it to say.

use std::future::Future;
use std::time::Duration;

use larder::{Condition, Limits, Lookup, Memory, Result, memoize};

use crate::common::note_run;

/// Longer than what `lookup` reads at first.
const NOTE: &str = "a note that is kept";

#[memoize]
pub(super) fn noted(n: u64) -> String {
    note_run();
    format!("{NOTE} {n}")
}

#[memoize]
async fn noted_later(n: u64) -> String {
    tokio::task::yield_now().await;
    format!("{NOTE} {n}")
}

pub(super) fn value_of(n: u64) -> String {
    format!("{NOTE} {n}")
}

fn value() -> String {
    value_of(1)
}

/// A verb, and what is right for it to say when it says that all went well.
pub(super) struct Verb {
    pub(super) name: &'static str,
    /// Whether it answers even though the store fails, unless it was told to fail.
    pub(super) degrades: bool,
    pub(super) run: fn(&Memory) -> Result<bool>,
}

/// What each verb may meet: the results of every function here.
pub(super) fn warm(memory: &Memory) -> Result<()> {
    memory.cache::<noted>().call(1)?;
    now(memory.cache::<noted_later>().call(1))?;
    memory.get_or_compute("note", value)?;
    settle(memory)
}

/// Waits for everything that is left to the background.
pub(super) fn settle(memory: &Memory) -> Result<()> {
    memory.close(Duration::from_secs(60)).map(|settled| assert!(settled))
}

/// From asynchronous code.
fn now<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(future)
}

fn is_noted(lookup: &Lookup) -> bool {
    match lookup {
        Lookup::Hit(meta) => meta.metadata.function.contains("::noted"),
        Lookup::Miss(_) => true,
    }
}

/// No look at an entry of which half may be missing finds anything else.
fn is_possible(condition: &Condition) -> bool {
    matches!(condition, Condition::Sound | Condition::Damaged(_) | Condition::Foreign(_))
}

const NONE: Limits = Limits { max_bytes: None, max_items: Some(0), max_age: None };

/// Those of a call, plain and asynchronous.
pub(super) const CALLS: &[Verb] = &[
    Verb { name: "call", degrades: true, run: |m| Ok(m.cache::<noted>().call(1)? == value()) },
    Verb {
        name: "call, async",
        degrades: true,
        run: |m| Ok(now(m.cache::<noted_later>().call(1))? == value()),
    },
    Verb {
        name: "get_or_compute",
        degrades: true,
        run: |m| Ok(m.get_or_compute("note", value)? == value()),
    },
    Verb {
        name: "get_or_compute, async",
        degrades: true,
        run: |m| Ok(now(m.get_or_compute_async("note", async { value() }))? == value()),
    },
    Verb {
        name: "refresh",
        degrades: true,
        run: |m| Ok(m.cache::<noted>().with(1).refresh()? == value()),
    },
    Verb {
        name: "refresh, async",
        degrades: true,
        run: |m| Ok(now(m.cache::<noted_later>().with(1).refresh())? == value()),
    },
    Verb {
        name: "get",
        degrades: true,
        run: |m| Ok(m.cache::<noted>().with(1).get()?.is_none_or(|got| got == value())),
    },
    Verb {
        name: "get, async",
        degrades: true,
        run: |m| Ok(now(m.cache::<noted_later>().with(1).get())?.is_none_or(|got| got == value())),
    },
    Verb {
        name: "lookup",
        degrades: false,
        run: |m| Ok(is_noted(&m.cache::<noted>().with(1).lookup()?)),
    },
    Verb {
        name: "lookup, async",
        degrades: false,
        run: |m| Ok(is_noted(&now(m.cache::<noted_later>().with(1).lookup())?)),
    },
    Verb {
        name: "shelve, get",
        degrades: false,
        run: |m| Ok(m.cache::<noted>().with(1).shelve()?.get()? == value()),
    },
    Verb {
        name: "shelve, get, async",
        degrades: false,
        run: |m| {
            now(async {
                let reference = m.cache::<noted_later>().with(1).shelve().await?;
                Ok(reference.get_async().await? == value())
            })
        },
    },
    Verb {
        name: "shelve, clear",
        degrades: false,
        run: |m| m.cache::<noted>().with(1).shelve()?.clear().map(|_| true),
    },
    Verb {
        name: "invalidate",
        degrades: false,
        run: |m| m.cache::<noted>().with(1).invalidate().map(|_| true),
    },
    Verb {
        name: "invalidate, async",
        degrades: false,
        run: |m| now(m.cache::<noted_later>().with(1).invalidate()).map(|_| true),
    },
];

/// Those of a whole memory.
pub(super) const UPKEEP: &[Verb] = &[
    Verb {
        name: "clear a function",
        degrades: false,
        run: |m| m.cache::<noted>().clear().map(|_| true),
    },
    Verb {
        name: "clear a version",
        degrades: false,
        run: |m| m.cache::<noted>().clear_version().map(|_| true),
    },
    Verb { name: "clear all", degrades: false, run: |m| m.clear().map(|_| true) },
    Verb { name: "clear all, async", degrades: false, run: |m| now(m.clear_async()).map(|_| true) },
    Verb {
        name: "reduce_size",
        degrades: false,
        run: |m| m.reduce_size(NONE).map(|removed| removed <= 3),
    },
    Verb {
        name: "reduce_size, async",
        degrades: false,
        run: |m| now(m.reduce_size_async(NONE)).map(|removed| removed <= 3),
    },
    Verb {
        name: "prune_stale",
        degrades: false,
        run: |m| m.prune_stale(Duration::from_secs(86_400)).map(|pruned| pruned == 0),
    },
    Verb { name: "compact", degrades: false, run: |m| m.compact().map(|_| true) },
    Verb { name: "entries", degrades: false, run: |m| m.entries().map(|all| all.len() <= 3) },
    Verb { name: "contents", degrades: false, run: |m| m.contents().map(|all| all.len() <= 5) },
    Verb { name: "functions", degrades: false, run: |m| m.functions().map(|all| all.len() <= 3) },
    Verb {
        name: "inspect",
        degrades: false,
        run: |m| {
            let found = m.inspect(&m.cache::<noted>().with(1).key()?)?;
            Ok(found.is_none_or(|found| found.meta.metadata.function.ends_with("::noted")))
        },
    },
    Verb {
        name: "verify",
        degrades: false,
        run: |m| {
            let mut all_possible = true;
            let mut each = |_: &_, condition| all_possible &= is_possible(&condition);
            m.verify(&m.contents()?, &mut each)?;
            Ok(all_possible)
        },
    },
    Verb {
        name: "copy_to another",
        degrades: false,
        run: |m| {
            let target = Memory::open("memory:")?;
            m.copy_to(&target, &m.contents()?, &mut |_, _| {})?;
            Ok(target.cache::<noted>().with(1).get()?.is_none_or(|got| got == value()))
        },
    },
    Verb {
        name: "copy_to this one",
        degrades: false,
        run: |m| {
            let source = Memory::open("memory:")?;
            warm(&source)?;
            source.copy_to(m, &source.contents()?, &mut |_, _| {}).map(|()| true)
        },
    },
];
