//! `#[tracked]`: the function as it is, and a type with its name that knows its version.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::{self, Errors};
use crate::function::Function;
use crate::{check, info, options};

/// The function with its namesake, or the errors beside it.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    try_expand(attribute, &item).unwrap_or_else(|error| errors::beside(&error, &item))
}

fn try_expand(attribute: TokenStream, item: &TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let options = options::TRACKED.options(attribute, &mut errors);
    let function = Function::expected_by(options::TRACKED.name, item.clone())
        .map_err(|error| errors.ending_with(error))?;
    check::tracked(&function, &options, &mut errors);
    errors.into_result()?;

    let visibility = function.generated_visibility();
    let namesake = info::namesake(&function, &options);
    let tracked = info::tracked(&function, &function.arguments(), &options);
    let doc = format!(
        "The version of the tracked function [`fn@{0}`]: `#[memoize(depends({namesake}))]`.",
        function.signature.ident
    );
    Ok(quote! {
        #item

        // No variants: it takes the name of a type only, and nobody can make one.
        #[doc = #doc]
        #[derive(::core::fmt::Debug)]
        #visibility enum #namesake {}

        const _: () = { #tracked };
    })
}
