//! `derive(KeyDigest)`: the same stream as serde's derive, field by field, minus what is skipped.

use proc_macro2::{Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, Path, Result, Type, parse_quote};

pub(crate) fn expand(input: TokenStream) -> Result<TokenStream> {
    let DeriveInput { attrs, ident, mut generics, data, .. } = syn::parse2(input)?;
    let private = private_path(&attrs)?;
    let name = ident.unraw().to_string();
    let (body, kept) = match &data {
        Data::Struct(data) => {
            let (pattern, write, kept) = fields(&data.fields, &private)?;
            let body = quote! {
                let Self #pattern = self;
                let fields = &mut digest.structure(#name);
                #write
            };
            (body, kept)
        }
        Data::Enum(data) => {
            let mut arms = TokenStream::new();
            let mut all_kept = Vec::new();
            for variant in &data.variants {
                refuse_options(&variant.attrs, "a variant")?;
                let (pattern, write, kept) = fields(&variant.fields, &private)?;
                let (variant, variant_name) = (&variant.ident, variant.ident.unraw().to_string());
                arms.extend(quote! {
                    Self::#variant #pattern => {
                        let fields = &mut digest.variant(#name, #variant_name);
                        #write
                    }
                });
                all_kept.extend(kept);
            }
            // A match on a reference to an enum without variants would not be exhaustive.
            let place = if data.variants.is_empty() { quote!(*self) } else { quote!(self) };
            (quote! { match #place { #arms } }, all_kept)
        }
        Data::Union(data) => {
            return Err(Error::new(
                data.union_token.span(),
                "derive(KeyDigest) is for structs and enums: nothing tells which field of a union is valid; implement `KeyDigest` by hand",
            ));
        }
    };
    bound(&mut generics, &kept, &private);
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #private::KeyDigest for #ident #type_generics #where_clause {
            fn digest(&self, digest: &mut #private::Digest) {
                #body
            }
        }
    })
}

