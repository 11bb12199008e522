//! Asking before anything is removed.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use crate::failure::{Failure, say};

/// Whether to ask.
#[derive(Debug, Args)]
pub(crate) struct Consent {
    /// Don't ask before removing
    #[arg(short, long)]
    yes: bool,
}

impl Consent {
    /// Whether to go on: told by `--yes`, or by who sits at the terminal.
    pub(crate) fn to(&self, what: &str) -> Result<bool, Failure> {
        if self.yes {
            return Ok(true);
        }
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Err(Failure::Usage(format!(
                "nobody can be asked, since standard input is no terminal: pass `--yes` to {what}"
            )));
        }
        let mut stderr = anstream::stderr().lock();
        let asked = write!(stderr, "{}{}? [y/N] ", what[..1].to_uppercase(), &what[1..]);
        asked.and_then(|()| stderr.flush())?;
        drop(stderr);
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer)?;
        let agreed = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
        if !agreed {
            say("nothing was removed");
        }
        Ok(agreed)
    }
}
