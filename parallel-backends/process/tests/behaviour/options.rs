//! What the backend can be told, and what it says to what cannot be.

use larder_core::parallel::{TaskErrorKind, repeatable};
use larder_core::{Error, Parallel, Registry, Result, delayed};

use super::square;

fn with(config: &str) -> Result<Parallel> {
    let registry = Registry::new();
    registry.register_parallel_factory(larder_process::factory())?;
    Ok(Parallel::new().backend(registry.open_parallel(&config.parse()?)?).n_jobs(2))
}

fn refused(config: &str) -> Error {
    let parallel = with(config);
    parallel.and_then(|parallel| parallel.run([square::delayed(1)])).unwrap_err()
}

#[test]
fn it_goes_by_many_names() {
    for name in ["process", "processes", "loky", "multiprocessing"] {
        assert_eq!(with(name).unwrap().run((0..3).map(square::delayed)).unwrap(), [0, 1, 4]);
    }
}

#[test]
fn options_that_cannot_be_meant_are_errors() {
    for (config, told) in [
        ("process?idel=3s", "`idle`"),
        ("process?idle=soon", "soon"),
        ("process?attempts=0", "attempts = 0"),
        ("process?start_timeout=0", "start_timeout"),
        ("process?max_worker_memory=lots", "lots"),
    ] {
        let error = refused(config).to_string();
        assert!(error.contains(told), "{config}: {error}");
    }
}

#[test]
fn a_program_that_is_no_worker_is_named() {
    for (config, told) in [
        ("process?exe=/there/is/no/such", "/there/is/no/such"),
        ("process?exe=/bin/true", "ended (exit status: 0) before it was ready"),
        ("process?exe=/bin/cat&start_timeout=200ms", "not ready within 200ms"),
    ] {
        let error = refused(config).to_string();
        assert!(error.contains(told), "{config}: {error}");
        assert!(error.contains("no worker could be started"), "{error}");
    }
}

#[test]
fn an_initializer_has_to_cross_as_well() {
    let parallel = with("process").unwrap().initializer(repeatable(|| ()));
    let error = parallel.run([square::delayed(1)]).unwrap_err().to_string();
    assert!(error.contains("initializer is a closure"), "{error}");
}

#[test]
fn a_call_of_closures_stays_in_this_process() {
    let parallel = with("process").unwrap();
    let words = ["fig".to_owned(), "pear".to_owned()];
    let here = std::process::id();
    let look = |word: &String| (word.len(), std::process::id());
    let tasks = || words.iter().map(|word| delayed(move || look(word)));
    assert_eq!(parallel.run(tasks()).unwrap(), [(3, here), (4, here)]);
    let streamed: Result<Vec<_>, _> =
        parallel.scoped_iter(tasks(), |results| results.collect()).unwrap();
    assert_eq!(streamed.unwrap(), [(3, here), (4, here)]);
    assert!(parallel.run::<u64, _>([]).unwrap().is_empty());
    // What was meant for processes and has a closure in between does not run it beside them.
    let mixed = [square::delayed(3), delayed(|| 7), square::delayed(4)];
    let each = parallel.run_each(mixed).unwrap();
    let error = each[1].as_ref().unwrap_err();
    assert!(
        error.kind() == TaskErrorKind::Failed && error.message().contains("#[task]"),
        "{error}"
    );
    assert_eq!((each[0].as_ref().unwrap(), each[2].as_ref().unwrap()), (&9, &16));
}
