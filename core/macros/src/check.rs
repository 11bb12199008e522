//! What cannot be memoized or tracked, each with the way out.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{FnArg, GenericParam, Ident, ReturnType, Safety, Type};

use crate::errors::Errors;
use crate::function::{Argument, Function};
use crate::lifetimes::{self, Borrowed};
use crate::options::Options;

/// How an attribute that calls the function puts things.
struct Words {
    attribute: &'static str,
    /// Goes before "a concrete wrapper".
    verb: &'static str,
    /// Why not `&mut`.
    exclusive: &'static str,
    /// What it does with the result.
    result: &'static str,
}

const MEMOIZE: Words = Words {
    attribute: "memoize",
    verb: "memoize",
    exclusive: "a hit would skip the change made through it",
    result: "stores the result",
};

const TASK: Words = Words {
    attribute: "task",
    verb: "put #[task] on",
    exclusive: "tasks run at the same time, some in other processes, where the change would stay",
    result: "brings the result from where it ran",
};

/// Everything that keeps `function` from being memoized.
pub(crate) fn memoize(
    function: &Function,
    arguments: &[Argument],
    options: &Options,
    errors: &mut Errors,
) {
    check_namesake("memoize", function, options, errors);
    check_qualifiers(function, errors);
    check_signature(&MEMOIZE, function, errors);
    check_static_result(&function.signature.output, errors);
    check_names(&options.ignore, "ignored", function, arguments, errors);
    let key_parameters = options.key.as_ref().map_or(&[][..], |key| &key.parameters);
    check_names(key_parameters, "named", function, arguments, errors);
    check_mmap_mode(options, errors);
}

/// What is compressed is nowhere in a file as it is.
fn check_mmap_mode(options: &Options, errors: &mut Errors) {
    let (Some(mode), Some(compress)) = (&options.mmap_mode, &options.compress) else { return };
    let compresses = !matches!(&*compress.value(), "none" | "false" | "0");
    if compresses && mode.value() != "auto" {
        errors.at(
            mode,
            "a compressed result cannot be mapped, since its arrays are nowhere in the file as they are: leave out \
             `mmap_mode` or `compress`",
        );
    }
}

/// Everything that keeps `function` from being a task.
pub(crate) fn task(function: &Function, options: &Options, errors: &mut Errors) {
    check_namesake("task", function, options, errors);
    if let Safety::Unsafe(unsafety) = &function.signature.safety {
        errors.at(
            unsafety,
            "#[task] cannot call an `unsafe fn` for you: put it on a safe wrapper that states why \
             the call is sound",
        );
    }
    if let Some(variadic) = &function.signature.variadic {
        errors.at(variadic, "#[task] needs every argument by name: take a slice instead");
    }
    check_signature(&TASK, function, errors);
}

/// A task runs on a thread of a worker, which no runtime drives.
pub(crate) fn not_async(function: &Function, errors: &mut Errors) {
    if let Some(asyncness) = &function.signature.asyncness {
        errors.at(
            asyncness,
            "#[task] runs a function to its end on a worker's thread, where no runtime drives an \
             `async fn`: put #[task] on a plain `fn` that blocks on the future, as in \
             `runtime.block_on(..)`",
        );
    }
}

/// What neither attribute can do with a signature.
fn check_signature(words: &Words, function: &Function, errors: &mut Errors) {
    check_generics(words, function, errors);
    for input in &function.signature.inputs {
        check_argument(words, input, function, errors);
    }
    check_output(words, &function.signature.output, errors);
}

/// Everything that keeps `function` from being tracked.
pub(crate) fn tracked(function: &Function, options: &Options, errors: &mut Errors) {
    check_namesake("tracked", function, options, errors);
    if let Some(FnArg::Receiver(receiver)) = function.signature.inputs.first() {
        errors.at(
            receiver,
            "#[tracked] does not work on methods: move the body to a free function and call that \
             from the method",
        );
    }
}

/// The attribute adds a type with the function's name.
fn check_namesake(attribute: &str, function: &Function, options: &Options, errors: &mut Errors) {
    const PRIMITIVES: [&str; 19] = [
        "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
        "i64", "i128", "isize", "f16", "f32", "f64", "f128",
    ];
    let name = options.handle.as_ref().unwrap_or(&function.signature.ident);
    let text = name.unraw().to_string();
    if PRIMITIVES.contains(&&*text) {
        errors.at(
            name,
            format!(
                "#[{attribute}] adds a type with the function's name, which would hide the \
                 primitive type `{text}`: give it another name with `handle = Name`"
            ),
        );
    }
    if let Some(self_type) = find_ident(function.signature.to_token_stream(), "Self") {
        errors.at(
            self_type,
            format!(
                "#[{attribute}] does not work in an `impl` or `trait`: move the function out of it, \
                 and write the type instead of `Self`"
            ),
        );
    }
}

