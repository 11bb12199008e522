//! Memoized `async fn`s.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use larder::memoize;

use crate::{memory, ran, runs};

#[memoize]
async fn fetch(url: &str, times: usize) -> Result<String, std::fmt::Error> {
    tokio::task::yield_now().await;
    ran();
    if times == 0 { Err(std::fmt::Error) } else { Ok(url.repeat(times)) }
}

#[tokio::test]
async fn an_async_call_computes_once() {
    let memory = memory();
    let handle = memory.cache::<fetch>();
    runs();
    for _ in 0..2 {
        assert_eq!(handle.call("u", 2).await.unwrap().unwrap(), "uu");
    }
    assert_eq!(runs(), 1);
    assert_eq!(handle.with("u", 2).get().await.unwrap().unwrap().unwrap(), "uu");
    assert!(handle.with("u", 2).lookup().await.unwrap().is_hit());
    assert!(!handle.with("u", 3).lookup().await.unwrap().is_hit());
    for _ in 0..2 {
        assert!(handle.call("u", 0).await.unwrap().is_err());
    }
    assert_eq!(runs(), 2, "an error is not kept");
}

#[tokio::test]
async fn one_async_call_needs_no_handle() {
    let memory = memory();
    runs();
    for _ in 0..2 {
        assert_eq!(memory.eval_async::<fetch>(("w", 2)).await.unwrap().unwrap(), "ww");
    }
    assert_eq!(runs(), 1);
}

#[tokio::test]
async fn a_transparent_async_call() {
    runs();
    for _ in 0..2 {
        assert_eq!(fetch("v", 1).await.unwrap(), "v");
    }
    assert_eq!(runs(), 2, "without a memory");
    let calls = memory().scope_async(async {
        for _ in 0..2 {
            assert_eq!(fetch("v", 1).await.unwrap(), "v");
        }
    });
    calls.await;
    assert_eq!(runs(), 1);
}

#[tokio::test]
async fn nothing_runs_before_the_first_poll() {
    runs();
    drop(fetch("w", 1));
    drop(memory().cache::<fetch>().call("w", 1));
    assert_eq!(runs(), 0);
}

static SPAWNED_RUNS: AtomicUsize = AtomicUsize::new(0);

#[memoize]
async fn counted(text: &str, mut list: Vec<u8>) -> usize {
    tokio::task::yield_now().await;
    SPAWNED_RUNS.fetch_add(1, SeqCst);
    list.push(1);
    text.len() + list.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_future_can_be_spawned() {
    let memory = memory();
    let handle = memory.cache::<counted>();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let (handle, text) = (handle.clone(), String::from("abc"));
            tokio::spawn(async move { handle.call(&text, vec![2]).await.unwrap() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 5);
    }
    assert_eq!(SPAWNED_RUNS.load(SeqCst), 1);
    let text = String::from("abcd");
    let transparent = async move { counted(&text, vec![]).await };
    assert_eq!(tokio::spawn(memory.scope_async(transparent)).await.unwrap(), 5);
    assert_eq!(SPAWNED_RUNS.load(SeqCst), 2);
}
