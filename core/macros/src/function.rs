//! The function an attribute stands on.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, Error, FnArg, Ident, Meta, Pat, PatType, ReturnType, Signature, Type, Visibility,
};

use crate::lifetimes::{self, Borrowed};

/// A function. Its body stays tokens: it is nobody's business but the compiler's.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: Group,
    /// Signature and body as they were written.
    pub(crate) tokens: TokenStream,
}

/// An attribute that another one does the work of.
pub(crate) struct Taken {
    path: syn::Path,
    pub(crate) options: TokenStream,
}

/// What an attribute is given that has nothing to do.
const NOTHING: &str = "__nothing";

impl Taken {
    /// A use of it that comes to nothing: to the compiler, its import is used.
    pub(crate) fn used(&self) -> TokenStream {
        let (path, nothing) = (&self.path, format_ident!("{NOTHING}"));
        quote!(#[#path(#nothing)] const _: () = ();)
    }

    /// Whether an attribute stands there as [`used`](Self::used) wrote it.
    pub(crate) fn is_used_up(attribute: &TokenStream) -> bool {
        attribute.to_string() == NOTHING
    }
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let tokens = input.fork().parse()?;
        let signature = input.parse()?;
        let body = match input.parse() {
            Ok(TokenTree::Group(body)) if body.delimiter() == Delimiter::Brace => body,
            Ok(_) | Err(_) => {
                return Err(Error::new_spanned(signature, "expected a function with a body"));
            }
        };
        Ok(Self { attributes, visibility, signature, body, tokens })
    }
}

impl Function {
    /// The function `attribute` stands on.
    pub(crate) fn expected_by(attribute: &str, item: TokenStream) -> syn::Result<Self> {
        syn::parse2::<Self>(item.clone()).map_err(|error| match syn::parse2::<syn::Item>(item) {
            // A function, but one with a mistake in it.
            Ok(syn::Item::Fn(_) | syn::Item::Verbatim(_)) | Err(_) => error,
            Ok(other) => Error::new_spanned(
                other,
                format!("#[{attribute}] goes on a free function with a body"),
            ),
        })
    }

    /// Another attribute of larder's, which is then no longer there.
    pub(crate) fn take_attribute(&mut self, name: &str) -> Option<Taken> {
        let ours = |attribute: &Attribute| {
            let segments = &attribute.path().segments;
            let first = segments.first().map(|segment| segment.ident.to_string());
            segments.last().is_some_and(|last| last.ident == name)
                && (segments.len() == 1
                    || first.is_some_and(|first| first.starts_with("larder") || first == "crate"))
        };
        let position = self.attributes.iter().position(ours)?;
        let meta = self.attributes.remove(position).meta;
        let path = meta.path().clone();
        let options = match meta {
            Meta::List(list) => list.tokens,
            _ => TokenStream::new(),
        };
        Some(Taken { path, options })
    }

    /// The function's arguments but `self`.
    pub(crate) fn arguments(&self) -> Vec<Argument> {
        let mut names: Vec<String> = Vec::new();
        for (position, pattern) in self.typed().map(|typed| &*typed.pat).enumerate() {
            names.push(match pattern {
                Pat::Ident(pattern) => pattern.ident.unraw().to_string(),
                _ => format!("arg{position}"),
            });
        }
        self.typed()
            .enumerate()
            .map(|(position, typed)| {
                let ident = match &*typed.pat {
                    Pat::Ident(pattern) => respanned(&pattern.ident),
                    _ => {
                        // Another argument may bear that name.
                        while names.iter().filter(|name| **name == names[position]).count() > 1 {
                            names[position].push('_');
                        }
                        Ident::new(&names[position], Span::call_site())
                    }
                };
                let name = names[position].clone();
                let Borrowed { ty: borrowed, .. } = lifetimes::borrow(&typed.ty);
                Argument { name, ident, ty: (*typed.ty).clone(), borrowed }
            })
            .collect()
    }

    /// The arguments with a pattern and a type.
    pub(crate) fn typed(&self) -> impl Iterator<Item = &PatType> {
        self.signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        })
    }

    /// Its visibility for what is generated beside it: lints for what the user wrote leave that alone.
    pub(crate) fn generated_visibility(&self) -> TokenStream {
        fn generated(tokens: TokenStream) -> TokenStream {
            let tokens = tokens.into_iter().map(|mut token| {
                if let TokenTree::Group(group) = &token {
                    token = Group::new(group.delimiter(), generated(group.stream())).into();
                }
                token.set_span(Span::call_site());
                token
            });
            tokens.collect()
        }
        generated(self.visibility.to_token_stream())
    }

    /// What the function returns; `()` if nothing is written.
    pub(crate) fn output(&self) -> Type {
        match &self.signature.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        }
    }
}

/// One argument.
pub(crate) struct Argument {
    /// As it is called in options and records: `argN` for a pattern.
    pub(crate) name: String,
    /// As it is called in generated code.
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    /// Its type in `Args<'args>`.
    pub(crate) borrowed: Type,
}

/// The same name where it stands, but the macro's own: lints for what the user wrote leave it alone.
pub(crate) fn respanned(ident: &Ident) -> Ident {
    let mut ident = ident.clone();
    ident.set_span(Span::call_site().located_at(ident.span()));
    ident
}
