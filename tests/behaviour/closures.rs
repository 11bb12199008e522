//! Memoization without the attribute: `cache_fn`, `get_or_compute` and their twins.

use larder::{Lookup, MissReason, Result as LarderResult};

use crate::common::{local, note_run, runs};

#[test]
fn what_a_closure_needs_is_part_of_the_key() {
    let (_dir, memory) = local();
    // Two closures of one source whose captures differ: the second must not answer for the first.
    let scaled = |scale: u64| {
        memory
            .cache_fn("scaled", 1, scale, |scale, n: &u64| {
                note_run();
                scale * n
            })
            .unwrap()
    };
    let (double, triple) = (scaled(2), scaled(3));
    assert_eq!((double.call(&10).unwrap(), triple.call(&10).unwrap()), (20, 30));
    assert_eq!((double.call(&10).unwrap(), triple.call(&10).unwrap()), (20, 30));
    assert_eq!(runs(), 2);
    assert_eq!(scaled(2).get(&10).unwrap(), Some(20));
    assert_eq!(scaled(4).get(&10).unwrap(), None);
    assert_ne!(double.key(&10).unwrap(), triple.key(&10).unwrap());
}

#[test]
fn captures_and_arguments_do_not_run_into_each_other() {
    let (_dir, memory) = local();
    let joined = |capture: &str| {
        memory.cache_fn("joined", 1, capture.to_owned(), |a, b: &str| format!("{a}|{b}")).unwrap()
    };
    assert_eq!(joined("ab").call("c").unwrap(), "ab|c");
    assert_eq!(joined("a").call("bc").unwrap(), "a|bc");
}

#[test]
fn every_verb_of_a_closure() {
    let (_dir, memory) = local();
    let square = |version: u64| {
        memory
            .cache_fn("square", version, (), |(), n: &u64| {
                note_run();
                n * n
            })
            .unwrap()
    };
    let (one, two) = (square(1), square(2));
    assert_eq!(one.get(&3).unwrap(), None);
    assert_eq!(one.call(&3).unwrap(), 9);
    assert_eq!(one.refresh(&3).unwrap(), 9);
    assert_eq!(one.call_uncached(&3), 9);
    assert_eq!(runs(), 3);
    assert!(one.lookup(&3).unwrap().is_hit());
    assert_eq!(two.lookup(&3).unwrap(), Lookup::Miss(MissReason::CodeChanged));
    assert_eq!(two.call(&3).unwrap(), 9);
    assert!(one.invalidate(&3).unwrap());
    assert!(two.lookup(&3).unwrap().is_hit());
    assert_eq!(one.stats().computed, 2);
    assert_eq!(two.clear().unwrap(), 1);
}

#[test]
fn only_an_ok_is_kept() {
    let (_dir, memory) = local();
    let parse = memory
        .try_cache_fn("parse", 1, (), |(), text: &str| {
            note_run();
            text.parse::<u8>()
        })
        .unwrap();
    for _ in 0..2 {
        assert_eq!(parse.call("12").unwrap(), Ok(12));
        assert!(parse.call("dozen").unwrap().is_err());
    }
    assert_eq!(runs(), 3);
    assert_eq!(memory.entries().unwrap().len(), 1);

    for _ in 0..2 {
        let answer = memory.get_or_try_compute("answer", || {
            note_run();
            Err::<u8, _>("not yet")
        });
        assert_eq!(answer.unwrap(), Err("not yet"));
    }
    assert_eq!(runs(), 2);
    assert_eq!(memory.get_or_try_compute("answer", || Ok::<u8, ()>(42)).unwrap(), Ok(42));
    assert_eq!(memory.get_or_try_compute("answer", || Err::<u8, _>("late")).unwrap(), Ok(42));
}

#[test]
fn a_value_is_computed_once_a_key_and_type() {
    let (_dir, memory) = local();
    let value = |key: (&str, u8)| {
        memory.get_or_compute(&key, || {
            note_run();
            u64::from(key.1)
        })
    };
    assert_eq!(value(("a", 1)).unwrap(), 1);
    assert_eq!(value(("a", 1)).unwrap(), 1);
    assert_eq!(value(("a", 2)).unwrap(), 2);
    assert_eq!(value(("b", 1)).unwrap(), 1);
    assert_eq!(runs(), 3);
    let text: String = memory.get_or_compute(&("a", 1), || "another type".to_owned()).unwrap();
    assert_eq!(text, "another type");
    assert_eq!(value(("a", 1)).unwrap(), 1);
    assert_eq!(runs(), 0);
}

#[tokio::test]
async fn the_asynchronous_twins() {
    let (_dir, memory) = local();
    for _ in 0..2 {
        let compute = async {
            note_run();
            tokio::task::yield_now().await;
            7
        };
        assert_eq!(memory.get_or_compute_async("seven", compute).await.unwrap(), 7);
        let compute = async {
            note_run();
            tokio::task::yield_now().await;
            Ok::<_, String>(8)
        };
        assert_eq!(memory.get_or_try_compute_async("eight", compute).await.unwrap(), Ok(8));
        let compute = async {
            note_run();
            Err::<u8, _>("never")
        };
        assert_eq!(memory.get_or_try_compute_async("nine", compute).await.unwrap(), Err("never"));
    }
    assert_eq!(runs(), 1 + 1 + 2);
    let kept: LarderResult<u8> = memory.get_or_compute("seven", || 0);
    assert_eq!(kept.unwrap(), 0, "of another type");
    assert_eq!(memory.get_or_compute("seven", || 0_i32).unwrap(), 7);
}
