use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::*;

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// The warnings that `run` gives.
fn warnings<T>(run: impl FnOnce() -> T) -> (T, Vec<String>) {
    struct Warnings(Arc<Mutex<Vec<String>>>);
    struct Message<'a>(&'a mut Vec<String>);
    impl tracing::field::Visit for Message<'_> {
        fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn Debug) {
            if field.name() == "message" {
                self.0.push(format!("{value:?}"));
            }
        }
    }
    impl tracing::Subscriber for Warnings {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            metadata.target() == "larder::config" && *metadata.level() == tracing::Level::WARN
        }
        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
            tracing::span::Id::from_u64(1)
        }
        fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
        fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
        fn event(&self, event: &tracing::Event<'_>) {
            event.record(&mut Message(&mut self.0.lock().unwrap()));
        }
        fn enter(&self, _: &tracing::span::Id) {}
        fn exit(&self, _: &tracing::span::Id) {}
    }
    let seen = Arc::new(Mutex::new(Vec::new()));
    let result = tracing::subscriber::with_default(Warnings(Arc::clone(&seen)), run);
    let seen = seen.lock().unwrap().clone();
    (result, seen)
}

const EVERYTHING: &str = r#"{"memory": {
    "store": {"backend": "sqlite", "location": "cache.db", "options": {"cache_size": 3}},
    "enabled": false, "compress": "zstd:7", "codec": "json", "verbose": 2, "on_store_error": "fail",
    "record_args": false, "lease": false, "verify": "full"}}"#;

fn everything() -> Config {
    let mut config = Config::default();
    let memory = &mut config.memory;
    memory.store = StoreConfig::new("sqlite").at("cache.db").option("cache_size", 3);
    memory.enabled = false;
    memory.compress = "zstd:7".parse().unwrap();
    memory.key_algorithm = "blake3".parse().unwrap();
    memory.codec = "json".into();
    memory.verbose = 2;
    memory.on_store_error = OnStoreError::Fail;
    memory.record_args = false;
    memory.verify = Verify::Full;
    memory.lease = false;
    config
}

/// All keys, as errors list them.
#[cfg(feature = "toml")]
fn keys() -> String {
    let keys = settings().iter().filter(|setting| setting.section == "memory");
    let keys: Vec<_> = keys.map(|setting| format!("`{}`", setting.key)).collect();
    keys.join(", ")
}

#[test]
fn every_setting_is_read_and_written() {
    assert_eq!(Config::from_json(EVERYTHING).unwrap(), everything());
    assert_eq!(Config::from_json("{}").unwrap(), Config::default());
    for config in [everything(), Config::default()] {
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(Config::from_json(&json).unwrap(), config);
        let binary = postcard::to_allocvec(&config).unwrap();
        assert_eq!(postcard::from_bytes::<Config>(&binary).unwrap(), config);
        let written: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
            serde_json::from_str(&json).unwrap();
        for (section, keys) in written {
            for key in keys.keys() {
                let known = settings().iter().any(|s| s.section == section && s.key == key);
                assert!(known, "{section}.{key} is written, so it must be in the table");
            }
        }
    }
}

#[cfg(feature = "toml")]
#[test]
fn toml_says_the_same() {
    let toml = "
        [memory]
        enabled = false
        compress = 'zstd:7'
        codec = 'json'
        verbose = 2
        on_store_error = 'fail'
        record_args = false
        lease = false
        verify = 'full'
        [memory.store]
        backend = 'sqlite'
        location = 'cache.db'
        options = { cache_size = 3 }";
    assert_eq!(Config::from_toml(toml).unwrap(), everything());
    let written = toml::to_string(&everything()).unwrap();
    assert_eq!(Config::from_toml(&written).unwrap(), everything());
}

