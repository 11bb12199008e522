//! What stands in the parentheses of an attribute.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, ExprClosure, ExprLit, Ident, Lit, LitStr, Pat, Path, Result, Token};

use crate::duration;
use crate::errors::Errors;

/// An attribute, by its name and the options it knows: each by name and as it is written.
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    known: &'static [(&'static str, &'static str)],
}

/// `#[memoize]`.
pub(crate) const MEMOIZE: Attribute = Attribute {
    name: "memoize",
    known: &[
        ("ignore", "ignore(a, b)"),
        ("key", "key = |a, b| .."),
        ("version", "version = N"),
        ("depends", "depends(function, ..)"),
        ("expires_after", "expires_after = \"30d\""),
        ("validate", "validate = function"),
        ("name", "name = \"..\""),
        ("handle", "handle = Name"),
        ("compress", "compress = \"..\""),
        ("codec", "codec = \"..\""),
        ("mmap_mode", "mmap_mode = \"r\""),
        ("verbose", "verbose = N"),
        ("hot", "hot"),
        ("crate", "crate = path"),
    ],
};

/// `#[tracked]`.
pub(crate) const TRACKED: Attribute = Attribute {
    name: "tracked",
    known: &[
        ("version", "version = N"),
        ("depends", "depends(function, ..)"),
        ("handle", "handle = Name"),
        ("crate", "crate = path"),
    ],
};

/// `#[task]`.
pub(crate) const TASK: Attribute = Attribute {
    name: "task",
    known: &[
        ("portable", "portable"),
        ("name", "name = \"..\""),
        ("version", "version = N"),
        ("depends", "depends(function, ..)"),
        ("handle", "handle = Name"),
        ("crate", "crate = path"),
    ],
};

/// The options that were given.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) ignore: Vec<Ident>,
    pub(crate) key: Option<KeyRule>,
    pub(crate) version: Option<Expr>,
    pub(crate) depends: Vec<Path>,
    pub(crate) expires_after: Option<ExpiresAfter>,
    pub(crate) validate: Option<Expr>,
    pub(crate) name: Option<LitStr>,
    pub(crate) handle: Option<Ident>,
    pub(crate) compress: Option<LitStr>,
    pub(crate) codec: Option<LitStr>,
    pub(crate) mmap_mode: Option<LitStr>,
    pub(crate) verbose: Option<Expr>,
    pub(crate) hot: bool,
    pub(crate) crate_path: Option<Path>,
    pub(crate) portable: bool,
}

/// `expires_after = ..`, as an expression of type `Duration`.
pub(crate) struct ExpiresAfter(pub(crate) Expr);

/// `key = |a, b| ..`
pub(crate) struct KeyRule {
    pub(crate) parameters: Vec<Ident>,
    pub(crate) closure: ExprClosure,
}

impl Attribute {
    /// What stands in the parentheses; mistakes go to `errors`.
    pub(crate) fn options(&self, tokens: TokenStream, errors: &mut Errors) -> Options {
        let mut options = Options::default();
        let parser = |input: ParseStream<'_>| self.parse(input, &mut options, errors);
        if let Err(error) = parser.parse2(tokens) {
            errors.push(error);
        }
        if let (Some(key), [_, ..]) = (&options.key, &*options.ignore) {
            errors.at(
                &key.closure,
                "`key` and `ignore` exclude each other: leave out of `key` what is to be ignored",
            );
        }
        options
    }

    fn parse(
        &self,
        input: ParseStream<'_>,
        options: &mut Options,
        errors: &mut Errors,
    ) -> Result<()> {
        let mut given: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let option = input.call(Ident::parse_any).map_err(|error| {
                Error::new(error.span(), format!("expected an option: {}", self.listed()))
            })?;
            if given.contains(&option) {
                errors.at(&option, format!("`{option}` is given twice"));
            }
            if let Err(error) = self.parse_one(&option, input, options) {
                errors.push(error);
                skip_to_comma(input);
            }
            given.push(option);
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(())
    }

