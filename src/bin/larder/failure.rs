//! How a subcommand ends.

use std::io;
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Style};

/// How a subcommand ends that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// And all is well.
    Fine,
    /// And found something wrong.
    Wrong,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Fine => Self::SUCCESS,
            Outcome::Wrong => Self::from(1),
        }
    }
}

/// Why a subcommand could not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It was called wrongly.
    Usage(String),
    /// The store, or something in it.
    Larder(larder::Error),
    /// What was asked for is not there, or not clear.
    NotFound(String),
    /// Nobody can be told.
    Output(io::Error),
}

impl From<larder::Error> for Failure {
    fn from(error: larder::Error) -> Self {
        Self::Larder(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl Failure {
    /// Tells the user, and says with which code to exit.
    pub(crate) fn report(self) -> ExitCode {
        let (text, code) = match self {
            // Whoever read our output, such as `head`, has had enough.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                return ExitCode::SUCCESS;
            }
            Self::Output(error) => (format!("cannot write the output: {error}"), 1),
            Self::NotFound(text) => (text, 1),
            Self::Larder(error) => (with_causes(&error), 1),
            Self::Usage(text) => (text, 2),
        };
        say_error(&text);
        ExitCode::from(code)
    }
}

/// A line on standard error that begins with `error:`.
pub(crate) fn say_error(text: &str) {
    let style = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    say(&format!("{style}error:{style:#} {text}"));
}

/// A line on standard error. There is nobody left to tell when that is closed.
pub(crate) fn say(text: &str) {
    let _ = io::Write::write_all(&mut anstream::stderr().lock(), format!("{text}\n").as_bytes());
}

fn with_causes(error: &larder::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let reason = error.to_string();
        if !text.contains(&reason) {
            text.push_str(&format!("\n  caused by: {reason}"));
        }
        cause = error.source();
    }
    text
}
