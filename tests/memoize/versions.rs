//! What makes another version, and what is written down of one.

use larder::{Tracked, Version, memoize, tracked};

use crate::{memory, runs};

fn tokens<F: Tracked>() -> String {
    match F::FUNCTION.version {
        Version::Tokens(bytes) => format!("{:032x}", u128::from_le_bytes(bytes)),
        Version::Number(number) => panic!("version = {number}"),
    }
}

#[memoize]
fn golden<'a>(text: &'a str, (n, _): (u8, u8)) -> Vec<u8>
where
    'a: 'a,
{
    // The same function stands in the unit tests of the hash, in another layout.
    if n == 0 && !text.is_empty() { vec![1, 2] } else { text.into() }
}

/// The compiler's tokens hash as those of a parsed string do: a changed number is a recomputed cache for everybody.
#[test]
fn the_hash_is_the_same_forever() {
    assert_eq!(golden("a", (0, 0)), [1, 2]);
    assert_eq!(tokens::<golden>(), "b2e100bfab6c1633031ae20c5870e306");
}

macro_rules! sum {
    ($name:ident, $left:expr, $right:literal) => {
        #[tracked]
        fn $name() -> i32 {
            $left + $right
        }
    };
}
sum!(from_macro, 3, 4);

mod by_hand {
    #[larder::tracked]
    pub(super) fn sum() -> i32 {
        3 + 4
    }
}

#[test]
fn a_macros_way_of_passing_tokens_does_not_count() {
    assert_eq!(tokens::<from_macro>(), tokens::<by_hand::sum>());
    assert_eq!(from_macro(), by_hand::sum());
}

/// Two programs: one function at one place, before and after a change.
macro_rules! program {
    ($name:ident: $(#[$attribute:meta])* $x:ident => $code:expr) => {
        mod $name {
            $(#[$attribute])*
            pub(super) fn f($x: u8) -> u8 {
                crate::ran();
                $code
            }
        }
    };
}
program!(original: #[larder::memoize(name = "changing")] x => x + 1);
program!(changed: #[larder::memoize(name = "changing")] x => x + 2);
program!(documented: #[larder::memoize(name = "changing")] #[doc = "New."] #[inline] x => x + 1);
program!(number_one: #[larder::memoize(name = "numbered", version = 1)] x => x + 1);
program!(number_one_changed: #[larder::memoize(name = "numbered", version = 1)] x => x + 2);
program!(number_two: #[larder::memoize(name = "numbered", version = 1 + 1)] x => x + 1);

#[test]
fn code_is_part_of_the_key() {
    let memory = memory();
    let original = memory.cache::<original::f>();
    let changed = memory.cache::<changed::f>();
    let documented = memory.cache::<documented::f>();
    assert_ne!(original.with(1).key().unwrap(), changed.with(1).key().unwrap());
    assert_eq!(original.with(1).key().unwrap(), documented.with(1).key().unwrap());
    runs();
    for _ in 0..2 {
        assert_eq!(original.call(1).unwrap(), 2);
    }
    assert_eq!(runs(), 1);
    // In one process the name is taken: the other function computes.
    assert_eq!((changed.call(1).unwrap(), documented.call(1).unwrap()), (3, 2));
    assert_eq!(runs(), 2);
}

#[test]
fn a_version_by_number_stays_until_it_is_raised() {
    let memory = memory();
    let one = memory.cache::<number_one::f>().with(1).key().unwrap();
    assert_eq!(memory.cache::<number_one_changed::f>().with(1).key().unwrap(), one);
    assert_ne!(memory.cache::<number_two::f>().with(1).key().unwrap(), one);
    assert_eq!(number_two::f::FUNCTION.version, Version::Number(2));
    assert_eq!((number_one::f(1), number_one_changed::f(1), number_two::f(1)), (2, 3, 2));
}

mod helpers {
    use larder::tracked;

    #[tracked]
    pub(super) const unsafe fn generic<T: Copy>(x: T) -> T {
        x
    }

    #[tracked(handle = Text)]
    pub(super) fn str(x: u8) -> u8 {
        x
    }

    #[tracked(version = 7)]
    pub(super) fn numbered(x: u8) -> u8 {
        x
    }

    #[tracked(version = 7, depends(Text))]
    pub(super) fn numbered_over_text(x: u8) -> u8 {
        str(x)
    }
}

#[memoize(version = 1)]
fn alone(x: u8) -> u8 {
    x
}

#[memoize(version = 1, depends(alone, helpers::generic, helpers::Text))]
fn dependent(x: u8) -> u8 {
    // SAFETY: it only returns its argument.
    alone(helpers::str(unsafe { helpers::generic(x) }))
}

#[memoize(version = 1, depends(helpers::numbered))]
fn over_numbered(x: u8) -> u8 {
    helpers::numbered(x)
}

#[memoize(version = 1, depends(helpers::numbered_over_text))]
fn over_numbered_over_text(x: u8) -> u8 {
    helpers::numbered_over_text(x)
}

#[test]
fn what_a_function_depends_on_is_part_of_its_version() {
    let folds = [
        alone::FUNCTION.fold(),
        dependent::FUNCTION.fold(),
        over_numbered::FUNCTION.fold(),
        over_numbered_over_text::FUNCTION.fold(),
    ];
    for (i, fold) in folds.iter().enumerate() {
        assert!(!folds[..i].contains(fold), "{i}");
    }
    assert_eq!(
        dependent::FUNCTION.depends,
        [alone::FUNCTION.fold(), helpers::generic::FUNCTION.fold(), helpers::Text::FUNCTION.fold()]
    );
    assert_eq!([dependent(1), over_numbered(1), over_numbered_over_text(1)], [1; 3]);
}

#[memoize(ignore(r#type), name = "a name")]
fn described(text: &str, (_a, _b): (u8, u8), r#type: bool) -> usize {
    // A comment, kept.
    if r#type { 0 } else { text.len() }
}

#[test]
fn what_is_written_down() {
    let function = described::FUNCTION;
    assert_eq!(function.package, env!("CARGO_PKG_NAME"));
    assert_eq!(function.package_version, env!("CARGO_PKG_VERSION"));
    assert_eq!((function.name, function.renamed), ("a name", true));
    assert_eq!((golden::FUNCTION.name, golden::FUNCTION.renamed), ("golden", false));
    assert_eq!(function.arguments, ["text", "arg1", "type"]);
    assert_eq!(function.ignored, ["type"]);
    assert_eq!(
        function.source,
        "fn described(text: &str, (_a, _b): (u8, u8), r#type: bool) -> usize {\n    \
         // A comment, kept.\n    if r#type { 0 } else { text.len() }\n}"
    );
    assert_eq!(from_macro::FUNCTION.source, "fn from_macro () -> i32 { 3 + 4 }");
    assert!(function.file.ends_with("versions.rs"), "{}", function.file);
    let source = include_str!("versions.rs");
    let line = source.lines().nth(function.line as usize - 1).unwrap();
    assert!(line.starts_with("#[memoize(ignore(r#type)"), "{line}");
    assert!(!function.foreign);
    assert_eq!(described("ab", (1, 2), false), 2);
}
