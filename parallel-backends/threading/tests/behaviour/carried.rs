use std::sync::Barrier;

use larder_core::{Lookup, Memory, Parallel, delayed};

use super::{two, watched};

fn location() -> Option<String> {
    Memory::current().map(|memory| format!("{memory:?}"))
}

#[test]
fn tasks_see_the_memory_in_scope_of_the_call() {
    let memory = Memory::open("memory:").unwrap();
    let expected = Some(format!("{memory:?}"));
    let tasks = || (0..200).map(|_| delayed(location));
    assert!(two().run(tasks()).unwrap().iter().all(Option::is_none));
    for parallel in [two(), Parallel::new()] {
        memory.scope(|| {
            assert!(parallel.run(tasks()).unwrap().iter().all(|seen| *seen == expected));
            let mut results = parallel.iter(tasks()).unwrap();
            assert!(results.all(|seen| seen.unwrap() == expected));
            let call = parallel.run_async(tasks());
            assert!(
                futures::executor::block_on(call).unwrap().iter().all(|seen| *seen == expected)
            );
        });
    }
    assert!(two().run(tasks()).unwrap().iter().all(Option::is_none), "it ended with the scope");
}

#[test]
fn tasks_belong_to_the_memoized_call_that_started_them() {
    // To wait for the call they are part of would be to wait for ever.
    let value = watched(|| {
        let memory = Memory::open("memory:").unwrap();
        let same = || memory.get_or_compute("key", || 1u64).unwrap();
        let outer = || two().run((0..20).map(|_| delayed(same))).unwrap().iter().sum::<u64>();
        memory.get_or_compute("key", outer).unwrap()
    });
    assert_eq!(value, 20);
}

#[test]
fn a_result_remembers_what_its_tasks_used() {
    let memory = Memory::open("memory:").unwrap();
    // Tasks meet in pairs, so that both workers have some.
    static BOTH: Barrier = Barrier::new(2);
    fn part(i: u64) -> u64 {
        Memory::current().unwrap().get_or_compute(&i, || i).unwrap()
    }
    for (name, jobs) in [("two", 2isize), ("one", 1)] {
        let outer = memory.cache_fn(name, 1, jobs, |jobs, parts: &u64| {
            let tasks = (0..*parts).map(|i| {
                delayed(move || {
                    if *jobs == 2 {
                        BOTH.wait();
                    }
                    part(i)
                })
            });
            two().batch_size(1).n_jobs(*jobs).run(tasks).unwrap().iter().sum::<u64>()
        });
        let outer = outer.unwrap();
        assert_eq!(memory.scope(|| outer.call(&20)).unwrap(), 190);
        match outer.lookup(&20).unwrap() {
            Lookup::Hit(kept) => assert_eq!(kept.metadata.used.len(), 20),
            Lookup::Miss(reason) => panic!("{reason}"),
        }
    }
}

#[test]
fn a_key_is_computed_once_by_many_tasks() {
    let memory = Memory::open("memory:").unwrap();
    let computed = std::sync::atomic::AtomicUsize::new(0);
    let compute = |n: u64| {
        computed.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        n * n
    };
    let tasks = (0..400u64).map(|i| {
        let (memory, compute) = (&memory, &compute);
        delayed(move || memory.get_or_compute(&format!("{}", i % 10), || compute(i % 10)).unwrap())
    });
    let squares = two().run(tasks).unwrap();
    assert!(squares.iter().enumerate().all(|(i, square)| *square == (i as u64 % 10).pow(2)));
    assert_eq!(computed.into_inner(), 10);
}