/// The pattern that binds the fields, the statements that write them, and the types of those that are written.
fn fields(fields: &Fields, private: &TokenStream) -> Result<(TokenStream, TokenStream, Vec<Type>)> {
    let (mut patterns, mut write, mut kept) = (TokenStream::new(), TokenStream::new(), Vec::new());
    for (index, field) in fields.iter().enumerate() {
        let binding = format_ident!("field_{index}", span = Span::mixed_site());
        let skipped = skipped(field)?;
        let bound = if skipped { quote!(_) } else { quote!(#binding) };
        patterns.extend(match &field.ident {
            Some(name) => quote!(#name: #bound,),
            None => quote!(#bound,),
        });
        if skipped {
            continue;
        }
        // Located at the field's type, so that the compiler points there if it cannot be part of a key.
        let value = quote_spanned! {field.ty.span().resolved_at(Span::call_site())=>
            |digest| {
                #[allow(unused_imports, reason = "one of its traits has the method")]
                use #private::digest_via::*;
                (&&&#private::Wrap(#binding)).larder_digest(digest);
            }
        };
        write.extend(match &field.ident {
            Some(name) => {
                let name = name.unraw().to_string();
                quote!(fields.field_with(#name, #value);)
            }
            None => quote!(fields.item_with(#value);),
        });
        kept.push(field.ty.clone());
    }
    let pattern = match fields {
        Fields::Named(_) => quote!({ #patterns }),
        Fields::Unnamed(_) => quote!(( #patterns )),
        Fields::Unit => TokenStream::new(),
    };
    Ok((pattern, write, kept))
}

/// `T: KeyDigest` for every type parameter that a written field holds, and for the whole field where it holds an
/// associated type (`T::Item`). `PhantomData<T>` needs nothing of `T`.
fn bound(generics: &mut syn::Generics, kept: &[Type], private: &TokenStream) {
    let mut bounds: Vec<syn::WherePredicate> = Vec::new();
    for parameter in generics.type_params().map(|parameter| &parameter.ident) {
        let mut held = false;
        for ty in kept.iter().filter(|ty| !is_phantom(ty)) {
            let mentions = mentions(ty.to_token_stream(), parameter);
            held |= mentions.itself;
            if mentions.associated {
                bounds.push(parse_quote!(#ty: #private::KeyDigest));
            }
        }
        if held {
            bounds.push(parse_quote!(#parameter: #private::KeyDigest));
        }
    }
    if !bounds.is_empty() {
        generics.make_where_clause().predicates.extend(bounds);
    }
}

fn is_phantom(ty: &Type) -> bool {
    matches!(ty, Type::Path(path)
        if path.path.segments.last().is_some_and(|last| last.ident == "PhantomData"))
}

#[derive(Default)]
struct Mentions {
    itself: bool,
    /// In front of `::`.
    associated: bool,
}

fn mentions(tokens: TokenStream, parameter: &Ident) -> Mentions {
    let mut found = Mentions::default();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == *parameter => {
                let path = matches!(tokens.peek(), Some(TokenTree::Punct(next))
                    if next.as_char() == ':' && next.spacing() == Spacing::Joint);
                found.associated |= path;
                found.itself |= !path;
            }
            TokenTree::Group(group) => {
                let inside = mentions(group.stream(), parameter);
                found.associated |= inside.associated;
                found.itself |= inside.itself;
            }
            _ => {}
        }
    }
    found
}

/// Where the emitted code finds larder: the facade crate, or `#[key_digest(crate = path)]`.
fn private_path(attrs: &[Attribute]) -> Result<TokenStream> {
    let mut krate: Path = parse_quote!(::larder);
    for attr in options(attrs) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("crate") {
                krate = meta.value()?.call(Path::parse_mod_style)?;
                return Ok(());
            }
            Err(meta.error("unknown option: on a type it is `crate = path`, on a field `skip`"))
        })?;
    }
    Ok(quote!(#krate::__private))
}

fn skipped(field: &Field) -> Result<bool> {
    let mut skipped = false;
    for attr in options(&field.attrs) {
        attr.parse_nested_meta(|meta| {
            if meta.path.is_ident("skip") {
                skipped = true;
                return Ok(());
            }
            Err(meta.error("unknown option: on a field it is `skip`, on a type `crate = path`"))
        })?;
    }
    Ok(skipped)
}

fn refuse_options(attrs: &[Attribute], place: &str) -> Result<()> {
    match options(attrs).next() {
        Some(attr) => {
            Err(Error::new(attr.span(), format!("`key_digest` has no options on {place}")))
        }
        None => Ok(()),
    }
}

fn options(attrs: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attrs.iter().filter(|attr| attr.path().is_ident("key_digest"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(input: TokenStream) -> String {
        expand(input).unwrap_err().to_string()
    }

    #[test]
    fn what_cannot_be_derived_is_named() {
        assert!(message(quote!(union U { a: u8 })).contains("which field of a union is valid"));
        assert_eq!(
            message(quote!(
                struct S {
                    #[key_digest(ignore)]
                    a: u8,
                }
            )),
            "unknown option: on a field it is `skip`, on a type `crate = path`"
        );
        assert_eq!(
            message(quote!(
                #[key_digest(skip)]
                struct S;
            )),
            "unknown option: on a type it is `crate = path`, on a field `skip`"
        );
        assert_eq!(
            message(quote!(
                enum E {
                    #[key_digest(skip)]
                    A,
                }
            )),
            "`key_digest` has no options on a variant"
        );
    }

    #[test]
    fn the_facade_is_where_the_code_looks() {
        let code = |input| expand(input).unwrap().to_string();
        assert!(
            code(quote!(
                struct S;
            ))
            .contains(":: larder :: __private :: KeyDigest for S")
        );
        assert!(
            code(quote!(
                #[key_digest(crate = a::b)]
                struct S;
            ))
            .contains("a :: b :: __private")
        );
    }
}
