//! The traits of a memoized function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Expr;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::expand::{Expansion, local};
use crate::function::Argument;
use crate::info;
use crate::lifetimes::args_lifetime;
use crate::options::{ExpiresAfter, KeyRule};

impl Expansion<'_> {
    /// `impl Memoize`.
    pub(crate) fn implement_memoize(&self) -> TokenStream {
        let Self { private, namesake, output, .. } = self;
        let args = args_lifetime();
        let types = self.arguments.iter().map(|argument| &argument.borrowed);
        let mode = if self.is_async { quote!(Async) } else { quote!(Sync) };
        let options = self.function_options();
        let digest = self.digest();
        let describe = self.describe();
        let hot = self.options.hot.then(|| self.hot());
        let storage = quote_spanned! {here(output)=> {
            use #private::value_via::*;
            (&&&#private::Probe::<#output>::new()).larder_storage()
        }};
        quote! {
            impl #private::Memoize for #namesake {
                type Args<#args> = (#(#types,)*);
                type Output = #output;
                type Mode = #private::#mode;

                const OPTIONS: #private::FunctionOptions = #options;

                fn cell() -> &'static #private::FunctionCell {
                    static CELL: #private::FunctionCell = #private::FunctionCell::new();
                    &CELL
                }

                #digest
                #describe

                fn storage() -> #private::Storage<Self::Output> #storage

                #hot

                fn from_handle(handle: #private::Handle<Self>) -> Self {
                    Self { handle }
                }
            }
        }
    }

    /// How results are kept in memory.
    fn hot(&self) -> TokenStream {
        let Self { private, output, .. } = self;
        let hot = quote_spanned! {here(output)=> {
            use #private::hot_via::*;
            (&&&#private::Probe::<#output>::new()).larder_hot()
        }};
        quote! {
            fn hot() -> ::core::option::Option<#private::Hot<Self::Output>> {
                ::core::option::Option::Some(#hot)
            }
        }
    }

    /// `impl RunSync` or `impl RunAsync`.
    pub(crate) fn implement_run(&self) -> TokenStream {
        let Self { private, namesake, body, .. } = self;
        let (args, lifetime, idents) = (local("args"), args_lifetime(), self.idents());
        let unpack = self.unpack(&args);
        if !self.is_async {
            return quote! {
                impl #private::RunSync for #namesake {
                    fn run<#lifetime>(#args: Self::Args<#lifetime>) -> Self::Output {
                        #unpack
                        #body(#(#idents),*)
                    }
                }
            };
        }
        // Where a body that is no `Send` is complained of.
        let boxed = quote_spanned!(body.span()=> ::std::boxed::Box::pin(#body(#(#idents),*)));
        quote! {
            impl #private::RunAsync for #namesake {
                fn run<#lifetime>(#args: Self::Args<#lifetime>) -> ::core::pin::Pin<::std::boxed::Box<
                    dyn ::core::future::Future<Output = Self::Output> + ::core::marker::Send + #lifetime
                >> {
                    #unpack
                    #boxed
                }
            }
        }
    }

    fn function_options(&self) -> TokenStream {
        let private = &self.private;
        let options = self.options;
        // By its own type, so that a mistake is shown as that and not as one of `Some(..)`.
        let expires_after = options.expires_after.as_ref().map(|ExpiresAfter(expression)| {
            let duration = local("duration");
            quote!({ let #duration: ::core::time::Duration = #expression; #duration })
        });
        let fields = [
            ("expires_after", expires_after),
            ("validate", options.validate.as_ref().map(ToTokens::to_token_stream)),
            ("verbose", options.verbose.as_ref().map(ToTokens::to_token_stream)),
            ("compress", options.compress.as_ref().map(ToTokens::to_token_stream)),
            ("codec", options.codec.as_ref().map(ToTokens::to_token_stream)),
            ("mmap_mode", options.mmap_mode.as_ref().map(ToTokens::to_token_stream)),
        ];
        let fields: Vec<_> = fields
            .into_iter()
            .filter_map(|(name, value)| {
                let name = Ident::new(name, Span::call_site());
                value.map(|value| quote!(#name = ::core::option::Option::Some(#value)))
            })
            .collect();
        let given = local("options");
        if fields.is_empty() {
            return quote!(#private::FunctionOptions::NONE);
        }
        quote! {{
            let mut #given = #private::FunctionOptions::NONE;
            #(#given.#fields;)*
            #given
        }}
    }

    fn digest(&self) -> TokenStream {
        let private = &self.private;
        let (args, digest) = (local("args"), local("digest"));
        let unpack = self.unpack(&args);
        let add = |value: TokenStream, span: Span| {
            quote_spanned! {span=> {
                use #private::digest_via::*;
                (&&&#private::Wrap(#value)).larder_digest(#digest);
            }}
        };
        let digests = match &self.options.key {
            Some(KeyRule { parameters, closure }) => {
                let idents = parameters.iter().map(|parameter| self.argument_named(parameter));
                let key = local("key");
                let (body, statements) = match &*closure.body {
                    // Its braces are those of the block below.
                    Expr::Block(block) if block.attrs.is_empty() && block.label.is_none() => {
                        let statements = &block.block.stmts;
                        (&*closure.body, quote!(#(#statements)*))
                    }
                    body => (body, body.to_token_stream()),
                };
                let ty = match &closure.output {
                    syn::ReturnType::Default => None,
                    syn::ReturnType::Type(_, ty) => Some(quote!(: #ty)),
                };
                // A block, not the closure: in a closure the types of its parameters would not be known yet.
                let digests = add(quote!(&#key), here(body));
                quote! {
                    let #key #ty = { #(let #parameters = #idents;)* #statements };
                    #digests
                }
            }
            None => self
                .key_arguments()
                .map(|argument| add(argument.ident.to_token_stream(), here(&argument.ty)))
                .collect(),
        };
        quote! {
            fn digest(#args: &Self::Args<'_>, #digest: &mut #private::Digest) {
                #unpack
                #digests
            }
        }
    }

    pub(crate) fn describe(&self) -> TokenStream {
        let private = &self.private;
        let (args, out) = (local("args"), local("out"));
        let unpack = self.unpack(&args);
        let describes = self.key_arguments().map(|Argument { name, ident, .. }| {
            quote! {{
                use #private::describe_via::*;
                (&&&#private::Wrap(#ident)).larder_describe(#name, #out);
            }}
        });
        quote! {
            fn describe(#args: &Self::Args<'_>, #out: &mut #private::ArgsWriter<'_>) {
                #unpack
                #(#describes)*
            }
        }
    }

    /// A variable for each argument; those that are not used are no lint's business in generated code.
    pub(crate) fn unpack(&self, args: &Ident) -> TokenStream {
        let idents = self.idents();
        quote!(let (#(#idents,)*) = #args;)
    }

    /// The arguments that are part of the key.
    fn key_arguments(&self) -> impl Iterator<Item = &Argument> {
        let ignored = info::ignored(&self.arguments, self.options);
        self.arguments.iter().filter(move |argument| !ignored.contains(&&*argument.name))
    }

    fn argument_named(&self, parameter: &Ident) -> Option<&Ident> {
        let name = parameter.unraw().to_string();
        let argument = self.arguments.iter().find(|argument| argument.name == name);
        argument.map(|argument| &argument.ident)
    }
}

/// Where the user wrote `tokens`, resolved as generated code: an error about it is shown there.
pub(crate) fn here(tokens: &impl Spanned) -> Span {
    Span::call_site().located_at(tokens.span())
}
