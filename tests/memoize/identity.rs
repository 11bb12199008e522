//! Functions of one name, wherever they stand.

use larder::memoize;

use crate::{memory, ran, runs};

#[memoize]
fn same(x: u8) -> String {
    ran();
    format!("outermost {x}")
}

mod inner {
    #[larder::memoize]
    pub(super) fn same(x: u8) -> String {
        crate::ran();
        format!("inner {x}")
    }

    pub(super) mod deeper {
        #[larder::memoize]
        pub(in crate::identity) fn same(x: u8) -> String {
            crate::ran();
            format!("deeper {x}")
        }
    }
}

fn in_function() -> String {
    #[memoize]
    fn same(x: u8) -> String {
        ran();
        format!("in a function {x}")
    }
    same(1)
}

fn in_closure() -> String {
    let closure = || {
        #[memoize]
        fn same(x: u8) -> String {
            ran();
            format!("in a closure {x}")
        }
        same(1)
    };
    closure()
}

struct Model;

impl Model {
    fn method(&self) -> String {
        #[memoize]
        fn same(x: u8) -> String {
            ran();
            format!("in a method {x}")
        }
        same(1)
    }
}

#[memoize]
fn around(x: u8) -> String {
    #[memoize]
    fn same(x: u8) -> String {
        ran();
        format!("in a memoized function {x}")
    }
    ran();
    same(x)
}

#[test]
fn one_name_in_many_places_never_collides() {
    memory().scope(|| {
        let call = || {
            [
                same(1),
                inner::same(1),
                inner::deeper::same(1),
                in_function(),
                in_closure(),
                Model.method(),
                around(1),
            ]
        };
        runs();
        let first = call();
        assert_eq!(runs(), 8);
        let expected = [
            "outermost 1",
            "inner 1",
            "deeper 1",
            "in a function 1",
            "in a closure 1",
            "in a method 1",
            "in a memoized function 1",
        ];
        assert_eq!(first, expected);
        assert_eq!(call(), expected);
        assert_eq!(runs(), 0);
    });
}

/// Two block scopes of one function have one path: the second is found out, and stays right by computing.
#[test]
fn two_block_scopes_of_one_function() {
    memory().scope(|| {
        runs();
        for _ in 0..3 {
            {
                #[memoize]
                fn twin(x: u8) -> String {
                    ran();
                    format!("first {x}")
                }
                assert_eq!(twin(1), "first 1");
            }
            {
                #[memoize]
                fn twin(x: u8) -> String {
                    ran();
                    format!("second {x}")
                }
                assert_eq!(twin(1), "second 1");
            }
        }
        assert_eq!(runs(), 1 + 3, "kept, and not kept");
    });
}

macro_rules! multiply_by {
    ($name:ident, $type:ty, $factor:expr, $visibility:vis) => {
        #[memoize]
        $visibility fn $name(x: $type) -> $type {
            ran();
            let factor = $factor;
            x * factor
        }
    };
}
multiply_by!(by_three, u64, 1 + 2, pub(crate));
multiply_by!(by_x, u32, [5].map(|x| x)[0], pub(super));

/// The macro's `x` and the caller's are two variables.
macro_rules! hygienic {
    ($argument:ident) => {
        #[memoize(key = |$argument| *$argument)]
        fn from_both($argument: u8) -> (u8, u8) {
            let x = 100;
            ran();
            ($argument, x)
        }
    };
}
hygienic!(x);

#[test]
fn functions_written_by_a_macro() {
    memory().scope(|| {
        runs();
        for _ in 0..2 {
            assert_eq!((by_three(2), by_x(2), from_both(1)), (6, 10, (1, 100)));
        }
        assert_eq!(runs(), 3);
    });
}

/// Everything generated says `::core`, `::std` or `::larder`.
mod shadows {
    #![expect(dead_code, reason = "only their names matter")]

    struct Option;
    struct Result;
    struct Some;
    struct None;
    struct Vec;
    struct String;
    struct Box;
    struct Send;
    struct Clone;
    struct Duration;
    mod core {}
    mod std {}
    mod larder {}

    #[::larder::memoize(expires_after = "1d", key = |x| *x)]
    pub(super) fn plain(x: u8) -> u8 {
        super::ran();
        x
    }

    #[::larder::memoize]
    pub(super) async fn asynchronous(x: u8) -> u8 {
        super::ran();
        x
    }
}

#[test]
fn a_module_that_shadows_the_prelude() {
    memory().scope(|| {
        runs();
        assert_eq!((shadows::plain(1), shadows::plain(1)), (1, 1));
        assert_eq!(runs(), 1);
    });
    drop(shadows::asynchronous(1));
}

#[memoize(crate = ::larder)]
fn by_path(x: u8) -> u8 {
    ran();
    x
}

#[cfg(debug_assertions)]
#[memoize]
fn for_one_profile(x: u8) -> u8 {
    x
}

#[cfg(not(debug_assertions))]
#[memoize]
fn for_one_profile(x: u8) -> u16 {
    u16::from(x)
}

#[test]
fn paths_and_configurations() {
    assert_eq!(crate::twice(1, || by_path(1)), 1);
    assert_eq!(size_of_val(&for_one_profile(1)), if cfg!(debug_assertions) { 1 } else { 2 });
}
