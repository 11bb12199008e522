//! Contestants side by side.

use std::time::Instant;

pub(crate) type Contestant<'a> = (&'a str, &'a mut dyn FnMut());

/// Prints the median time of each contestant, and its ratio to the first: of all rows, or those whose titles have one of
/// the program's arguments in them.
pub(crate) fn row(title: &str, rounds: usize, repeats: u32, contestants: &mut [Contestant<'_>]) {
    let mut wanted = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).peekable();
    if wanted.peek().is_some() && !wanted.any(|part| title.contains(&part)) {
        return;
    }
    let mut times = vec![Vec::with_capacity(rounds); contestants.len()];
    for round in 0..=rounds {
        for ((_, run), times) in contestants.iter_mut().zip(&mut times) {
            let started = Instant::now();
            (0..repeats).for_each(|_| run());
            // The first round warms up.
            if round > 0 {
                times.push(started.elapsed() / repeats);
            }
        }
    }
    println!("{title}");
    let mut first = None;
    for ((name, _), times) in contestants.iter().zip(&mut times) {
        times.sort();
        let median = times[times.len() / 2];
        let ratio = median.as_secs_f64() / first.get_or_insert(median).as_secs_f64();
        println!("  {name:<34} {median:>12.1?}  {ratio:>6.2} ×");
    }
}
