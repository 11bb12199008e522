//! Counting what test runners report.

use std::fmt;

/// How many tests passed, failed and were skipped, over all runners.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// A runner has begun and not reported yet.
    running: bool,
}

impl Tally {
    /// Takes in one line that a runner (libtest, libtest-mimic, rustdoc) printed.
    pub(crate) fn line(&mut self, line: &str) {
        if let Some(summary) = line.strip_prefix("test result: ") {
            self.running = false;
            self.passed += count(summary, "passed");
            self.failed += count(summary, "failed");
            self.skipped += count(summary, "ignored");
        } else if is_beginning(line) {
            self.lost_runner();
            self.running = true;
        }
    }

    /// Ends the count. `success` is what the command that ran the runners says: a failure that no runner counted (one
    /// that died before its summary, a test that does not compile) is one failed test, never none.
    pub(crate) fn finish(&mut self, success: bool) {
        self.lost_runner();
        if !success && self.failed == 0 {
            self.failed = 1;
        }
    }

    /// Whether tests ran, and none failed.
    pub(crate) fn is_green(&self) -> bool {
        self.passed > 0 && self.failed == 0
    }

    fn lost_runner(&mut self) {
        self.failed += u64::from(self.running);
        self.running = false;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// `running 3 tests`: how every runner begins.
fn is_beginning(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some("running")
        && words.next().is_some_and(|n| n.parse::<u64>().is_ok())
        && matches!(words.next(), Some("test" | "tests"))
        && words.next().is_none()
}

/// The number before `what` in `ok. 3 passed; 0 failed; 1 ignored; …`.
fn count(summary: &str, what: &str) -> u64 {
    let mut words = summary.split([' ', ';']).filter(|word| !word.is_empty());
    let mut number = 0;
    words
        .find_map(|word| {
            let found = (word == what).then_some(number);
            number = word.parse().unwrap_or(0);
            found
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(output: &str, success: bool) -> Tally {
        let mut tally = Tally::default();
        output.lines().for_each(|line| tally.line(line));
        tally.finish(success);
        tally
    }

    const GOOD: &str = "
running 3 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.00s
";
    const BAD: &str = "
running 2 tests
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";

    #[test]
    fn runners_are_added_up() {
        let both = tally(&[GOOD, BAD].concat(), false);
        assert_eq!(both.to_string(), "3 passed, 1 failed, 1 skipped");
        assert!(!both.is_green());
        assert!(tally(GOOD, true).is_green());
    }

    #[test]
    fn a_runner_that_dies_is_a_failed_test() {
        let died = tally(&["running 5 tests\ntest a ... ok\n", GOOD].concat(), false);
        assert_eq!(died.to_string(), "2 passed, 1 failed, 1 skipped");
        assert_eq!(tally("running 5 tests\n", false).to_string(), "0 passed, 1 failed, 0 skipped");
    }

    #[test]
    fn a_failure_nobody_counted_is_one() {
        assert_eq!(tally(GOOD, false).to_string(), "2 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn nothing_that_ran_is_not_green() {
        assert!(!tally("", true).is_green());
    }

    #[test]
    fn what_tests_print_is_not_counted() {
        let chatty = "running late\nrunning 3 tests of mine\nthe test result: ok. 9 passed\n";
        assert_eq!(tally(&[chatty, GOOD].concat(), true), tally(GOOD, true));
    }
}
