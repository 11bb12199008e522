//! How a function is found by name.

use larder::Tracked;
use larder::parallel::tasks;
use larder::task;

use crate::across;

mod inner {
    #[larder::task]
    pub(super) fn within(x: u8) -> u8 {
        x + 1
    }
}

#[task(name = "renamed", version = 3)]
fn written(x: u8) -> u8 {
    x + 2
}

#[test]
fn by_package_and_path() {
    #[task]
    fn nested(x: u8) -> u8 {
        x + 3
    }
    assert_eq!(across(inner::within::delayed(1)), 2);
    assert_eq!(across(written::delayed(1)), 3);
    assert_eq!(across(nested::delayed(1)), 4);
    let names: Vec<_> = tasks::registered().iter().map(tasks::RegisteredTask::name).collect();
    for name in [
        "larder::tasks::names::inner::within",
        "larder::renamed",
        "larder::tasks::names::by_package_and_path::nested",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn an_unknown_function_is_told_from_a_changed_one() {
    let call = written::delayed(1);
    let task = call.portable().unwrap();
    assert!(tasks::find(task.function(), task.version()).is_ok());
    let changed = tasks::find(task.function(), task.version() ^ 1).unwrap_err();
    assert!(changed.is_invalid() && changed.to_string().contains("names.rs:"), "{changed}");
    let unknown = tasks::find("larder::rename", 1).unwrap_err();
    assert!(unknown.is_not_found(), "{unknown}");
    assert!(unknown.to_string().contains("there is `larder::renamed`"), "{unknown}");
    assert!(unknown.to_string().contains("register"), "{unknown}");
}

/// Two functions in two blocks of one function have one path.
fn twins(first: bool) -> larder::Delayed<'static, u8> {
    if first {
        #[task]
        fn twin() -> u8 {
            1
        }
        twin::delayed()
    } else {
        #[task]
        fn twin() -> u8 {
            2
        }
        twin::delayed()
    }
}

#[test]
fn two_functions_of_one_name_are_an_error_that_names_both_places() {
    assert_eq!(twins(true).call() + twins(false).call(), 3);
    let call = twins(true);
    let task = call.portable().unwrap();
    let error = tasks::find(task.function(), task.version()).unwrap_err().to_string();
    assert_eq!(error.matches("names.rs:").count(), 2, "{error}");
    assert!(error.contains("twin") && error.contains("#[task(name = "), "{error}");
    assert_eq!(tasks::check().unwrap_err().to_string(), error);
    // Others are not harmed.
    assert_eq!(across(written::delayed(5)), 7);
}

#[test]
fn registering_by_hand_what_is_known_changes_nothing() {
    let before = tasks::registered().len();
    tasks::register::<written>();
    assert_eq!(tasks::registered().len(), before);
    assert_eq!(across(written::delayed(1)), 3);
}

#[test]
fn the_version_is_of_code_and_shapes() {
    mod a {
        #[larder::task]
        pub(super) fn same(x: u8) -> u8 {
            x
        }
    }
    mod b {
        /// Documentation and layout are not code.
        #[larder::task]
        pub(super) fn same(x: u8) -> u8 {
            x
        }
    }
    mod c {
        #[larder::task]
        pub(super) fn same(x: u8) -> u8 {
            x + 1
        }
    }
    mod d {
        #[expect(non_camel_case_types, reason = "in place of the primitive type")]
        type u8 = u16;
        #[larder::task]
        pub(super) fn same(x: u8) -> u8 {
            x
        }
    }
    let version = |call: larder::Delayed<'_, u8>| call.portable().unwrap().version();
    let a = version(a::same::delayed(1));
    assert_eq!(a, version(b::same::delayed(1)));
    assert_ne!(a, version(c::same::delayed(1)));
    assert_ne!(a, d::same::delayed(1).portable().unwrap().version());
    assert_eq!(a::same::FUNCTION.arguments, ["x"]);
}
