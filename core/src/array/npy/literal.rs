//! The little of Python that a `.npy` header is written in.

/// How deep brackets may nest.
const MAX_DEPTH: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Bool(bool),
    /// A whole number that is not negative, or `None` for one that is too large.
    Number(Option<u64>),
    /// A tuple or a list.
    Sequence(Vec<Literal>),
    Dict(Vec<(Literal, Literal)>),
}

impl Literal {
    /// The one literal that `text` is, but for spaces around it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parser = Parser { rest: text };
        let literal = parser.literal(0)?;
        match parser.next_is("") {
            true => Ok(literal),
            false => Err("there is something behind its dictionary"),
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
}

impl<'t> Parser<'t> {
    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    /// Whether `token` comes next (nothing at all, if it is empty); it is then taken.
    fn next_is(&mut self, token: &str) -> bool {
        self.skip_spaces();
        if token.is_empty() {
            return self.rest.is_empty();
        }
        self.rest.strip_prefix(token).map(|rest| self.rest = rest).is_some()
    }

    fn literal(&mut self, depth: usize) -> Result<Literal, &'static str> {
        if depth > MAX_DEPTH {
            return Err("its brackets nest too deep");
        }
        self.skip_spaces();
        match self.rest.as_bytes() {
            [b'\'' | b'"', ..] => self.text().map(Literal::Text),
            [b'0'..=b'9', ..] => Ok(self.number()),
            [b'(', ..] => self.sequence("(", ")", depth),
            [b'[', ..] => self.sequence("[", "]", depth),
            [b'{', ..] => self.dict(depth),
            _ if self.next_is("True") => Ok(Literal::Bool(true)),
            _ if self.next_is("False") => Ok(Literal::Bool(false)),
            _ => Err("it is no dictionary as NumPy writes them"),
        }
    }

    fn text(&mut self) -> Result<String, &'static str> {
        let (quote, rest) = self.rest.split_at(1);
        let (text, rest) = rest.split_once(quote).ok_or("a text in it has no end")?;
        if text.contains('\\') {
            return Err("a text in it has a backslash");
        }
        self.rest = rest;
        Ok(text.to_owned())
    }

    fn number(&mut self) -> Literal {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at(digits);
        // Python 2 writes `3L`.
        self.rest = rest.strip_prefix('L').unwrap_or(rest);
        Literal::Number(number.parse().ok())
    }

    fn sequence(&mut self, open: &str, close: &str, depth: usize) -> Result<Literal, &'static str> {
        let mut items = Vec::new();
        self.listed(open, close, |parser| {
            items.push(parser.literal(depth + 1)?);
            Ok(())
        })?;
        Ok(Literal::Sequence(items))
    }

    fn dict(&mut self, depth: usize) -> Result<Literal, &'static str> {
        let mut entries = Vec::new();
        self.listed("{", "}", |parser| {
            let key = parser.literal(depth + 1)?;
            if !parser.next_is(":") {
                return Err("a key in it has no value");
            }
            entries.push((key, parser.literal(depth + 1)?));
            Ok(())
        })?;
        Ok(Literal::Dict(entries))
    }

    /// Items with commas between, and maybe one behind the last.
    fn listed(
        &mut self,
        open: &str,
        close: &str,
        mut item: impl FnMut(&mut Self) -> Result<(), &'static str>,
    ) -> Result<(), &'static str> {
        self.next_is(open);
        loop {
            if self.next_is(close) {
                return Ok(());
            }
            item(self)?;
            if !self.next_is(",") {
                return match self.next_is(close) {
                    true => Ok(()),
                    false => Err("a bracket in it is not closed"),
                };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_numpy_writes_is_read() {
        let text = " {'descr': '<f8', \"fortran_order\": False, 'shape': (3, 4L), }   \n";
        let text_of = |text: &str| Literal::Text(text.to_owned());
        let number = |number| Literal::Number(Some(number));
        assert_eq!(
            Literal::parse(text).unwrap(),
            Literal::Dict(vec![
                (text_of("descr"), text_of("<f8")),
                (text_of("fortran_order"), Literal::Bool(false)),
                (text_of("shape"), Literal::Sequence(vec![number(3), number(4)])),
            ])
        );
        assert_eq!(Literal::parse("()"), Ok(Literal::Sequence(vec![])));
        assert_eq!(Literal::parse("99999999999999999999"), Ok(Literal::Number(None)));
    }

    #[test]
    fn everything_else_is_refused() {
        for bad in [
            "",
            "{",
            "}",
            "(1",
            "(1 2)",
            "{'a'}",
            "{'a': }",
            "'a",
            "-1",
            "None",
            "1 2",
            "(,)",
            "'\\n'",
            "{'a': 1}}",
            "__import__('os')",
            "é",
        ] {
            assert!(Literal::parse(bad).is_err(), "{bad}");
        }
        assert!(Literal::parse(&"(".repeat(100_000)).is_err());
    }
}
