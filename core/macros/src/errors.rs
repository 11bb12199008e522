//! Several mistakes are reported at once.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Error;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            None => self.0 = Some(error),
        }
    }

    /// All of them, with a last one that leaves no way on.
    pub(crate) fn ending_with(&mut self, error: Error) -> Error {
        match self.0.take() {
            Some(mut first) => {
                first.combine(error);
                first
            }
            None => error,
        }
    }

    /// A mistake under all of `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.push(Error::new_spanned(tokens, message));
    }

    pub(crate) fn into_result(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}

/// The errors, and the item as it was written: call sites must not fail as well.
pub(crate) fn beside(error: &Error, item: &TokenStream) -> TokenStream {
    let errors = error.to_compile_error();
    quote::quote!(#errors #item)
}
