//! The attributes and derives of larder. Used through the crate `larder`, which re-exports them.

mod attributes;
mod check;
mod duration;
mod errors;
mod expand;
mod function;
mod implement;
mod info;
mod key_digest;
mod lifetimes;
mod options;
mod source;
mod task;
mod task_impl;
mod tracked;
mod version;

use proc_macro::TokenStream;

/// Keeps the results of a function: called again with equal arguments, it takes the result from the store.
///
/// ```
/// use larder::memoize;
///
/// #[memoize(ignore(verbose))]
/// fn column_mean(rows: &[Vec<f64>], column: usize, verbose: bool) -> f64 {
///     if verbose {
///         eprintln!("column {column}");
///     }
///     rows.iter().map(|row| row[column]).sum::<f64>() / rows.len() as f64
/// }
///
/// // Called as before: nothing is kept until a `Memory` is installed or in scope.
/// assert_eq!(column_mean(&[vec![1.0, 2.0], vec![3.0, 4.0]], 1, false), 3.0);
/// ```
///
/// The function keeps its signature. Beside it stands a type with the same name, the **handle**: from
/// `let f = memory.cache::<column_mean>();` come `f.call(&rows, 1, false)`, with the function's own parameters, and
/// `f.with(&rows, 1, false)` for everything else about one call: look it up, refresh, shelve or invalidate it.
///
/// * An `async fn` works in the same way; its future must be `Send`.
/// * Of a `Result` only `Ok` is kept. A panic keeps nothing.
/// * A function may call itself: every level is kept.
/// * Arguments need `KeyDigest` or `serde::Serialize`, the result `serde::Serialize` and `serde::Deserialize`.
///   What is borrowed may be of any lifetime.
/// * An argument that is a pattern is called `arg0`, `arg1` … by its position, in options and in records.
///
/// # The version
///
/// The code is part of the key: after a change results are computed again, and reverting the change finds the old
/// ones. The version is a hash of the tokens of signature and body. These don't count: comments and documentation,
/// layout, attributes, visibility, the function's name (it is part of the identity), the last comma in a list, and a
/// comma after the braces of a match arm. These do, though rustfmt may change them: braces around a match arm or a
/// closure's body, a semicolon after `return`, redundant parentheses, and the last comma in a tuple that holds `<` or
/// `|`, after `::<T>`, and in what a macro is given. `#[cfg]` within the body counts by its text, not by what it
/// selects.
///
/// What the function calls is not part of it: name that in `depends`, or set `version` by hand.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `ignore(a, b)` | these arguments are not part of the key, nor written down; they need no `KeyDigest` |
/// | <code>key = \|a, b\| ..</code> | the key is made of this value instead of the arguments. Each parameter is a reference to the argument of that name, any of them in any order; `return` and `?` cannot be used. Excludes `ignore` |
/// | `version = N` | a `u64` constant instead of the hash of the tokens: you decide when results are computed again |
/// | `depends(f, m::g)` | the versions of these `#[memoize]` or `#[tracked]` functions are part of this one's |
/// | `expires_after = "30d"` | older results are computed again. Whole numbers with `ns`, `us`, `ms`, `s`, `m`, `h`, `d`, `w`, as in `"1h 30m"`, or a constant expression of type `Duration` |
/// | `validate = function` | asked on every hit: a `fn(&Metadata) -> bool`, or a closure without captures; `false` computes again |
/// | `name = ".."` | stands for the function's path within the package, so that results survive moving and renaming it |
/// | `handle = Name` | the name of the handle, where the function's own is taken by a module or type |
/// | `compress = ".."`, `codec = ".."` | how results are stored, by the names used in a configuration |
/// | `mmap_mode = ".."` | `r` or `c`: arrays of results are memory-mapped, from the first call on |
/// | `verbose = N` | how much is said of calls, a `u8` constant |
/// | `hot` | results are kept decoded in memory too (feature `hot`), for `hot_for` without a look at the store; they must be `Clone + Send + Sync` |
/// | `crate = path` | where the crate `larder` is, if it isn't called that |
///
/// ```
/// # mod model { #[larder::tracked] pub fn score(x: f64) -> f64 { x } }
/// # fn recent(_: &larder::Metadata) -> bool { true }
/// #[larder::memoize(
///     key = |path, threshold| (path.to_lowercase(), threshold.to_bits()),
///     depends(model::score),
///     expires_after = "30d",
///     validate = recent,
///     name = "score-of-file"
/// )]
/// fn score_of_file(path: &str, threshold: f64, log: &dyn Fn(&str)) -> f64 {
///     log(path);
///     model::score(threshold)
/// }
/// # assert_eq!(score_of_file("A", 2.0, &|_| {}), 2.0);
/// ```
///
/// # What cannot be memoized
///
/// Each is a compile error that names the way out: `&mut` arguments (a hit would skip the change), type and const
/// parameters and `impl Trait` (memoize a concrete wrapper), methods with `self` and functions in an `impl` (memoize
/// a free function and call it from the method), results that borrow, `const`, `unsafe` and `extern` functions, a
/// variadic, `#[cfg]` on an argument, and a function with the name of a primitive type, unless `handle` gives its type
/// another one. A lifetime left out of a path is refused by the compiler: write `Cow<'_, str>` for `Cow<str>`.
///
/// # Attributes
///
/// Documentation, `#[must_use]` and `#[deprecated]` stay on the function that is called, lint levels hold for
/// everything that is generated (`#[expect]` as `#[allow]`), and all others, such as `#[inline]` or
/// `#[tracing::instrument]`, go with the body: they see a call only when it computes.
#[proc_macro_attribute]
pub fn memoize(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(attribute.into(), item.into()).into()
}

