//! `#[memoize]`: the function with its body behind a look into the store, and its handle.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{FnArg, Signature, Type};

use crate::attributes::Attributes;
use crate::errors::{self, Errors};
use crate::function::{Argument, Function, Taken, respanned};
use crate::options::Options;
use crate::{check, info, options};

/// The memoized function, or the errors beside the plain one.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if Taken::is_used_up(&attribute) {
        return TokenStream::new();
    }
    try_expand(attribute, &item).unwrap_or_else(|error| errors::beside(&error, &item))
}

fn try_expand(attribute: TokenStream, item: &TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let mut function = Function::expected_by(options::MEMOIZE.name, item.clone())
        .map_err(|error| errors.ending_with(error))?;
    let task = function.take_attribute(options::TASK.name);
    let used = task.as_ref().map(Taken::used);
    let both = both(attribute, task.map(|task| task.options), &function, errors)?;
    Ok(quote!(#both #used))
}

/// The memoized function, which may be a task as well.
pub(crate) fn both(
    memoize: TokenStream,
    task: Option<TokenStream>,
    function: &Function,
    mut errors: Errors,
) -> syn::Result<TokenStream> {
    let options = options::MEMOIZE.options(memoize, &mut errors);
    let arguments = function.arguments();
    check::memoize(function, &arguments, &options, &mut errors);
    let task = task.map(|task| crate::task::beside_memoize(task, function, &mut errors));
    errors.into_result()?;
    let expansion = Expansion::new(function, arguments, &options);
    let memoized = expansion.tokens();
    let task = task.map(|task| expansion.task(task.portable));
    Ok(quote!(#memoized #task))
}

/// A function about to be written.
pub(crate) struct Expansion<'f> {
    pub(crate) function: &'f Function,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) options: &'f Options,
    /// Where generated code finds larder.
    pub(crate) private: TokenStream,
    /// The type of the handle.
    pub(crate) namesake: Ident,
    /// The function that runs the body.
    pub(crate) body: Ident,
    pub(crate) output: Type,
    pub(crate) is_async: bool,
}

impl<'f> Expansion<'f> {
    pub(crate) fn new(
        function: &'f Function,
        arguments: Vec<Argument>,
        options: &'f Options,
    ) -> Self {
        let name = &function.signature.ident;
        Self {
            function,
            arguments,
            options,
            private: info::private(options),
            namesake: info::namesake(function, options),
            // Not a plain name: the body would see it instead of one around the function.
            // Where the name is: what lints say of both functions is said once.
            body: format_ident!("__larder_{}", name.unraw(), span = name.span()),
            output: function.output(),
            is_async: function.signature.asyncness.is_some(),
        }
    }

    fn tokens(&self) -> TokenStream {
        let attributes = Attributes::split(&self.function.attributes);
        let outer = self.outer(&attributes);
        let namesake = self.namesake_type(&attributes);
        let lints = &attributes.lints;
        let inner = self.inner(&attributes);
        let tracked = info::tracked(self.function, &self.arguments, self.options);
        let memoize = self.implement_memoize();
        let run = self.implement_run();
        let methods = self.methods(&attributes);
        quote! {
            #outer
            #namesake
            #(#lints)*
            const _: () = {
                #inner
                #tracked
                #memoize
                #run
                #methods
            };
        }
    }

    /// The function everybody calls.
    fn outer(&self, attributes: &Attributes) -> TokenStream {
        let Self { private, namesake, .. } = self;
        let Attributes { outside, lints, .. } = attributes;
        let visibility = &self.function.visibility;
        let signature = self.with_plain_arguments();
        let idents = self.idents();
        let call = if self.is_async {
            quote!(#private::ambient_async::<#namesake>((#(#idents,)*)).await)
        } else {
            quote!(#private::ambient::<#namesake>((#(#idents,)*)))
        };
        // Where the body was: the function counts as the user's, and is told of when nobody uses it.
        let mut body = Group::new(Delimiter::Brace, call);
        body.set_span(self.function.body.span());
        quote!(#(#outside)* #(#lints)* #visibility #signature #body)
    }

    /// The signature with a name where there was a pattern.
    fn with_plain_arguments(&self) -> Signature {
        let mut signature = self.function.signature.clone();
        for (input, argument) in signature.inputs.iter_mut().zip(&self.arguments) {
            let (ident, ty) = (&argument.ident, &argument.ty);
            *input = FnArg::Typed(syn::parse_quote!(#ident: #ty));
        }
        signature
    }

    fn namesake_type(&self, attributes: &Attributes) -> TokenStream {
        let Self { private, namesake, .. } = self;
        let documentation = &attributes.documentation;
        let visibility = self.function.generated_visibility();
        let doc = format!(
            "The handle of the memoized function [`fn@{}`]: `memory.cache::<{namesake}>()`.",
            self.function.signature.ident
        );
        // A named field: the value of that name stays the function.
        quote! {
            #[doc = #doc]
            #(#documentation)*
            #[derive(::core::clone::Clone, ::core::fmt::Debug)]
            #visibility struct #namesake { handle: #private::Handle<#namesake> }
        }
    }

    /// The function as it was written, under another name.
    fn inner(&self, attributes: &Attributes) -> TokenStream {
        let inside = &attributes.inside;
        let mut signature = self.function.signature.clone();
        signature.ident = self.body.clone();
        let body = &self.function.body;
        // It cannot be `const`, because the memoized one cannot.
        quote!(#(#inside)* #[allow(clippy::missing_const_for_fn)] #signature #body)
    }

    fn methods(&self, attributes: &Attributes) -> TokenStream {
        let Self { private, namesake, output, .. } = self;
        let visibility = self.function.generated_visibility();
        let (generics, _, bounds) = self.function.signature.generics.split_for_impl();
        let asyncness = self.is_async.then(|| quote!(async));
        let idents = self.idents();
        let types = self.arguments.iter().map(|argument| &argument.ty);
        let borrowed = self.arguments.iter().map(|argument| &argument.borrowed);
        let call = if self.is_async {
            quote!(call_async((#(#idents,)*)).await)
        } else {
            quote!(call_sync((#(#idents,)*)))
        };
        let args = crate::lifetimes::args_lifetime();
        // Who calls the handle uses the function: it is not dead code.
        let function = respanned(&self.function.signature.ident);
        let used = quote!(let _ = #function;);
        // `self` is one more than the user has.
        let many = (idents.len() >= 7).then(|| quote!(#[allow(clippy::too_many_arguments)]));
        let deprecated = attributes.is_deprecated().then(|| quote!(#[allow(deprecated)]));
        quote! {
            impl ::core::ops::Deref for #namesake {
                type Target = #private::Handle<#namesake>;

                fn deref(&self) -> &Self::Target {
                    &self.handle
                }
            }

            #deprecated
            #many
            impl #namesake {
                /// Takes the result from the store, or computes and keeps it.
                ///
                /// # Errors
                /// What the store or the encoding failed with, where `on_store_error` asks to know.
                #visibility #asyncness fn call #generics (&self, #(#idents: #types),*)
                    -> #private::Result<#output> #bounds
                {
                    #used
                    self.handle.#call
                }

                /// One call with its arguments, for everything but calling: look it up, shelve or invalidate it.
                #visibility fn with<#args>(&#args self, #(#idents: #borrowed),*)
                    -> #private::Bound<#args, #namesake>
                {
                    #used
                    self.handle.bind((#(#idents,)*))
                }
            }
        }
    }

    pub(crate) fn idents(&self) -> Vec<&Ident> {
        self.arguments.iter().map(|argument| &argument.ident).collect()
    }
}

/// A variable of generated code, which no argument is mistaken for.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}
