//! Counting what test runners report, and keeping what they say of failures: among thousands of lines it is lost.

use std::fmt;

/// How much is kept of what one failed test says: its backtrace is for those who look for it.
const LINES_KEPT: usize = 40;

/// How many tests passed, failed and were skipped, over all runners.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// A runner has begun and not reported yet.
    running: bool,
    /// The runner is telling how its tests failed: this many lines of the last one so far.
    telling: Option<usize>,
    /// What was told of each failure.
    failures: Vec<String>,
}

impl Tally {
    /// Takes in one line that a runner (libtest, libtest-mimic, rustdoc) printed.
    pub(crate) fn line(&mut self, line: &str) {
        if let Some(summary) = line.strip_prefix("test result: ") {
            (self.running, self.telling) = (false, None);
            self.passed += count(summary, "passed");
            self.failed += count(summary, "failed");
            self.skipped += count(summary, "ignored");
        } else if is_beginning(line) {
            self.lost_runner();
            self.running = true;
        } else if line.trim_end() == "failures:" && self.running {
            self.telling = Some(0);
        } else if let Some(told) = &mut self.telling {
            *told = if line.starts_with("---- ") { 0 } else { *told + 1 };
            if *told < LINES_KEPT {
                self.failures.push(line.trim_end().to_owned());
            }
        }
    }

    /// What the runners said of the tests that failed, a line each.
    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
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
        if self.running {
            self.failed += 1;
            self.failures.push("a test runner ended before its summary".to_owned());
        }
        (self.running, self.telling) = (false, None);
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
    fn what_is_said_of_failures_is_kept_without_the_long_tail() {
        let long = "  31: a frame\n".repeat(3 * LINES_KEPT);
        let told = format!(
            "running 2 tests\ntest a ... FAILED\n\nfailures:\n\n---- a stdout ----\nleft: 1\n{long}\n\
             ---- b stdout ----\nright: 2\n\nfailures:\n    a\n    b\n\n\
             test result: FAILED. 0 passed; 2 failed; 0 ignored\nnot of a failure\n"
        );
        let bad = tally(&told, false);
        assert_eq!(bad.to_string(), "0 passed, 2 failed, 0 skipped");
        for line in ["---- a stdout ----", "left: 1", "---- b stdout ----", "right: 2", "    b"] {
            assert!(bad.failures().iter().any(|kept| kept == line), "{line} in {bad:?}");
        }
        assert!(bad.failures().len() < LINES_KEPT + 20, "{bad:?}");
        assert!(!bad.failures().iter().any(|line| line == "not of a failure"));
        assert!(tally(GOOD, true).failures().is_empty());
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
