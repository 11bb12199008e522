//! One lifetime for everything borrowed in the arguments, and what cannot be borrowed at all.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut};
use syn::{
    BoundLifetimes, GenericParam, Ident, Lifetime, ParenthesizedGenericArguments, TraitBound, Type,
    TypeFnPtr, TypeImplTrait, TypeReference,
};

/// The lifetime of `Args<'args>`. An unusual name: types may bring their own with `for<'a>`.
pub(crate) fn args_lifetime() -> Lifetime {
    Lifetime::new("'args", Span::mixed_site())
}

/// A type in which every lifetime is [`args_lifetime`], and what was seen on the way.
pub(crate) struct Borrowed {
    pub(crate) ty: Type,
    /// Whether it borrows from anything but `'static`.
    pub(crate) borrows: bool,
    /// Each `&mut`.
    pub(crate) exclusive: Vec<TypeReference>,
    /// Each `impl Trait`.
    pub(crate) opaque: Vec<TypeImplTrait>,
}

/// Gives every elided and named lifetime of `ty` but `'static` one name.
pub(crate) fn borrow(ty: &Type) -> Borrowed {
    let mut rewrite = Rewrite::default();
    let mut ty = ty.clone();
    rewrite.visit_type_mut(&mut ty);
    let Rewrite { borrows, exclusive, opaque, .. } = rewrite;
    Borrowed { ty, borrows, exclusive, opaque }
}

#[derive(Default)]
struct Rewrite {
    borrows: bool,
    exclusive: Vec<TypeReference>,
    opaque: Vec<TypeImplTrait>,
    /// Lifetimes of an enclosing `for<'a>`, which are the type's own.
    bound: Vec<Ident>,
    /// How many `fn(..)` and `Fn(..)` are around: what is elided in them is theirs as well.
    callables: usize,
}

impl Rewrite {
    fn within(&mut self, lifetimes: Option<&BoundLifetimes>, visit: impl FnOnce(&mut Self)) {
        let outside = self.bound.len();
        for parameter in lifetimes.into_iter().flat_map(|bound| &bound.lifetimes) {
            if let GenericParam::Lifetime(parameter) = parameter {
                self.bound.push(parameter.lifetime.ident.clone());
            }
        }
        visit(self);
        self.bound.truncate(outside);
    }
}

impl VisitMut for Rewrite {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        let own = lifetime.ident == "static"
            || self.bound.contains(&lifetime.ident)
            || (lifetime.ident == "_" && self.callables > 0);
        if !own {
            self.borrows = true;
            lifetime.ident = args_lifetime().ident;
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if self.callables == 0 {
            if reference.mutability.is_some() {
                self.exclusive.push(reference.clone());
            }
            if reference.lifetime.is_none() {
                self.borrows = true;
                reference.lifetime = Some(args_lifetime());
            }
        }
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_type_impl_trait_mut(&mut self, opaque: &mut TypeImplTrait) {
        self.opaque.push(opaque.clone());
    }

    fn visit_type_fn_ptr_mut(&mut self, pointer: &mut TypeFnPtr) {
        let lifetimes = pointer.lifetimes.clone();
        self.within(lifetimes.as_ref(), |this| {
            this.callables += 1;
            for input in &mut pointer.inputs {
                this.visit_named_arg_mut(input);
            }
            this.visit_return_type_mut(&mut pointer.output);
            this.callables -= 1;
        });
    }

    fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
        let lifetimes = bound.lifetimes.clone();
        self.within(lifetimes.as_ref(), |this| this.visit_path_mut(&mut bound.path));
    }

    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        arguments: &mut ParenthesizedGenericArguments,
    ) {
        self.callables += 1;
        visit_mut::visit_parenthesized_generic_arguments_mut(self, arguments);
        self.callables -= 1;
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    #[test]
    fn everything_borrowed_gets_one_lifetime() {
        for (given, wanted) in [
            ("&str", "&'args str"),
            ("&'x [&'y str]", "&'args [&'args str]"),
            ("Cow<'_, str>", "Cow<'args, str>"),
            ("Option<&'static str>", "Option<&'static str>"),
            ("(u8, &dyn Fn(&str) -> &u8)", "(u8, &'args dyn Fn(&str) -> &u8)"),
            ("fn(&'x str, &'_ u8)", "fn(&'args str, &'_ u8)"),
            ("&dyn for<'a> Fn(&'a str, &'x u8)", "&'args dyn for<'a> Fn(&'a str, &'args u8)"),
            ("(for<'a> fn(&'a u8), &'a u8)", "(for<'a> fn(&'a u8), &'args u8)"),
            ("Box<dyn Trait<'_> + 'x>", "Box<dyn Trait<'args> + 'args>"),
        ] {
            let parse = |text| syn::parse_str::<Type>(text).unwrap();
            let found = borrow(&parse(given)).ty;
            assert_eq!(
                found.to_token_stream().to_string(),
                parse(wanted).to_token_stream().to_string(),
                "{given}"
            );
        }
    }

    #[test]
    fn what_is_seen() {
        let seen = |text| {
            let found = borrow(&syn::parse_str::<Type>(text).unwrap());
            (found.borrows, found.exclusive.len(), found.opaque.len())
        };
        assert_eq!(seen("Vec<u8>"), (false, 0, 0));
        assert_eq!(seen("Box<dyn Fn(&mut u8) -> &u8>"), (false, 0, 0));
        assert_eq!(seen("&'static str"), (false, 0, 0));
        assert_eq!(seen("Cow<'_, str>"), (true, 0, 0));
        assert_eq!(seen("Option<&mut [&mut u8]>"), (true, 2, 0));
        assert_eq!(seen("(impl Iterator<Item = u8>, impl Copy)"), (false, 0, 2));
    }
}
