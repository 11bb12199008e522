//! `ls`, `show`, `stats`, `graph`, `backends`, `completions`: what they say, and that looking changes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use larder::Memory;
use serde_json::Value;

use crate::run::{json, larder, piped, stdout};
use crate::{demo, dot};

/// Everything below `dir`: paths, bytes, and when they were changed.
pub(crate) fn everything(dir: &Path) -> BTreeMap<PathBuf, Option<(Vec<u8>, SystemTime)>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(dir).expect("a directory").map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            all.extend(everything(&path));
            all.insert(path, None);
        } else {
            let modified = entry.metadata().unwrap().modified().unwrap();
            all.insert(path.clone(), Some((std::fs::read(path).unwrap(), modified)));
        }
    }
    all
}

/// The key of the only result of `model::fit`.
pub(crate) fn fit(dir: &Path) -> String {
    json(dir, &["ls", "model::fit", "--json"])[0]["key"].as_str().expect("a key").to_owned()
}

fn digest(key: &str) -> &str {
    &key[key.len() - 64..]
}

#[test]
fn ls_sums_up_each_function() {
    let dir = demo::store();
    let text = stdout(dir.path(), &["ls"]);
    let rows: Vec<Vec<_>> = text.lines().map(|row| row.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["FUNCTION", "VERSIONS", "RESULTS", "SIZE", "LAST", "USED"]);
    let names: Vec<_> = rows[1..].iter().map(|row| (row[0], row[1], row[2])).collect();
    assert_eq!(
        names,
        [
            ("larder::model::fit", "1", "1"),
            ("larder::weather::load", "1", "2"),
            ("larder::weather::mean", "1", "2"),
            ("value", "1", "1"),
        ]
    );
    assert!(rows[1..].iter().all(|row| row.ends_with(&["3", "days", "ago"])), "{text}");
    let document = json(dir.path(), &["ls", "--json"]);
    let memory = Memory::open(dir.path().join(".larder")).unwrap();
    let bytes: u64 = memory.entries().unwrap().iter().map(|entry| entry.size).sum();
    let functions = document.as_array().unwrap();
    assert_eq!(functions.iter().map(|f| f["bytes"].as_u64().unwrap()).sum::<u64>(), bytes);
    assert!(functions[0]["versions"][0]["place"].as_str().unwrap().contains("demo.rs:"));
    let stats = json(dir.path(), &["stats", "--json"]);
    assert_eq!((&stats["bytes"], &stats["results"]), (&Value::from(bytes), &Value::from(6)));
    assert_eq!(stats["unused"][0]["results"], 6);
    assert_eq!(stats["unused"][1]["results"], 0);
}

#[test]
fn ls_of_a_function_shows_keys_that_show_takes() {
    let dir = demo::store();
    for name in ["larder::weather::mean", "weather::mean", "mean", "larder/weather.mean"] {
        let text = stdout(dir.path(), &["ls", name]);
        assert_eq!(text.lines().count(), 3, "{text}");
        for row in text.lines().skip(1) {
            let key = row.split_whitespace().nth(1).unwrap();
            let shown = stdout(dir.path(), &["show", key]);
            assert!(shown.contains("larder::weather::mean"), "{shown}");
            assert!(shown.contains("days = 7"), "{shown}");
            assert!(shown.contains("    load(place)[..days].iter().sum::<f64>()"), "{shown}");
        }
    }
    let unknown = piped(dir.path(), &["ls", "man"]);
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("larder::weather::mean"), "{unknown:?}");
}

