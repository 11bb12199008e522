//! `#[task]`: the function as it is, and a type with its name that makes its calls tasks.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::attributes::Attributes;
use crate::errors::{self, Errors};
use crate::expand::{self, Expansion};
use crate::function::{Function, Taken};
use crate::options::{self, Options};
use crate::{check, info};

/// The function with its namesake, or the errors beside it.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if Taken::is_used_up(&attribute) {
        return TokenStream::new();
    }
    try_expand(attribute, &item).unwrap_or_else(|error| errors::beside(&error, &item))
}

fn try_expand(attribute: TokenStream, item: &TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let mut function = Function::expected_by(options::TASK.name, item.clone())
        .map_err(|error| errors.ending_with(error))?;
    if let Some(memoize) = function.take_attribute(options::MEMOIZE.name) {
        let used = memoize.used();
        let both = expand::both(memoize.options, Some(attribute), &function, errors)?;
        return Ok(quote!(#both #used));
    }
    let options = options::TASK.options(attribute, &mut errors);
    check::task(&function, &options, &mut errors);
    check::not_async(&function, &mut errors);
    errors.into_result()?;

    let attributes = Attributes::split(&function.attributes);
    let (documentation, lints) = (&attributes.documentation, &attributes.lints);
    let visibility = function.generated_visibility();
    let arguments = function.arguments();
    let tracked = info::tracked(&function, &arguments, &options);
    let expansion = Expansion::new(&function, arguments, &options);
    let namesake = &expansion.namesake;
    let doc = format!(
        "The task function [`fn@{}`]: `{namesake}::delayed(..)` is a call of it to be made.",
        function.signature.ident
    );
    let task = expansion.task(options.portable);
    Ok(quote! {
        #item

        // No variants: it takes the name of a type only, and nobody can make one.
        #[doc = #doc]
        #(#documentation)*
        #[derive(::core::fmt::Debug)]
        #(#lints)*
        #visibility enum #namesake {}

        const _: () = { #tracked };
        #task
    })
}

/// The options of `#[task]` on a memoized function: who the function is, `#[memoize]` says.
pub(crate) fn beside_memoize(
    attribute: TokenStream,
    function: &Function,
    errors: &mut Errors,
) -> Options {
    let options = options::TASK.options(attribute, errors);
    check::not_async(function, errors);
    let Options { name, version, handle, depends, .. } = &options;
    let misplaced = [
        ("name", name.as_ref().map(ToTokens::to_token_stream)),
        ("version", version.as_ref().map(ToTokens::to_token_stream)),
        ("handle", handle.as_ref().map(ToTokens::to_token_stream)),
        ("depends", depends.first().map(ToTokens::to_token_stream)),
    ];
    for (name, given) in misplaced {
        if let Some(given) = given {
            errors
                .at(given, format!("on a memoized function, `{name}` is an option of #[memoize]"));
        }
    }
    options
}
