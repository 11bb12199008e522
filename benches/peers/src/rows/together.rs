//! Several threads, and several processes, that take results from one store.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::bench::Bench;
use crate::child::Child;
use crate::row::{Row, Run};
use crate::serve::{Peer, Taker};

const THREADS: u32 = 8;
const PROCESSES: u32 = 4;

pub(super) fn run(bench: &mut Bench) -> Result<()> {
    if !bench.wants_any(&["hit by each of"]) {
        return Ok(());
    }
    bench.python("joblib")?.ask("number_hit 1")?;
    bench.python("diskcache")?.ask("number_hit 1")?;
    let folder = bench.folder().to_owned();
    let by_threads = |peer: Peer| -> Result<Run> { Ok(in_threads(peer.open(&folder)?)) };
    let row = Row::new("hit by each of 8 threads, files: a number", by_threads(Peer::Files)?)
        .peer("joblib", bench.python("joblib")?.does("number_hit_threads 8"))
        .peer("diskcache", bench.python("diskcache")?.does("number_hit_threads 8"))
        .peer("cacache", by_threads(Peer::Cacache)?)
        .peer("cached", by_threads(Peer::Cached)?)
        .floor("fs::read", by_threads(Peer::Read)?)
        .because("cached", "`cached` has its whole database to itself: see above");
    bench.row_in_long_turns(row)?;
    let row = Row::new("hit by each of 8 threads, SQLite: a number", by_threads(Peer::Sqlite)?)
        .peer("diskcache", bench.python("diskcache")?.does("number_hit_threads 8"))
        .floor("SELECT, one connection a thread", by_threads(Peer::Select)?);
    bench.row_in_long_turns(row)?;

    let serving = |peer: Peer| -> Result<Run> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").arg(peer.name()).arg(&folder);
        in_processes(|| Child::start(&mut command))
    };
    let python = |name| in_processes(|| Child::start(&mut bench.python_command(name)?));
    let (joblib, diskcache) = (python("joblib")?, python("diskcache")?);
    let row = Row::new("hit by each of 4 processes, files: a number", serving(Peer::Files)?)
        .peer("joblib", joblib)
        .peer("diskcache", diskcache)
        .peer("cacache", serving(Peer::Cacache)?)
        .floor("fs::read", serving(Peer::Read)?);
    let diskcache = python("diskcache")?;
    bench.row_in_long_turns(row)?;
    let row = Row::new("hit by each of 4 processes, SQLite: a number", serving(Peer::Sqlite)?)
        .peer("diskcache", diskcache)
        .floor("SELECT", serving(Peer::Select)?);
    bench.row_in_long_turns(row)
}

/// A hit of every thread; the threads are there, since it is repeated often.
fn in_threads(taker: Box<dyn Taker>) -> Run {
    Box::new(move |times| {
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| taker.take(times));
            }
        });
        Ok(begun.elapsed())
    })
}

/// A hit of every process.
fn in_processes(mut start: impl FnMut() -> Result<Child>) -> Result<Run> {
    let mut children = (0..PROCESSES).map(|_| start()).collect::<Result<Vec<_>>>()?;
    Ok(Box::new(move |times| {
        let begun = Instant::now();
        children.iter_mut().try_for_each(|child| child.tell(&format!("number_hit {times}")))?;
        children.iter_mut().try_for_each(|child| child.answer().map(drop))?;
        Ok::<Duration, _>(begun.elapsed())
    }))
}