#[cfg(feature = "toml")]
#[test]
fn a_mistake_in_toml_is_found_at_its_place() {
    for (toml, message) in [
        (
            "[memory]\nverbose = 1\ncompres = true\n",
            "unknown key in section `memory`: `compres` (did you mean `compress`?), known: KEYS (line: 3, column: 1)",
        ),
        (
            "[memroy]\n",
            "unknown section `memroy` (did you mean `memory`?), known: `memory`, `parallel` (line: 1, column: 2)",
        ),
        (
            "verbose = 1",
            "unknown section `verbose`, known: `memory`, `parallel` (line: 1, column: 1)",
        ),
        (
            "[memory]\n  verbose = 'loud'",
            "setting `verbose` cannot be `loud`: expected a whole number from 0 to 255 (line: 2, column: 13)",
        ),
        (
            "[memory]\nenabled = 3",
            "setting `enabled` cannot be `3`: expected `true` or `false` (line: 2, column: 11)",
        ),
        (
            "[memory]\non_store_error = 'fial'",
            "setting `on_store_error` cannot be `fial`: unknown (did you mean `fail`?), known: `compute`, `fail` (line: 2, column: 18)",
        ),
        (
            "[memory]\nstore = 's3://b?secret=hid&x'",
            "setting `store` cannot be `s3://b?…`: each option after `?` is written `name=value` (line: 2, column: 9)",
        ),
        (
            "[memory]\nstore.locaton = 'x'",
            "setting `store`: unknown option `locaton` (did you mean `location`?), known: `backend`, `location`, `options` (line: 2, column: 1)",
        ),
    ] {
        let error = Config::from_toml(toml).unwrap_err();
        assert!(error.is_invalid());
        let message = message.replace("KEYS", &keys());
        assert_eq!(error.to_string(), format!("invalid configuration: {message}"));
    }
    let error = Config::from_toml("[memory]\nstore = 's3://b?secret=hid\n").unwrap_err();
    assert_eq!(error.get("line"), Some("2"), "{error}");
    assert!(
        !format!("{error:?}").contains("hid"),
        "the text around an error may hold a secret: {error:?}"
    );
}

#[test]
fn a_mistake_in_json_is_found_at_its_place() {
    for (json, message, line) in [
        (r#"{"memory": {"lease": true,"#, "EOF while parsing", "1"),
        (
            "{\"memory\":\n{\"leese\": true}}",
            "unknown key in section `memory`: `leese` (did you mean `lease`?)",
            "2",
        ),
        (
            "{\n\"memroy\": {}}",
            "unknown section `memroy` (did you mean `memory`?), known: `memory`, `parallel`",
            "2",
        ),
        (
            "{\"memory\": {\"lease\":\n 5}}",
            "setting `lease` cannot be `5`: expected `true` or `false`",
            "2",
        ),
        (
            r#"{"memory": 3}"#,
            "invalid type: integer `3`, expected a table of settings for `memory`",
            "1",
        ),
        ("[]", "invalid type: sequence, expected a table of sections", "1"),
    ] {
        let error = Config::from_json(json).unwrap_err();
        assert!(
            error.message().starts_with(&format!("invalid configuration: {message}")),
            "{error}"
        );
        assert_eq!(error.get("line"), Some(line), "{error}");
        assert!(error.get("column").is_some() && !error.message().contains("at line"), "{error}");
    }
}

#[test]
fn files_are_read_by_extension_and_named_in_errors() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    assert_eq!(Config::from_file(file("all.json", EVERYTHING.as_bytes())).unwrap(), everything());

    let fails = |path: &Path| {
        let error = Config::from_file(path).unwrap_err();
        assert_eq!(error.get("path"), Some(path.to_str().unwrap()));
        error
    };
    assert!(fails(&dir.path().join("none.json")).is_not_found());
    assert_eq!(fails(&file("bad.json", b"{\"memory\": 3}")).get("line"), Some("1"));
    assert!(fails(&file("bad2.json", b"\xff")).message().contains("UTF-8"));
    assert!(fails(&file("larder.yaml", b"")).message().contains("`.toml` or `.json`"));
    std::fs::create_dir(dir.path().join("dir.json")).unwrap();
    assert_eq!(fails(&dir.path().join("dir.json")).message(), "cannot read the configuration file");
    let toml = file("larder.toml", b"[memory]\nlease = false");
    if cfg!(feature = "toml") {
        assert!(!Config::from_file(toml).unwrap().memory.lease);
    } else {
        let error = fails(&toml);
        assert!(error.is_unsupported() && error.message().contains("feature `toml`"), "{error}");
    }
}