    fn parse_one(
        &self,
        option: &Ident,
        input: ParseStream<'_>,
        options: &mut Options,
    ) -> Result<()> {
        let name = option.to_string();
        let Some((_, form)) = self.known.iter().find(|(known, _)| *known == name) else {
            // Its value may hold commas: `|a, b| ..`.
            drop(value::<Expr>(input));
            return Err(Error::new(
                option.span(),
                format!("#[{}] knows no option `{name}`; it knows: {}", self.name, self.listed()),
            ));
        };
        options
            .set(&name, input)
            .map_err(|error| Error::new(error.span(), format!("{error}; write `{form}`")))
    }

    fn listed(&self) -> String {
        self.known.iter().map(|(_, form)| format!("`{form}`")).collect::<Vec<_>>().join(", ")
    }
}

impl Options {
    fn set(&mut self, name: &str, input: ParseStream<'_>) -> Result<()> {
        match name {
            "ignore" => self.ignore = list(input, Ident::parse_any)?,
            "depends" => self.depends = list(input, Path::parse_mod_style)?,
            "key" => self.key = Some(value(input)?),
            "version" => self.version = Some(value(input)?),
            "expires_after" => self.expires_after = Some(value(input)?),
            "validate" => self.validate = Some(value(input)?),
            "name" => self.name = Some(text(input)?),
            "handle" => self.handle = Some(value(input)?),
            "compress" => self.compress = Some(text(input)?),
            "codec" => self.codec = Some(text(input)?),
            "mmap_mode" => self.mmap_mode = Some(mmap_mode(input)?),
            "verbose" => self.verbose = Some(value(input)?),
            "hot" if input.is_empty() || input.peek(Token![,]) => self.hot = true,
            "hot" => return Err(input.error("it takes no value")),
            "portable" => self.portable = true,
            "crate" => {
                input.parse::<Token![=]>()?;
                self.crate_path = Some(input.call(Path::parse_mod_style)?);
            }
            _ => return Err(input.error("unknown option")),
        }
        Ok(())
    }
}

fn value<T: Parse>(input: ParseStream<'_>) -> Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn text(input: ParseStream<'_>) -> Result<LitStr> {
    let text: LitStr = value(input)?;
    match text.value().trim() {
        "" => Err(Error::new(text.span(), "the text is empty")),
        _ => Ok(text),
    }
}

/// A mode in which results can be mapped.
fn mmap_mode(input: ParseStream<'_>) -> Result<LitStr> {
    let mode = text(input)?;
    match &*mode.value() {
        "auto" | "r" | "c" => Ok(mode),
        "r+" | "w+" => Err(Error::new(
            mode.span(),
            "this mode would change kept results in place, for every later call: `r` maps them to be read, `c` to be \
             changed in memory, `auto` leaves it to the store",
        )),
        _ => Err(Error::new(mode.span(), "the modes are `auto`, `r` and `c`")),
    }
}

fn list<T>(input: ParseStream<'_>, element: fn(ParseStream<'_>) -> Result<T>) -> Result<Vec<T>> {
    let inside;
    syn::parenthesized!(inside in input);
    let list: Punctuated<T, Token![,]> = inside.parse_terminated(element, Token![,])?;
    Ok(list.into_iter().collect())
}

/// After a mistake: the next option begins behind the next comma.
fn skip_to_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        // Cannot fail: there is a token.
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
}

impl Parse for ExpiresAfter {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let expression = input.parse()?;
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &expression else {
            return Ok(Self(expression));
        };
        let duration =
            duration::parse(&text.value()).map_err(|error| Error::new(text.span(), error))?;
        let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
        Ok(Self(syn::parse_quote!(::core::time::Duration::new(#seconds, #nanoseconds))))
    }
}

impl Parse for KeyRule {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let closure: ExprClosure = input.parse()?;
        if let Some(asyncness) = closure.asyncness {
            return Err(Error::new(asyncness.span, "a key is made without waiting"));
        }
        let parameters = closure.inputs.iter().map(|parameter| match parameter {
            Pat::Ident(plain) if plain.subpat.is_none() && plain.by_ref.is_none() => {
                Ok(plain.ident.clone())
            }
            other => Err(Error::new_spanned(
                other,
                "expected the name of an argument alone: each is a reference to that argument",
            )),
        });
        let parameters = parameters.collect::<Result<_>>()?;
        Ok(Self { parameters, closure })
    }
}