fn check_qualifiers(function: &Function, errors: &mut Errors) {
    let signature = &function.signature;
    if let Some(constness) = &signature.constness {
        errors.at(constness, "#[memoize] cannot look into a store in a `const fn`: remove `const`");
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        errors.at(
            unsafety,
            "#[memoize] cannot call an `unsafe fn` for you: memoize a safe wrapper that states why \
             the call is sound",
        );
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, "#[memoize] needs a plain Rust `fn`: memoize one and call it from this");
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, "#[memoize] needs every argument by name: take a slice instead");
    }
}

fn check_generics(words: &Words, function: &Function, errors: &mut Errors) {
    let Words { attribute, verb, .. } = words;
    let name = &function.signature.ident;
    for parameter in &function.signature.generics.params {
        match parameter {
            GenericParam::Lifetime(_) => {}
            GenericParam::Type(parameter) => errors.at(
                parameter,
                format!(
                    "#[{attribute}] needs one concrete function, and `{0}` makes `{name}` many: leave \
                     `{name}` generic and {verb} a concrete wrapper that calls `{name}::<f64>(..)`",
                    parameter.ident
                ),
            ),
            GenericParam::Const(parameter) => errors.at(
                parameter,
                format!(
                    "#[{attribute}] needs one concrete function: take `{0}` as an ordinary argument, or \
                     {verb} a concrete wrapper that calls `{name}::<8>(..)`",
                    parameter.ident
                ),
            ),
        }
    }
}

fn check_argument(words: &Words, input: &FnArg, function: &Function, errors: &mut Errors) {
    let Words { attribute, verb, exclusive: why_not, .. } = words;
    let typed = match input {
        FnArg::Typed(typed) => typed,
        FnArg::Receiver(receiver) => {
            let name = &function.signature.ident;
            return errors.at(
                receiver,
                format!(
                    "#[{attribute}] does not work on methods: move the body to a free function that \
                     takes what it needs of `self`, as in `fn {name}(this: &Type, ..)`, and call \
                     that from the method"
                ),
            );
        }
    };
    for conditional in &typed.attrs {
        if conditional.path().is_ident("cfg") || conditional.path().is_ident("cfg_attr") {
            errors.at(
                conditional,
                format!(
                    "#[{attribute}] needs one list of arguments: write two functions and put the \
                     `#[cfg]` on each"
                ),
            );
        }
    }
    let Borrowed { exclusive, opaque, .. } = lifetimes::borrow(&typed.ty);
    for reference in exclusive {
        let mutability = &reference.mutability;
        let and = &reference.and_token;
        errors.at(
            quote!(#and #mutability),
            format!(
                "#[{attribute}] cannot take `&mut`: {why_not}. Take the argument by value or by `&`, \
                 and return the new value"
            ),
        );
    }
    for opaque in opaque {
        errors.at(
            opaque,
            format!(
                "#[{attribute}] needs concrete arguments: write the type instead of `impl Trait`, \
                 or {verb} a concrete wrapper"
            ),
        );
    }
}

fn check_output(words: &Words, output: &ReturnType, errors: &mut Errors) {
    let ReturnType::Type(_, output) = output else { return };
    let Words { attribute, result, .. } = words;
    let Borrowed { borrows, opaque, .. } = lifetimes::borrow(output);
    for opaque in opaque {
        errors.at(
            opaque,
            format!(
                "#[{attribute}] {result}, so its type must have a name: return `Vec<T>` instead of \
                 `impl Iterator`, for example"
            ),
        );
    }
    if borrows {
        errors.at(
            output,
            format!(
                "#[{attribute}] {result}, so it must own what it holds: return `String` instead of \
                 `&str`, `Vec<T>` instead of `&[T]`, for example"
            ),
        );
    }
    if let Type::Never(never) = &**output {
        errors.at(never, format!("#[{attribute}] {result}, and this function never returns one"));
    }
}

fn check_static_result(output: &ReturnType, errors: &mut Errors) {
    if let ReturnType::Type(_, output) = output
        && let Type::Reference(reference) = &**output
        && !lifetimes::borrow(output).borrows
    {
        errors.at(
            reference,
            "#[memoize] reads the result back from a store, which cannot make a `&'static`: return \
             `String` or `Cow<'static, str>` instead of `&'static str`, for example",
        );
    }
}

/// `ignore(..)` and `key = |..|` name arguments, each once.
fn check_names(
    names: &[Ident],
    what: &str,
    function: &Function,
    arguments: &[Argument],
    errors: &mut Errors,
) {
    for (position, name) in names.iter().enumerate() {
        let text = name.unraw().to_string();
        if !arguments.iter().any(|argument| argument.name == text) {
            let function = &function.signature.ident;
            let known: Vec<String> =
                arguments.iter().map(|argument| format!("`{}`", argument.name)).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            errors.at(name, format!("`{function}` has no argument `{text}`; it has: {known}"));
        } else if names[..position].iter().any(|earlier| earlier.unraw() == name.unraw()) {
            errors.at(name, format!("`{text}` is {what} twice"));
        }
    }
}

fn find_ident(tokens: TokenStream, wanted: &str) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == wanted => Some(ident),
        TokenTree::Group(group) => find_ident(group.stream(), wanted),
        _ => None,
    })
}