#[test]
fn the_environment_goes_over_the_document() {
    let config = Config::from_json(r#"{"memory": {"verbose": 1, "lease": false}}"#).unwrap();
    let config = config
        .with_variables(variables(&[
            ("LARDER_STORE", "sqlite:x.db?size=3"),
            ("LARDER_ENABLED", "0"),
            ("LARDER_COMPRESS", "lz4"),
            ("LARDER_CODEC", "json"),
            ("LARDER_VERBOSE", "5"),
            ("LARDER_ON_STORE_ERROR", "fail"),
            ("LARDER_RECORD_ARGS", "off"),
            ("LARDER_VERIFY", "full"),
            ("LARDER_LEASE", ""),
            ("HOME", "/root"),
        ]))
        .unwrap();
    let mut expected = everything();
    expected.memory.store = StoreConfig::new("sqlite").at("x.db").option("size", "3");
    expected.memory.compress = "lz4".parse().unwrap();
    expected.memory.verbose = 5;
    assert_eq!(config, expected);
}

#[test]
fn a_bad_variable_is_named() {
    for (name, value, message) in [
        (
            "LARDER_VERBOSE",
            "loud",
            "environment variable `LARDER_VERBOSE` cannot be `loud`: expected a whole number from 0 to 255",
        ),
        (
            "LARDER_COMPRESS",
            "zstd:much",
            "environment variable `LARDER_COMPRESS` cannot be `zstd:much`: ",
        ),
        (
            "LARDER_STORE",
            "s3://me:hid@b?secret=hid&x",
            "environment variable `LARDER_STORE` cannot be `s3://me@b?…`: each option after `?` is written `name=value`",
        ),
    ] {
        let error = Config::default().with_variables(variables(&[(name, value)])).unwrap_err();
        assert!(error.is_invalid());
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_named() {
    use std::os::unix::ffi::OsStringExt;
    let value = OsString::from_vec(vec![0xff]);
    let error = Config::default().with_variables([("LARDER_CODEC".into(), value)]).unwrap_err();
    assert_eq!(error.to_string(), "environment variable `LARDER_CODEC` is not UTF-8");
}

#[test]
fn a_variable_that_means_nothing_is_warned_of() {
    let pairs = variables(&[("LARDER_COMPRES", "1"), ("LARDER_VERBOSE", "1"), ("OTHER", "1")]);
    let (config, warnings) = warnings(|| Config::default().with_variables(pairs));
    assert_eq!(config.unwrap().memory.verbose, 1);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("`LARDER_COMPRES` (did you mean `LARDER_COMPRESS`?)"),
        "{warnings:?}"
    );
}

#[test]
fn loading_looks_for_a_file_and_puts_the_environment_over_it() {
    let dir = tempfile::tempdir().unwrap();
    let load = |pairs: &[(&str, &str)]| Config::load_in(dir.path(), variables(pairs));
    assert_eq!(load(&[]).unwrap(), Config::default());
    std::fs::write(dir.path().join("larder.json"), r#"{"memory": {"verbose": 1, "lease": false}}"#)
        .unwrap();
    std::fs::write(dir.path().join("mine.json"), r#"{"memory": {"verbose": 2}}"#).unwrap();

    let found = load(&[("LARDER_VERBOSE", "7")]).unwrap().memory;
    assert_eq!((found.verbose, found.lease), (7, false));
    let (named, warnings) = warnings(|| load(&[("LARDER_CONFIG", "mine.json")]));
    assert_eq!((named.unwrap().memory.verbose, warnings), (2, Vec::new()));

    let missing = load(&[("LARDER_CONFIG", "none.json")]).unwrap_err();
    assert!(missing.is_not_found());
    assert_eq!(missing.get("variable"), Some("LARDER_CONFIG"));
}

#[test]
fn a_memory_can_be_told_in_many_ways() {
    fn store(from: impl IntoConfig) -> String {
        from.into_config().unwrap().memory.store.to_string()
    }
    let path = PathBuf::from("ab:c");
    let (text, described, config) = ("./x".to_owned(), StoreConfig::new("memory"), everything());
    assert_eq!(store("sqlite:x"), "sqlite:x");
    assert_eq!(store(&text), "local:./x");
    assert_eq!(store(text), "local:./x");
    assert_eq!(store(path.as_path()), "local:./ab:c");
    assert_eq!(store(&path), "local:./ab:c");
    assert_eq!(store(path), "local:./ab:c");
    assert_eq!(store(&described), "memory:");
    assert_eq!(store(described), "memory:");
    assert_eq!(store(&config), "sqlite:cache.db?cache_size=3");
    assert_eq!(store(config), "sqlite:cache.db?cache_size=3");
    assert!("my dir:x".into_config().is_err());
}

/// The tables in the book are the table in the code.
#[test]
fn the_documentation_has_every_setting() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
    let page = std::fs::read_to_string(page).unwrap();
    for section in ["memory", "parallel"] {
        let mut table =
            String::from("| key | variable | allowed | default | |\n|---|---|---|---|---|\n");
        for setting in settings().iter().filter(|setting| setting.section == section) {
            let SettingInfo { key, variable, allowed, default, help, .. } = setting;
            table += &format!("| `{key}` | `{variable}` | {allowed} | {default} | {help} |\n");
        }
        assert!(page.contains(&table), "docs/configuration.md should have this table:\n{table}");
    }
}

#[test]
fn the_defaults_are_those_of_the_table() {
    let mut config = everything();
    for setting in settings() {
        if let Some(default) = setting.default.strip_prefix('`') {
            (setting.set)(&mut config, &default.trim_end_matches('`').into()).unwrap();
        }
    }
    assert_eq!(config, Config::default());
}

#[test]
fn the_section_of_parallel_calls_is_read_and_written() {
    let json = r#"{"parallel": {
        "backend": {"backend": "dask", "options": {"endpoint": "tcp://host:8786"}},
        "n_jobs": -2, "prefer": "processes", "batch_size": 10, "pre_dispatch": "2*n_jobs",
        "timeout": "1m", "retries": 3, "max_nbytes": "2M", "temp_folder": "/tmp/x", "mmap_mode": "c",
        "codec": "cbor", "inner_max_num_threads": 2, "verbose": 10, "progress": true
    }}"#;
    let config = Config::from_json(json).unwrap();
    let pairs = [
        ("LARDER_BACKEND", "dask?endpoint=tcp://host:8786"),
        ("LARDER_N_JOBS", "-2"),
        ("LARDER_PREFER", "processes"),
        ("LARDER_BATCH_SIZE", "10"),
        ("LARDER_PRE_DISPATCH", "2 * n_jobs"),
        ("LARDER_TIMEOUT", "60"),
        ("LARDER_RETRIES", "3"),
        ("LARDER_MAX_NBYTES", "2M"),
        ("LARDER_TEMP_FOLDER", "/tmp/x"),
        ("LARDER_PARALLEL_MMAP_MODE", "c"),
        ("LARDER_PARALLEL_CODEC", "cbor"),
        ("LARDER_INNER_MAX_NUM_THREADS", "2"),
        ("LARDER_PARALLEL_VERBOSE", "10"),
        ("LARDER_PROGRESS", "yes"),
    ];
    let set = settings().iter().filter(|setting| setting.section == "parallel").count();
    assert_eq!(set, pairs.len(), "every setting has its pair");
    assert_eq!(Config::default().with_variables(variables(&pairs)).unwrap(), config);
    let written = serde_json::to_string(&config).unwrap();
    assert_eq!(Config::from_json(&written).unwrap(), config, "{written}");
    let binary = postcard::to_allocvec(&config).unwrap();
    assert_eq!(postcard::from_bytes::<Config>(&binary).unwrap(), config);
    assert_eq!(config.parallel.max_nbytes.unwrap().0, Some(2 << 20));
    let numbers = r#"{"parallel": {"max_nbytes": 1000, "pre_dispatch": 7, "timeout": 1.5}}"#;
    let numbers = Config::from_json(numbers).unwrap().parallel;
    assert_eq!(numbers.max_nbytes.unwrap().0, Some(1000));
    let none = Config::default().with_variables(variables(&[("LARDER_MAX_NBYTES", "None")]));
    assert_eq!(none.unwrap().parallel.max_nbytes.unwrap().0, None);
}

#[test]
fn values_of_parallel_calls_that_cannot_be_are_named() {
    for (variable, value, said) in [
        ("LARDER_N_JOBS", "many", "a whole number"),
        ("LARDER_MAX_NBYTES", "lots", "nor `none`"),
        ("LARDER_PRE_DISPATCH", "2 + n_jobs", "`all`"),
        ("LARDER_PREFER", "threds", "`processes`"),
        ("LARDER_PARALLEL_MMAP_MODE", "rw", "`c`"),
        ("LARDER_BACKEND", "a b", "no name of a parallel backend"),
    ] {
        let error = Config::default().with_variables(variables(&[(variable, value)])).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(variable) && text.contains(said), "{text}");
    }
}

#[test]
fn secrets_of_a_backend_are_not_printed() {
    let config: crate::BackendConfig = "dask?endpoint=e&token=hidden".parse().unwrap();
    assert_eq!(config.to_string(), "dask?endpoint=e");
    assert!(!format!("{config:?}").contains("hidden"));
    assert!(serde_json::to_string(&config).unwrap().contains("hidden"));
}
