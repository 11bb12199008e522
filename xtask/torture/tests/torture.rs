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
        let (output, said) = torture(&["--rounds", "1", "--seed", "0", "--sabotage", sabotage]);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(charge), "{sabotage} is not noticed:\n{said}");
        assert!(said.contains("again: cargo xtask torture --rounds 1 --seed 0"), "{said}");
    }
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