#[test]
fn show_knows_sizes_arrays_and_what_was_used() {
    let dir = demo::store();
    let load = json(dir.path(), &["ls", "load", "--json"]);
    let key = load[0]["key"].as_str().unwrap();
    let shown = json(dir.path(), &["show", &digest(key)[..12], "--json"]);
    assert_eq!(shown["key"], key);
    assert_eq!(shown["arrays"], serde_json::json!([8000]));
    assert_eq!(shown["codec"], "postcard");
    let file = shown["file"].as_str().unwrap();
    assert_eq!(std::fs::metadata(file).unwrap().len(), shown["bytes"].as_u64().unwrap());
    let text = stdout(dir.path(), &["show", key]);
    assert!(text.contains("1 array of 7.81 KiB beside it"), "{text}");
    let text = stdout(dir.path(), &["show", &fit(dir.path())]);
    assert_eq!(text.matches(" of larder/weather.mean\n").count(), 2, "{text}");
    stdout(dir.path(), &["clear", "mean", "--yes"]);
    let text = stdout(dir.path(), &["show", &fit(dir.path())]);
    assert_eq!(text.matches("larder/weather.mean, no longer kept\n").count(), 2, "{text}");
    for (wrong, says) in [("abc", "at least 4"), ("0000", "no result"), ("fit", "not a key")] {
        let ended = piped(dir.path(), &["show", wrong]);
        assert_eq!(ended.code, 1);
        assert!(ended.stderr.contains(says), "{ended:?}");
    }
}

#[test]
fn looking_changes_nothing() {
    let dir = demo::store();
    let key = fit(dir.path());
    let killed = dir.path().join(".larder/.tmp/0");
    std::fs::write(&killed, "of a killed writer").unwrap();
    let before = everything(dir.path());
    for arguments in [
        &["ls"][..],
        &["ls", "mean"],
        &["ls", "--json"],
        &["show", &key],
        &["stats"],
        &["graph", "fit"],
        &["verify"],
        &["prune", "--items", "1", "--dry-run"],
        &["copy", ".larder", "memory:"],
        &["backends"],
    ] {
        stdout(dir.path(), arguments);
        assert_eq!(everything(dir.path()), before, "{arguments:?}");
    }
}

#[test]
fn looking_into_a_tiered_store_copies_nothing_to_its_near_side() {
    let dir = demo::store();
    std::fs::create_dir(dir.path().join("near")).unwrap();
    let before = everything(dir.path());
    let store = "tiered:?near=./near&far=./.larder";
    for arguments in [
        &["verify", "--store", store][..],
        &["show", &fit(dir.path()), "--store", store],
        &["copy", store, "memory:"],
    ] {
        stdout(dir.path(), arguments);
        assert_eq!(everything(dir.path()), before, "{arguments:?}");
    }
}

