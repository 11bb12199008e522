//! Large arrays of arguments: each goes to the cluster once, and is gone when the call is over.

use std::fs;
use std::thread;

use larder_core::{Array, Parallel};
use larder_dask::Dask;
use rustix::process::Signal;

use crate::cluster::{Cluster, is_alive, signal, until};
use crate::tasks::{at, began, go, holds_and_sums, total_of, total_of_array, wait_until_began};

/// In bytes.
const LARGE: usize = 20_000_000;

fn numbers() -> Vec<f64> {
    (0..LARGE / 8).map(|n| n as f64).collect()
}

/// How many bytes a process has read from pipes and files.
fn read_by(pid: u32) -> usize {
    let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap();
    io.lines().find_map(|line| line.strip_prefix("rchar: ")).unwrap().parse().unwrap()
}

fn has_mapped_an_array(pid: u32) -> bool {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    maps.contains("memfd:larder-array")
}

fn went_by_the_scheduler(cluster: &Cluster) -> bool {
    let scattered =
        "any(event['action'] == 'scatter' for _, event in dask_scheduler.get_events('all'))";
    cluster.ask_scheduler(scattered) == "True"
}

#[test]
fn where_workers_cannot_be_reached_arrays_go_by_the_scheduler() {
    let (cluster, numbers) = (Cluster::new(1), numbers());
    let backend = Dask::new(cluster.with_workers_out_of_reach()).unwrap();
    let parallel = Parallel::new().backend(backend);
    assert_eq!(parallel.run([total_of::delayed(&numbers)]).unwrap(), [numbers.iter().sum::<f64>()]);
    assert!(went_by_the_scheduler(&cluster));
}

#[test]
fn an_array_that_many_tasks_share_is_sent_once() {
    let (cluster, folder) = (Cluster::new(2), tempfile::tempdir().unwrap());
    let path = folder.path();
    let (options, pid) = cluster.with_known_bridge();
    let backend = Dask::new(options).unwrap();
    backend.connect().unwrap();
    let bridge = fs::read_to_string(pid).unwrap().trim().parse().unwrap();
    let outgoing = || -> usize {
        let each = "client.run(lambda dask_worker: dask_worker.transfer_outgoing_bytes_total)";
        cluster.ask(&format!("print(sum({each}.values()), file=answer)")).trim().parse().unwrap()
    };
    let (before, sent_before) = (read_by(bridge), outgoing());
    let numbers = numbers();
    let parallel = Parallel::new().backend(backend).n_jobs(-1).batch_size(1);
    let found = parallel.run((0..100).map(|n| at::delayed(&numbers, 1000 * n, path.into())));
    assert!(found.unwrap().into_iter().eq((0..100).map(|n| 1000.0 * n as f64)));
    let read = read_by(bridge) - before;
    assert!((LARGE..LARGE * 3 / 2).contains(&read), "{read} bytes came to the bridge");
    let sent = outgoing() - sent_before;
    assert!(sent < LARGE * 3 / 2, "{sent} bytes went from worker to worker");
    assert!(!went_by_the_scheduler(&cluster), "none of them had to");
    // Gone with the call, whereas the children are kept.
    let children: Vec<u32> = (0..100).flat_map(|n| began(path, 1000 * n)).collect();
    until("no child has it mapped", || !children.iter().any(|child| has_mapped_an_array(*child)));
    assert!(children.iter().any(|child| is_alive(*child)));
    let known = "any('array-' in str(key) for key in dask_scheduler.tasks)";
    until("the scheduler knows it no more", || cluster.ask_scheduler(known) == "False");
}

#[test]
fn arrays_are_what_they_are_at_the_time_whatever_is_equal_to_them() {
    let cluster = Cluster::with_threads(2);
    let parallel = Parallel::new().backend(cluster.shared()).n_jobs(-1).batch_size(1);
    let (mut one, other) = (numbers(), numbers());
    let expected: f64 = one.iter().sum();
    // Of one array, parts that overlap; of two, equal ones.
    let pieces = [&one[..], &other[..], &one[..1_000_000], &one[500_000..], &one[..10]];
    let totals = parallel.run(pieces.map(total_of::delayed)).unwrap();
    assert_eq!(totals, pieces.map(|piece| piece.iter().sum::<f64>()));
    // Changed between two calls.
    one[0] += 1.0;
    assert_eq!(parallel.run([total_of::delayed(&one)]).unwrap(), [expected + 1.0]);
    // Each is gone before the next one is made, which may lie in the same place.
    let arrays = (0..20).map(|n| Array::from(vec![f64::from(n); 200_000]));
    let totals = parallel.run(arrays.map(total_of_array::delayed)).unwrap();
    assert!(totals.into_iter().eq((0..20).map(|n| f64::from(n) * 200_000.0)));
}

#[test]
fn an_array_that_is_lost_with_its_worker_is_sent_again() {
    let (cluster, folder) = (Cluster::new(1), tempfile::tempdir().unwrap());
    let (path, numbers) = (folder.path(), numbers());
    let totals = thread::scope(|scope| {
        let call = scope.spawn(|| {
            let parallel = Parallel::new().backend(cluster.dask()).n_jobs(2).batch_size(1);
            parallel.run((0..3).map(|n| holds_and_sums::delayed(path.into(), n, &numbers)))
        });
        wait_until_began(path, 0, 1);
        signal(cluster.worker(0), Signal::KILL);
        cluster.add_worker();
        wait_until_began(path, 0, 2);
        go(path);
        call.join().unwrap()
    });
    assert_eq!(totals.unwrap(), [numbers.iter().sum::<f64>(); 3]);
}
