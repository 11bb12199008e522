//! Which attributes of a function belong where.

use syn::{Attribute, Meta};

/// The attributes of a memoized function, sorted.
#[derive(Default)]
pub(crate) struct Attributes {
    /// What callers see: documentation, `must_use`, `deprecated`.
    pub(crate) outside: Vec<Attribute>,
    /// `#[doc(hidden)]` and its like, which the handle shares.
    pub(crate) documentation: Vec<Attribute>,
    /// Lint levels, which hold for everything generated.
    pub(crate) lints: Vec<Attribute>,
    /// Everything else: `inline`, `tracing::instrument`, which work on the body.
    pub(crate) inside: Vec<Attribute>,
}

impl Attributes {
    pub(crate) fn split(attributes: &[Attribute]) -> Self {
        let mut split = Self::default();
        for attribute in attributes {
            let name = attribute.path().get_ident().map(ToString::to_string);
            match name.as_deref() {
                Some("doc" | "must_use" | "deprecated") => {
                    if let Meta::List(list) = &attribute.meta
                        && list.path.is_ident("doc")
                    {
                        split.documentation.push(attribute.clone());
                    }
                    split.outside.push(attribute.clone());
                }
                Some("allow" | "warn" | "deny" | "forbid") => split.lints.push(attribute.clone()),
                Some("expect") => split.lints.push(allowed(attribute)),
                _ => split.inside.push(attribute.clone()),
            }
        }
        split
    }

    pub(crate) fn is_deprecated(&self) -> bool {
        self.outside.iter().any(|attribute| attribute.path().is_ident("deprecated"))
    }
}

/// `#[expect(..)]` as `#[allow(..)]`: what is expected happens in one of several generated places, and would be missed
/// in the others.
fn allowed(attribute: &Attribute) -> Attribute {
    match &attribute.meta {
        Meta::List(list) => {
            let lints = &list.tokens;
            syn::parse_quote!(#[allow(#lints)])
        }
        _ => attribute.clone(),
    }
}
