//! What makes calls of a function tasks: `delayed`, the trait, and the entry among the functions known by name.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

use crate::attributes::Attributes;
use crate::expand::{Expansion, local};
use crate::function::{Argument, respanned};
use crate::implement::here;
use crate::lifetimes::{self, args_lifetime};

impl Expansion<'_> {
    /// Everything beside the namesake type.
    pub(crate) fn task(&self, portable: bool) -> TokenStream {
        let Self { private, namesake, .. } = self;
        let attributes = Attributes::split(&self.function.attributes);
        let lints = &attributes.lints;
        let deprecated = attributes.is_deprecated().then(|| quote!(#[allow(deprecated)]));
        let delayed = self.delayed();
        let implementation = self.implement_task();
        let portable = portable.then(|| self.must_be_portable());
        quote! {
            #(#lints)*
            #deprecated
            const _: () = {
                #delayed
                #implementation
                #portable
                #private::inventory::submit!(#private::RegisteredTask::of::<#namesake>());
            };
        }
    }

    fn delayed(&self) -> TokenStream {
        let Self { private, namesake, output, .. } = self;
        let visibility = self.function.generated_visibility();
        let function = respanned(&self.function.signature.ident);
        let lifetime = args_lifetime();
        let idents = self.idents();
        let borrowed = self.arguments.iter().map(|argument| &argument.borrowed);
        let many = (idents.len() > 7).then(|| quote!(#[allow(clippy::too_many_arguments)]));
        let doc = format!("The call of [`fn@{function}`] with these arguments, to be made.");
        quote! {
            #many
            impl #namesake {
                #[doc = #doc]
                #[must_use = "a task runs when it is called, or given to a parallel call"]
                #visibility fn delayed<#lifetime>(#(#idents: #borrowed),*)
                    -> #private::Delayed<#lifetime, #output>
                {
                    <Self as #private::Task>::later((#(#idents,)*))
                }
            }
        }
    }

    fn implement_task(&self) -> TokenStream {
        let Self { private, namesake, output, .. } = self;
        let function = respanned(&self.function.signature.ident);
        let lifetime = args_lifetime();
        let types = self.arguments.iter().map(|argument| &argument.borrowed);
        let (args, out) = (local("args"), local("out"));
        // Names of their own: an argument may have the name of the function.
        let locals = self.locals();
        let names: Vec<&String> = self.arguments.iter().map(|argument| &argument.name).collect();
        let ways: Vec<TokenStream> = self.arguments.iter().map(|one| self.way(one)).collect();
        let describe = self.describe();
        let clones = self.again("clones", "clone_via");
        let copies = self.again("copies", "copy_via");
        let returned = self.returned();
        quote! {
            impl #private::Task for #namesake {
                type Args<#lifetime> = (#(#types,)*);
                type Output = #output;

                fn cell() -> &'static #private::TaskCell {
                    static CELL: #private::TaskCell = #private::TaskCell::new();
                    &CELL
                }

                fn run(#args: Self::Args<'_>) -> Self::Output {
                    let (#(#locals,)*) = #args;
                    #function(#(#locals),*)
                }

                #clones
                #copies
                #describe

                fn bytes(#args: &Self::Args<'_>) -> ::core::primitive::usize {
                    let (#(#locals,)*) = #args;
                    0 #(+ #ways.bytes(#locals))*
                }

                fn shapes() -> ::std::vec::Vec<[::core::primitive::u8; 16]> {
                    ::std::vec![#(#ways.shape()),*]
                }

                fn send<'t>(
                    #args: &'t Self::Args<'_>,
                    #out: &mut #private::ArgumentWriter<'t, '_>,
                ) -> #private::Result<()> {
                    let (#(#locals,)*) = #args;
                    #(#private::of_argument(#names, #ways.send(#locals, #out))?;)*
                    ::core::result::Result::Ok(())
                }

                fn receive(
                    #args: &mut #private::ArgumentReader<'_>,
                ) -> #private::Result<Self::Output> {
                    #(let mut #locals = #private::of_argument(#names, #ways.receive(#args))?;)*
                    #args.end()?;
                    #(let #locals = #private::of_argument(#names, #ways.lend(&mut #locals))?;)*
                    ::core::result::Result::Ok(#function(#(#locals),*))
                }

                fn returned() -> #private::Returned<Self::Output> {
                    ::core::convert::Into::into(#returned)
                }
            }
        }
    }

    /// `fn clones` or `fn copies`: all arguments once more, or nothing.
    fn again(&self, name: &str, via: &str) -> TokenStream {
        let private = &self.private;
        let (name, via) = (Ident::new(name, Span::call_site()), Ident::new(via, Span::call_site()));
        let lifetime = args_lifetime();
        let args = local("args");
        let locals = self.locals();
        quote! {
            fn #name<#lifetime>(
                #args: &Self::Args<#lifetime>,
            ) -> ::core::option::Option<Self::Args<#lifetime>> {
                use #private::#via::{Again as _, Once as _};
                let (#(#locals,)*) = #args;
                ::core::option::Option::Some((#((&&#private::Wrap(#locals)).larder_again()?,)*))
            }
        }
    }

    /// How an argument travels, as an expression.
    fn way(&self, argument: &Argument) -> TokenStream {
        let private = &self.private;
        let ty = lifetimes::forever(&argument.borrowed);
        if !lifetimes::is_self_contained(&argument.ty) {
            return quote_spanned!(here(&argument.ty)=> #private::NotPortable::new::<#ty>());
        }
        quote_spanned! {here(&argument.ty)=> {
            use #private::argument_via::{AsBytes as _, Neither as _, Reference as _, Whole as _};
            (&&&&#private::Probe::<#ty>::new()).larder_argument()
        }}
    }

    /// How the result travels, as an expression.
    fn returned(&self) -> TokenStream {
        let Self { private, output, .. } = self;
        let probe = match self.result_as_text() {
            _ if lifetimes::is_owned(output) => quote!(&&&&),
            true => quote!(&&&),
            false => {
                return quote_spanned!(here(output)=> #private::NotReturned::<#output>::new());
            }
        };
        quote_spanned! {here(output)=> {
            use #private::returned_via::{Both as _, Neither as _, OkAlone as _, Whole as _};
            (#probe #private::Probe::<#output>::new()).larder_returned()
        }}
    }

    /// Whether it is only the error of a `Result` that is borrowed for `'static`.
    fn result_as_text(&self) -> bool {
        let Type::Path(path) = lifetimes::plain(&self.output) else { return false };
        lifetimes::generic_types(path, "Result").first().is_some_and(|ok| lifetimes::is_owned(ok))
    }

    fn must_be_portable(&self) -> TokenStream {
        let private = &self.private;
        let asked = |ty: &dyn ToTokens, way: TokenStream| quote_spanned!(here(&ty.to_token_stream())=> asked(&#way););
        let arguments = self.arguments.iter().map(|one| asked(&one.ty, self.way(one)));
        let returned = asked(&self.output, self.returned());
        quote! {
            const _: fn() = || {
                fn asked<T: #private::IsPortable>(_: &T) {}
                #(#arguments)*
                #returned
            };
        }
    }

    fn locals(&self) -> Vec<Ident> {
        (0..self.arguments.len()).map(|position| local(&format!("arg{position}"))).collect()
    }
}
