//! The page on the command shows what the command says.

use std::path::Path;
use std::process::Command;

use crate::demo;
use crate::run::{larder, stdout};

const PAGE: &str = include_str!("../../docs/command-line.md");

/// The commands in the page, each with what the page says it writes.
fn shown() -> Vec<(String, String)> {
    let mut shown: Vec<(String, String)> = Vec::new();
    for block in PAGE.split("```console\n").skip(1) {
        let block = block.split("```").next().expect("a block");
        for line in block.lines() {
            match (line.strip_prefix("$ "), shown.last_mut()) {
                (Some(command), _) => shown.push((command.to_owned(), String::new())),
                (None, Some((_, output))) => output.push_str(&format!("{line}\n")),
                (None, None) => panic!("{line} is written by nothing"),
            }
        }
    }
    shown
}

/// What the command writes in a shell, to both of its outputs.
fn written(dir: &Path, command: &str) -> String {
    let mut shell = Command::new("sh");
    let like = larder(dir, &[]);
    let binary = Path::new(like.get_program()).parent().expect("a directory");
    let mut path = binary.as_os_str().to_owned();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    shell.current_dir(dir).args(["-c", &format!("{command} 2>&1")]);
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let output = shell.env("PATH", path).output().expect("a shell");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().to_owned()
}

/// Without what is another on each run: times, hosts and processes, digits in general, the width of columns.
fn alike(text: &str) -> Vec<String> {
    let word = |word: &str| {
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        let word = word.trim_start_matches('"');
        match word.trim_end_matches(',') {
            "µs" | "ms" | "s" => "s".to_owned(),
            hex if hex.len() >= 8 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => "key".to_owned(),
            path if path.contains('/') => "path".to_owned(),
            _ => {
                let word: String = word.chars().map(digits).collect();
                let mut short = word.replace("00", "0");
                while short.contains("00") {
                    short = short.replace("00", "0");
                }
                short.replace("0.0", "0")
            }
        }
    };
    let line = |line: &str| {
        let line = line.split(", process ").next().unwrap_or_default();
        let words: Vec<_> = line.split_whitespace().map(word).collect();
        words.join(" ").replace("just now", "ago").replace("0 seconds ago", "ago")
    };
    text.trim_end().lines().map(line).collect()
}

#[cfg(unix)]
#[test]
fn the_page_shows_what_the_command_says() {
    let dir = demo::store();
    let shown = shown();
    assert!(shown.len() > 8, "{}", shown.len());
    for (command, output) in shown {
        let written = written(dir.path(), &command);
        if command.ends_with("--help") {
            assert_eq!(output.trim_end(), written, "$ {command}");
        } else {
            assert_eq!(alike(&output), alike(&written), "$ {command}\n{written}");
        }
    }
}

fn subcommands(dir: &Path) -> Vec<String> {
    let help = stdout(dir, &["--help"]);
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names: Vec<_> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    assert!(names.len() > 8, "{names:?}");
    names
}

#[test]
fn every_subcommand_is_in_the_page() {
    let dir = tempfile::tempdir().unwrap();
    for name in subcommands(dir.path()) {
        assert!(PAGE.contains(&format!("larder {name}")), "nothing on `larder {name}`");
    }
}

#[test]
fn every_help_has_examples_of_its_command() {
    let dir = tempfile::tempdir().unwrap();
    let asked = subcommands(dir.path()).into_iter().map(|name| vec![name, "--help".to_owned()]);
    for arguments in asked.chain([vec!["--help".to_owned()]]) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let help = stdout(dir.path(), &arguments);
        let (_, examples) = help.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{help}"));
        let command =
            if let [name, _] = arguments[..] { format!("larder {name}") } else { "larder ".into() };
        let first = examples.lines().next().unwrap_or_default().trim_start();
        assert!(first.starts_with(&command), "{help}");
    }
}

/// The page is written by a command that was built with everything.
#[cfg(all(feature = "s3", feature = "gcs", feature = "azure", feature = "http", feature = "dask"))]
#[test]
fn the_page_of_options_is_what_the_command_writes() {
    let dir = tempfile::tempdir().unwrap();
    let written = stdout(dir.path(), &["backends", "--markdown"]);
    assert_eq!(
        include_str!("../../docs/options.md"),
        written,
        "write it anew: cargo run --all-features --bin larder -- backends --markdown > docs/options.md"
    );
}
