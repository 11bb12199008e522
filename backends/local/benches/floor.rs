//! What the store adds to the system calls it cannot do without: get against `std::fs::read`, put against
//! `std::fs::write` and `rename`, on the same files, interleaved, medians.
//!
//! `cargo bench -p larder-local` prints a table; `-- DIR` measures on another file system.

#![expect(clippy::print_stdout, reason = "a table is what a benchmark is for")]

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use larder_core::Key;
use larder_core::store::{StoreBackend, StoreExt};
use larder_local::LocalStore;

fn now<T>(run: impl Future<Output = T>) -> T {
    match pin!(run).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("an inline store is ready at once"),
    }
}

fn key(version: &str, n: usize) -> Key {
    let spread = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Key::new(&format!("bench/module/function/{version}/{spread:016x}{n:048x}")).expect("a key")
}

/// Microseconds a call, of each of `runs`: medians over `rounds`, taken in turn.
fn medians<const N: usize>(rounds: usize, mut runs: [&mut dyn FnMut(usize); N]) -> [f64; N] {
    let mut times = [(); N].map(|()| Vec::with_capacity(rounds));
    for round in 0..rounds {
        for (run, times) in runs.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run(round);
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

fn row(name: &str, floor: f64, store: f64) {
    println!("{name:<16} {floor:>10.2} {store:>10.2} {:>8.2}", store / floor);
}

fn gets(store: &LocalStore, name: &str, size: usize) {
    let keys: Vec<Key> = (0..64).map(|n| key("get", n)).collect();
    for key in &keys {
        now(store.replace(key, vec![7; size].into())).expect("a put");
    }
    let paths: Vec<_> = keys.iter().map(|key| store.local_path(key).expect("a path")).collect();
    let [floor, get, hit] = medians(
        if size > 1 << 20 { 2_000 } else { 20_000 },
        [
            &mut |n| drop(black_box(fs::read(&paths[n % 64]).expect("a read"))),
            &mut |n| drop(black_box(now(store.get(&keys[n % 64])).expect("a get"))),
            &mut |n| {
                drop(black_box(now(store.get(&keys[n % 64])).expect("a get")));
                now(store.touch(&keys[n % 64])).expect("a touch");
            },
        ],
    );
    row(&format!("get {name}"), floor, get);
    row("  and touch", floor, hit);
}

fn puts(store: &LocalStore, dir: &Path, name: &str, size: usize) {
    let plain = |n: usize| dir.join("plain").join(format!("{:02x}", n % 256));
    for n in 0..256 {
        fs::create_dir_all(plain(n)).expect("a directory");
        let shard = format!("{:02x}{}", n, "0".repeat(62));
        let key = Key::new(&format!("bench/module/function/{name}/{shard}")).expect("a key");
        now(store.replace(&key, vec![7; size].into())).expect("a put");
    }
    let value = bytes::Bytes::from(vec![7; size]);
    let keys: Vec<Key> = (0..5_000).map(|n| key(name, n)).collect();
    let places: Vec<_> = (0..5_000).map(|n| plain(n).join(format!("{n:064x}"))).collect();
    let [floor, put] = medians(
        5_000,
        [
            &mut |n| {
                let temp = places[n].with_extension("temp");
                fs::write(&temp, &value).expect("a write");
                fs::rename(&temp, &places[n]).expect("a rename");
            },
            &mut |n| now(store.replace(&keys[n], value.clone().into())).expect("a put"),
        ],
    );
    row(&format!("put {name}"), floor, put);
    fs::remove_dir_all(dir.join("plain")).expect("a removal");
}

fn main() {
    let place = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let dir = tempfile::tempdir_in(place.unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into()))
        .expect("a directory");
    let store = LocalStore::open(dir.path().join("store")).expect("a store");
    println!("{:<16} {:>10} {:>10} {:>8}", "median, µs", "std::fs", "store", "ratio");
    for (name, size) in
        [("100b", 100), ("1kb", 1 << 10), ("8kb", 8 << 10), ("60kb", 60_000), ("2mb", 2 << 20)]
    {
        gets(&store, name, size);
    }
    for (name, size) in [("100b", 100), ("60kb", 60_000)] {
        puts(&store, dir.path(), name, size);
    }
    let attempt = key("lease", 1);
    let [lease] = medians(20_000, [&mut |_| drop(black_box(now(store.lease(&attempt))))]);
    println!("{:<16} {:>10} {lease:>10.2}", "lease and back", "");
}
