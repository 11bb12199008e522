//! What becomes of arguments and results on their way into a store or another process, and what to do with those that
//! cannot go.
//!
//! ```sh
//! cargo run --example serialization
//! ```
#![expect(clippy::print_stdout, reason = "a program for people to look at")]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};

use larder::{Config, Memory, Parallel, Result, delayed, memoize, task};
use serde::{Deserialize, Serialize};

/// Something that serde knows goes everywhere.
#[derive(Serialize, Deserialize)]
struct Model {
    weights: Vec<f64>,
    /// Left out, it would confuse postcard, the default codec, whose bytes have no names. larder notices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[memoize]
fn train(size: usize, note: Option<String>) -> Model {
    Model { weights: vec![0.5; size], note }
}

/// Borrowed arguments are sent too: the worker borrows from what it received.
#[task]
fn norm(weights: &[f64], model: &Model) -> (u32, f64) {
    let scale = model.weights.len() as f64;
    (std::process::id(), weights.iter().map(|w| w * w).sum::<f64>() / scale)
}

/// A channel has no meaning elsewhere, and serde no idea of it: on threads this runs, sent it fails.
#[task]
fn tell(listener: &Sender<String>, word: String) {
    listener.send(word).expect("somebody listens");
}

/// A lock is a trap: serde knows it, so each worker gets a copy, and what is counted there stays there.
#[task]
fn count(counts: &Mutex<BTreeMap<String, u32>>, word: String) {
    *counts.lock().expect("no task panics").entry(word).or_default() += 1;
}

/// The way out: plain data in, plain data back, put together by the caller. `portable` has the compiler check it.
#[task(portable)]
fn counted(word: String) -> (String, u32) {
    (word, 1)
}

fn main() -> Result<()> {
    larder::init();
    let here = std::process::id();

    println!("a store");
    for codec in ["postcard", "json"] {
        let mut config = Config::default();
        config.memory.store = "memory:".parse()?;
        config.memory.codec = codec.to_owned();
        let memory = Memory::open(config)?;
        let handle = memory.cache::<train>();
        for note in [Some("good".to_owned()), None] {
            handle.call(2, note.clone())?;
            let key = handle.with(2, note.clone()).key()?;
            let entry = memory.inspect(&key)?.expect("it was just kept");
            println!(
                "  asked for {codec}, with the note {note:?}: {}",
                entry.codec.expect("a value")
            );
        }
    }

    let processes = Parallel::new().backend("process").n_jobs(2);
    println!("another process");
    let model = train(4, None);
    let norms = processes.run([norm::delayed(&model.weights, &model)])?;
    println!("  borrowed data: {}, computed elsewhere: {}", norms[0].1, norms[0].0 != here);

    let ids = processes.run([delayed(std::process::id)])?;
    println!("  a closure: stays here: {}", ids[0] == here);

    let words = || ["pear", "fig", "pear"].map(str::to_owned);
    let (listener, _heard) = channel();
    let error = processes.run(words().map(|word| tell::delayed(&listener, word))).unwrap_err();
    println!("  a channel: {}", error.task().expect("it is about a task").message());

    let counts = Mutex::new(BTreeMap::new());
    processes.run(words().map(|word| count::delayed(&counts, word)))?;
    println!("  a lock: {:?} arrived here", counts.into_inner().expect("no task panics"));

    let mut counts = BTreeMap::new();
    for (word, n) in processes.run(words().map(counted::delayed))? {
        *counts.entry(word).or_insert(0) += n;
    }
    println!("  plain data: {counts:?}");
    Ok(())
}
