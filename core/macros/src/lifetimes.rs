//! One lifetime for everything borrowed in the arguments, and what cannot be borrowed at all.

use proc_macro2::Span;
use syn::visit_mut::{self, VisitMut};
use syn::{
    BoundLifetimes, GenericArgument, GenericParam, Ident, Lifetime, ParenthesizedGenericArguments,
    PathArguments, PathSegment, TraitBound, Type, TypeFnPtr, TypeImplTrait, TypePath,
    TypeReference,
};

/// The lifetime of `Args<'args>`. An unusual name: types may bring their own with `for<'a>`.
pub(crate) fn args_lifetime() -> Lifetime {
    Lifetime::new("'args", Span::mixed_site())
}

/// A type that [`borrow`] made, as it would be if all of it lived forever.
pub(crate) fn forever(ty: &Type) -> Type {
    struct Forever;
    impl VisitMut for Forever {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            if *lifetime == args_lifetime() {
                *lifetime = Lifetime::new("'static", lifetime.apostrophe);
            }
        }
    }
    let mut ty = ty.clone();
    Forever.visit_type_mut(&mut ty);
    ty
}

/// Whether a value of the type may be made of what arrives from elsewhere: itself owned, or borrowed as a whole, as `&T`
/// or `Option<&T>`.
///
/// Asked here because the compiler doesn't tell in time: it takes `&'static str` for something that can be read from any
/// bytes until it looks at lifetimes.
pub(crate) fn is_self_contained(ty: &Type) -> bool {
    match plain(ty) {
        Type::Reference(reference) => is_lent(reference) && is_owned(&reference.elem),
        Type::Path(path) => match generic_types(path, "Option")[..] {
            [inner] => match plain(inner) {
                Type::Reference(reference) => is_lent(reference) && is_owned(&reference.elem),
                _ => is_owned(ty),
            },
            _ => is_owned(ty),
        },
        _ => is_owned(ty),
    }
}

/// Whether nothing in the type is borrowed, except by a `Cow` or a larder's `SharedPart`, which can own as well.
pub(crate) fn is_owned(ty: &Type) -> bool {
    struct Seen(bool);
    impl VisitMut for Seen {
        fn visit_type_reference_mut(&mut self, _: &mut TypeReference) {
            self.0 = true;
        }

        fn visit_path_segment_mut(&mut self, segment: &mut PathSegment) {
            if segment.ident != "Cow"
                && segment.ident != "SharedPart"
                && let PathArguments::AngleBracketed(arguments) = &segment.arguments
            {
                let mut arguments = arguments.args.iter();
                self.0 |= arguments.any(|one| matches!(one, GenericArgument::Lifetime(_)));
            }
            visit_mut::visit_path_segment_mut(self, segment);
        }
    }
    let mut seen = Seen(false);
    seen.visit_type_mut(&mut ty.clone());
    !seen.0
}

/// The types between the angle brackets of a path that ends in `name`.
pub(crate) fn generic_types<'t>(path: &'t TypePath, name: &str) -> Vec<&'t Type> {
    match path.path.segments.last() {
        Some(PathSegment { ident, arguments: PathArguments::AngleBracketed(arguments) })
            if ident == name =>
        {
            let types = arguments.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            types.collect()
        }
        _ => Vec::new(),
    }
}

/// The type without what a macro or parentheses put around it.
pub(crate) fn plain(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => plain(&group.elem),
        Type::Paren(paren) => plain(&paren.elem),
        ty => ty,
    }
}

fn is_lent(reference: &TypeReference) -> bool {
    reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static")
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
    fn what_can_arrive() {
        let arrives = |text| is_self_contained(&syn::parse_str::<Type>(text).unwrap());
        for ty in [
            "u8",
            "&str",
            "&'a [f64]",
            "(&[Vec<u8>])",
            "Option<&T>",
            "std::option::Option<&'_ str>",
            "Cow<'_, str>",
            "larder::SharedPart<'_, f64>",
            "&Cow<'static, str>",
            "HashMap<String, Option<T>>",
        ] {
            assert!(arrives(ty), "{ty}");
        }
        for ty in [
            "&'static str",
            "&[&str]",
            "Option<&'static [u8]>",
            "Vec<&T>",
            "&&u8",
            "Frame<'_>",
            "Option<Option<&u8>>",
            "(&u8, u8)",
            "&dyn Fn(&u8)",
        ] {
            assert!(!arrives(ty), "{ty}");
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