/// Makes calls of a function tasks that can run anywhere: on threads, in other processes, on other machines.
///
/// ```
/// use larder::{Parallel, task};
///
/// #[task]
/// fn mean_of(data: &[f64], from: usize, to: usize) -> f64 {
///     data[from..to].iter().sum::<f64>() / (to - from) as f64
/// }
///
/// let data = [1.0, 3.0, 5.0, 7.0];
/// let means = Parallel::new().n_jobs(2).run([0, 2].map(|from| mean_of::delayed(&data, from, from + 2)))?;
/// assert_eq!(means, [2.0, 6.0]);
/// assert_eq!(mean_of(&data, 0, 4), 4.0); // called as before
/// # Ok::<(), larder::Error>(())
/// ```
///
/// The function stays as it is. Beside it stands a type with the same name, whose `delayed` takes the function's own
/// parameters and returns the [`Delayed`](https://docs.rs/larder/latest/larder/struct.Delayed.html) call.
///
/// # What crosses a process
///
/// | argument | arrives |
/// |---|---|
/// | `&[f64]` and slices of other numbers, `&str`, `&Path`, and `Option`s of them | borrowed from what was received, without a copy where it is large and aligned |
/// | `&T`, `&[T]`, `Option<&T>`, where `T` has serde's `Serialize` and `Deserialize` | borrowed from a value of its own |
/// | any owned value with both, such as `Vec<T>`, `String`, `Array<f64>`, `Cow<'_, str>` | as an equal value |
/// | `SharedPart<'_, f64>` | as the same part of the same array |
///
/// The result needs both traits as well. Of a `Result`, `Ok` and `Err` come back as they are; where only the `Ok` type
/// has the traits, an `Err` comes back as the failure of the task, with its `Debug` text.
///
/// What has no way into another process still runs on threads; sent elsewhere, such a task fails with an error that
/// names the argument. With `portable` it does not compile.
///
/// # Again
///
/// A task that fails may be [tried again](https://docs.rs/larder/latest/larder/struct.Parallel.html#method.retries).
/// References are used again, arguments by value are cloned for it; one that is not `Clone` lets the task run once in
/// this process.
///
/// # With `#[memoize]`
///
/// In either order: the task then calls the memoized function, and the type of the function's name is the handle, with
/// `delayed` besides. Options other than `portable` go to `#[memoize]`.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `portable` | compiles only if all arguments and the result can cross processes |
/// | `name = ".."` | stands for the function's path within the package: the name by which other processes know it |
/// | `version = N`, `depends(f)` | as for `#[memoize]`; programs must agree on the version |
/// | `handle = Name` | the name of the type, where the function's own is taken by a module or type |
/// | `crate = path` | where the crate `larder` is, if it isn't called that |
///
/// # What cannot be a task
///
/// Each is a compile error that names the way out: `&mut` arguments, type and const parameters and `impl Trait` (put it
/// on a concrete wrapper), methods with `self`, results that borrow, `async` and `unsafe` functions, and a function
/// with the name of a primitive type, unless `handle` gives its type another one.
#[proc_macro_attribute]
pub fn task(attribute: TokenStream, item: TokenStream) -> TokenStream {
    task::expand(attribute.into(), item.into()).into()
}

/// Makes a function's version known, so that `#[memoize(depends(..))]` can name it. The function itself is left as it
/// is, and may be generic, `const`, `unsafe` or `async`.
///
/// ```
/// use larder::{memoize, tracked};
///
/// #[tracked]
/// fn smooth(x: f64) -> f64 {
///     x.tanh()
/// }
///
/// // Computed again when the body of `smooth` changes.
/// #[memoize(depends(smooth))]
/// fn total(data: &[f64]) -> f64 {
///     data.iter().copied().map(smooth).sum()
/// }
/// # assert_eq!(total(&[0.0]), 0.0);
/// ```
///
/// Beside the function stands a type with the same name, which no value has. A function with the name of a primitive
/// type, or of a module beside it, needs `handle = Name`; a method cannot be tracked.
///
/// | option | meaning |
/// |---|---|
/// | `version = N` | a `u64` constant instead of the hash of the tokens, which is the one of `#[memoize]` |
/// | `depends(f, m::g)` | the versions of these functions are part of this one's |
/// | `handle = Name` | the name of the type, by which `depends` then names it |
/// | `crate = path` | where the crate `larder` is, if it isn't called that |
#[proc_macro_attribute]
pub fn tracked(attribute: TokenStream, item: TokenStream) -> TokenStream {
    tracked::expand(attribute.into(), item.into()).into()
}

/// Derives `KeyDigest`: a digest of the type's name and its fields, or of its variant's, by name.
///
/// A field takes part by its own `KeyDigest`, else by its `serde::Serialize`. The digest is the one that
/// `derive(serde::Serialize)` without attributes leads to.
///
/// * `#[key_digest(skip)]` on a field leaves it out: two values that differ only there share their keys.
/// * `#[key_digest(crate = path)]` on the type says where the crate `larder` is, if it isn't called that.
#[proc_macro_derive(KeyDigest, attributes(key_digest))]
pub fn key_digest(input: TokenStream) -> TokenStream {
    key_digest::expand(input.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