#[test]
fn a_mistyped_store_is_told_of_and_not_made() {
    let dir = tempfile::tempdir().unwrap();
    for arguments in [
        &["ls", "--store", "cahce"][..],
        &["show", "1234", "-s", "cahce"],
        &["stats", "-s", "local:cahce"],
        &["verify", "-s", "cahce", "--delete", "--yes"],
        &["clear", "-s", "cahce", "--yes"],
        &["prune", "-s", "cahce", "--items", "1", "--yes"],
        &["graph", "1234", "-s", "cahce"],
        &["copy", "cahce", "backup"],
        &["check", "cahce"],
    ] {
        let ended = piped(dir.path(), arguments);
        assert_eq!((ended.code, &ended.stdout[..]), (1, ""), "{ended:?}");
        assert!(ended.stderr.starts_with("error: there is no store at "), "{ended:?}");
        assert!(ended.stderr.contains("cahce"), "{ended:?}");
    }
    let ended = piped(dir.path(), &["ls"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains(".larder") && ended.stderr.contains("LARDER_STORE"), "{ended:?}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    let ended = piped(dir.path(), &["ls", "--store", "empty"]);
    assert_eq!((ended.code, &ended.stdout[..]), (0, ""));
    assert!(ended.stderr.contains("nothing is kept in local:empty"), "{ended:?}");
    assert_eq!(std::fs::read_dir(dir.path().join("empty")).unwrap().count(), 0);
}

#[test]
fn the_store_is_the_one_that_programs_use() {
    let dir = tempfile::tempdir().unwrap();
    demo::fill(&dir.path().join("elsewhere"));
    let lines = |variables: &[(&str, &str)]| {
        let mut command = larder(dir.path(), &["ls"]);
        let output = command.envs(variables.iter().copied()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().count()
    };
    assert_eq!(lines(&[]), 0);
    assert_eq!(lines(&[("LARDER_STORE", "elsewhere")]), 5);
    std::fs::write(dir.path().join("mine.json"), r#"{"memory": {"store": "elsewhere"}}"#).unwrap();
    assert_eq!(lines(&[("LARDER_CONFIG", "mine.json")]), 5);
    std::fs::write(dir.path().join("larder.toml"), "[memory]\nstore = \"elsewhere\"\n").unwrap();
    assert_eq!(lines(&[]), 5);
    let mistyped = larder(dir.path(), &["ls"]).env("LARDER_STOER", "x").output().unwrap();
    let told = String::from_utf8(mistyped.stderr).unwrap();
    assert!(told.contains("did you mean `LARDER_STORE`"), "{told}");
}

#[test]
fn secrets_are_never_printed() {
    let dir = tempfile::tempdir().unwrap();
    let stores = [
        "local:typo?password=hunter2",
        "memory:?token=hunter2",
        "nobody://user:hunter2@host/path",
        "memory:x://user:hunter2@host",
        "memory:x?secret=hunter2&broken=%zz",
    ];
    for store in stores {
        for arguments in [
            &["ls", "--store", store][..],
            &["stats", "--store", store],
            &["copy", store, store],
            &["check", store],
        ] {
            let ended = piped(dir.path(), arguments);
            assert_ne!(ended.code, 0, "{ended:?}");
            assert!(!format!("{ended:?}").contains("hunter2"), "{ended:?}");
        }
        let output = larder(dir.path(), &["ls"]).env("LARDER_STORE", store).output().unwrap();
        assert!(!String::from_utf8(output.stderr).unwrap().contains("hunter2"));
    }
}

/// No backend of this build has an option for a password; a location of this form has one whatever it means.
#[cfg(unix)]
#[test]
fn secrets_are_not_printed_of_a_store_that_opens_either() {
    let dir = tempfile::tempdir().unwrap();
    demo::fill(&dir.path().join("x:/me:hunter2@full"));
    std::fs::create_dir(dir.path().join("x:/me:hunter2@empty")).unwrap();
    let (full, empty) = ("local:x://me:hunter2@full", "local:x://me:hunter2@empty");
    for arguments in [
        &["ls", "--store", empty][..],
        &["stats", "--store", full],
        &["stats", "--store", full, "--json"],
        &["copy", full, "memory:", "--json"],
        &["check", full, "--case", "list.empty"],
        &["check", full, "--case", "list.empty", "--json"],
        &["clear", "--store", empty],
    ] {
        let ended = piped(dir.path(), arguments);
        assert_eq!(ended.code, 0, "{ended:?}");
        let said = ended.stdout + &ended.stderr;
        assert!(said.contains("local:x://me@") && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn graph_draws_what_led_to_a_result() {
    let dir = demo::store();
    let key = fit(dir.path());
    let text = stdout(dir.path(), &["graph", &digest(&key)[..8]]);
    assert_eq!(text, stdout(dir.path(), &["graph", "model::fit"]));
    let graph = dot::parse(&text);
    assert_eq!((graph.nodes.len(), graph.edges.len()), (5, 4));
    let label = |node: &str| graph.nodes[node]["label"].trim_start_matches('"').to_owned();
    let mut edges: Vec<_> = graph
        .edges
        .iter()
        .map(|(from, to)| {
            let call = |node| label(node).split('\n').next().unwrap().to_owned();
            format!("{} -> {}", call(from), call(to))
        })
        .collect();
    edges.sort();
    assert_eq!(
        edges,
        [
            r#"load(place = "Oslo") -> mean(place = "Oslo", days = 7)"#,
            r#"load(place = "Rome") -> mean(place = "Rome", days = 7)"#,
            r#"mean(place = "Oslo", days = 7) -> fit(depth = 3)"#,
            r#"mean(place = "Rome", days = 7) -> fit(depth = 3)"#,
        ]
    );
    assert!(graph.nodes.keys().all(|node| label(node).ends_with('B')), "bytes: {text}");
    stdout(dir.path(), &["clear", "load", "--yes"]);
    let text = stdout(dir.path(), &["graph", &key]);
    let graph = dot::parse(&text);
    let dashed = graph.nodes.values().filter(|node| node.contains_key("style")).count();
    assert_eq!((graph.edges.len(), dashed, text.matches("no longer kept").count()), (4, 2, 2));
}

#[test]
fn the_rest_writes_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let backends = json(dir.path(), &["backends", "--json"]);
    let text = stdout(dir.path(), &["backends"]);
    let stores = larder::registry().stores().into_iter();
    let parallel = larder::registry().parallel_backends().into_iter();
    let stores = stores.map(|it| ("store", it.name, it.about, it.options));
    let parallel = parallel.map(|it| ("parallel", it.name, it.about, it.options));
    let known: Vec<_> = stores.chain(parallel).collect();
    let listed = backends.as_array().unwrap();
    assert_eq!(listed.len(), known.len());
    for (backend, (kind, name, about, options)) in listed.iter().zip(&known) {
        assert_eq!(backend["kind"], *kind);
        assert_eq!(backend["name"], **name);
        assert!(text.contains(&format!("{name}: {about}\n")), "{text}");
        for option in options {
            assert!(!option.help.is_empty(), "nobody says what `{}` of {name} is", option.name);
            assert!(text.contains(&option.help), "{text}");
        }
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = stdout(dir.path(), &["completions", shell]);
        assert!(script.contains("larder") && script.contains("prune"), "{shell}");
    }
}

#[test]
fn a_wrong_call_exits_with_2() {
    let dir = demo::store();
    for arguments in [
        &[][..],
        &["lss"],
        &["ls", "--stroe", "x"],
        &["show"],
        &["prune"],
        &["prune", "--bytes", "2X"],
        &["prune", "--age", "soon"],
        &["completions", "tcsh"],
        &["ls", "--store", "memory:%zz"],
        &["check", "memory:", "--case", "nothing"],
    ] {
        let ended = piped(dir.path(), arguments);
        assert_eq!((ended.code, &ended.stdout[..]), (2, ""), "{arguments:?}: {ended:?}");
        assert!(!ended.stderr.is_empty());
    }
}

#[test]
fn a_reader_who_has_had_enough_is_no_error() {
    let dir = demo::store();
    for arguments in [&["ls"][..], &["ls", "--json"], &["graph", "fit"], &["completions", "bash"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = larder(dir.path(), arguments).stdout(writer).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), &told[..]), (Some(0), ""), "{arguments:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_colours_and_bars_and_nothing_else_does() {
    use crate::run::at_terminal;
    let dir = demo::store();
    let key = fit(dir.path());
    for arguments in [
        &["ls"][..],
        &["ls", "mean"],
        &["show", &key],
        &["stats"],
        &["backends"],
        &["check", ".larder", "--case", "value.a"],
        &["verify"],
        &["copy", ".larder", "memory:"],
    ] {
        let (code, shown) = at_terminal(larder(dir.path(), arguments), "");
        assert_eq!(code, 0, "{arguments:?}: {shown}");
        assert!(shown.contains('\x1b'), "{arguments:?}: {shown:?}");
        assert!(!stdout(dir.path(), arguments).contains('\x1b'), "{arguments:?}");
        let mut plain = larder(dir.path(), arguments);
        plain.env("NO_COLOR", "1");
        let (_, shown) = at_terminal(plain, "");
        // A bar moves the cursor; what it draws has no colour.
        assert!(!shown.contains("\x1b[1m") && !shown.contains("\x1b[3"), "{shown:?}");
    }
    for arguments in [&["graph", &key][..], &["completions", "zsh"], &["ls", "--json"]] {
        let (code, shown) = at_terminal(larder(dir.path(), arguments), "");
        assert_eq!((code, shown), (0, stdout(dir.path(), arguments)));
    }
    let (code, shown) = at_terminal(larder(dir.path(), &["copy", ".larder", "memory:"]), "");
    assert_eq!(code, 0);
    assert!(shown.contains("9 of 9 entries"), "{shown:?}");
}
