//! The program as it is run by hand: a minute of it, and stores it must not acquit.

use std::process::{Command, Output};

fn torture(arguments: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_torture")).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = said + &String::from_utf8_lossy(&output.stderr);
    (output, said)
}

#[test]
fn each_broken_promise_is_noticed() {
    let promises = [
        ("stale", "Wrong: "),
        ("lost", "Lost: "),
        ("twice", "Duplicate: "),
        ("litter", "Leftover: "),
    ];
    for (sabotage, charge) in promises {
        // What comes to light in a round depends on how the processes meet.
        let guilty = (0..20).find_map(|seed| {
            let seed = seed.to_string();
            let (output, said) =
                torture(&["--rounds", "1", "--seed", &seed, "--sabotage", sabotage]);
            (output.status.code() == Some(1)).then_some((seed, said))
        });
        let (seed, said) = guilty.unwrap_or_else(|| panic!("{sabotage} goes unnoticed"));
        assert!(said.contains(charge), "{sabotage}, but:\n{said}");
        let again = format!("again: cargo xtask torture --rounds 1 --seed {seed}");
        assert!(said.contains(&again), "{said}");
    }
}

#[test]
fn full_durability_is_waited_for_in_order() {
    let (output, said) = torture(&["durability"]);
    assert!(output.status.success(), "{said}");
    assert!(said.starts_with("durability: every name") || said.starts_with("NOT RUN: "), "{said}");
}

#[test]
fn a_minute_of_torture() {
    let (output, said) = torture(&["--seconds", "60"]);
    assert!(output.status.success(), "{said}");
    let count = |what: &str| -> u64 {
        let line = said.lines().find(|line| line.ends_with(what)).expect(what);
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!(count("  kills") > 0 && count("  operations") > 1000, "{said}");
}
