//! The language of `gx ls --where`: conditions on the fields and metrics of a record.
//!
//! ```text
//! val_bpb < 0.98 and (status in ('keep', 'near-miss') or description like '%seed%')
//! started > 2d ago and not depth = 8 and error is null
//! ```

mod eval;
mod expr;
mod lex;
mod like;

use crate::error::misuse;
pub use eval::{holds, is_plain};
pub use expr::{Comparison, Expr, Literal, moment};
use lex::{Kind, Token};
pub use like::Pattern;

/// How deep parentheses and `not` may nest, so that no text overflows the stack.
const DEPTH: usize = 64;

/// Reads a condition.
///
/// Comparisons are `= == != <> < <= > >=`; then `in (…)`, `like 'pat%'`, `is null`, each also with `not`;
/// `and` binds before `or`, keywords in any case. Values are texts in single or double quotes, numbers, `true`,
/// `false`, dates, times and `2d ago` (s, m, h, d, w). A field with an unusual name stands in backticks.
///
/// # Errors
/// A [`crate::error::Fault`] with [`crate::error::Exit::Usage`] that names the column, in characters from 1.
pub fn parse(text: &str) -> anyhow::Result<Expr> {
    let read = || {
        let mut parser =
            Parser { tokens: lex::tokens(text)?, at: 0, depth: 0, end: text.chars().count() + 1 };
        let expr = parser.any()?;
        match parser.peek() {
            None => Ok(expr),
            Some(_) => Err(parser.expected("`and`, `or` or the end")),
        }
    };
    read().map_err(|lex::Snag { column, what }| {
        misuse(format!("--where, column {column}: {what}"))
            .hint("for example: `gx ls --where \"val_bpb < 0.98 and status = 'keep' and started > 2d ago\"`")
            .into()
    })
}

type Parsed<T> = Result<T, lex::Snag>;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// The column after the last character.
    end: usize,
}

impl Parser {
    fn any(&mut self) -> Parsed<Expr> {
        let first = self.all()?;
        let mut parts = vec![first];
        while self.keyword("or") {
            parts.push(self.all()?);
        }
        Ok(single(parts, Expr::Any))
    }

    fn all(&mut self) -> Parsed<Expr> {
        let first = self.negation()?;
        let mut parts = vec![first];
        while self.keyword("and") {
            parts.push(self.negation()?);
        }
        Ok(single(parts, Expr::All))
    }

    fn negation(&mut self) -> Parsed<Expr> {
        if self.keyword("not") {
            self.deeper(Self::negation).map(not)
        } else if self.eat(&Kind::Open) {
            let inner = self.deeper(Self::any)?;
            if self.eat(&Kind::Close) { Ok(inner) } else { Err(self.expected("`)`")) }
        } else {
            self.predicate()
        }
    }

    fn deeper(&mut self, inner: fn(&mut Self) -> Parsed<Expr>) -> Parsed<Expr> {
        if self.depth == DEPTH {
            return Err(self.snag(format!("more than {DEPTH} levels of parentheses and `not`")));
        }
        self.depth += 1;
        let expr = inner(self)?;
        self.depth -= 1;
        Ok(expr)
    }

    fn predicate(&mut self) -> Parsed<Expr> {
        let field = self.field()?;
        if let Some(Kind::How(how)) = self.peek().cloned() {
            self.at += 1;
            return Ok(Expr::Compare { field, how, to: self.value()? });
        }
        if self.keyword("is") {
            let negated = self.keyword("not");
            let expr = Expr::IsNull { field };
            if !self.keyword("null") {
                return Err(self.expected("`null`"));
            }
            return Ok(if negated { not(expr) } else { expr });
        }
        let negated = self.keyword("not");
        let expr = if self.keyword("in") {
            Expr::In { field, among: self.list()? }
        } else if self.keyword("like") {
            Expr::Like { field, pattern: self.pattern()? }
        } else if negated {
            return Err(self.expected("`in` or `like`"));
        } else {
            return Err(self.expected("a comparison, `in`, `like` or `is`"));
        };
        Ok(if negated { not(expr) } else { expr })
    }

    fn field(&mut self) -> Parsed<String> {
        match self.peek() {
            Some(Kind::Name(name)) => Some(name.clone()),
            Some(Kind::Word(word)) if expr::names_field(word) => Some(word.clone()),
            _ => None,
        }
        .inspect(|_| self.at += 1)
        .ok_or_else(|| self.expected("a field"))
    }

    fn list(&mut self) -> Parsed<Vec<Literal>> {
        if !self.eat(&Kind::Open) {
            return Err(self.expected("`(`"));
        }
        let mut literals = vec![self.value()?];
        while self.eat(&Kind::Comma) {
            literals.push(self.value()?);
        }
        if self.eat(&Kind::Close) { Ok(literals) } else { Err(self.expected("`,` or `)`")) }
    }

    fn pattern(&mut self) -> Parsed<String> {
        let Some(Kind::Text(pattern)) = self.peek().cloned() else {
            return Err(self.expected("a pattern in quotes"));
        };
        self.at += 1;
        Ok(pattern)
    }

    fn value(&mut self) -> Parsed<Literal> {
        let literal = match self.peek() {
            Some(Kind::Text(text)) => Literal::Text(text.clone()),
            Some(Kind::Word(word)) if word.eq_ignore_ascii_case("true") => Literal::Flag(true),
            Some(Kind::Word(word)) if word.eq_ignore_ascii_case("false") => Literal::Flag(false),
            Some(Kind::Word(word)) if word.eq_ignore_ascii_case("null") => {
                return Err(self.snag("nothing compares to null: write `is null`".to_owned()));
            }
            Some(Kind::Word(word)) if word.starts_with(|first: char| !first.is_ascii_alphabetic()) => {
                let word = word.clone();
                return self.measure(&word);
            }
            Some(Kind::Word(word)) => {
                let what = format!("expected a value, found `{word}`: a text stands in quotes");
                return Err(self.snag(what));
            }
            _ => return Err(self.expected("a value")),
        };
        self.at += 1;
        Ok(literal)
    }

    /// A number, a date, a time, or how long ago.
    fn measure(&mut self, word: &str) -> Parsed<Literal> {
        let following = |by: usize| match self.tokens.get(self.at + by).map(|token| &token.kind) {
            Some(Kind::Word(next)) => next.as_str(),
            _ => "",
        };
        let (literal, length) = if following(1).eq_ignore_ascii_case("ago") {
            (expr::ago(word), 2)
        } else if following(2).eq_ignore_ascii_case("ago") {
            (expr::ago(&format!("{word}{}", following(1))), 3)
        } else if let Ok(number) = word.parse::<f64>() {
            (Some(number).filter(|number| number.is_finite()).map(Literal::Number), 1)
        } else {
            (moment(word).map(Literal::Time), 1)
        };
        let what = || format!("`{word}` is no number, no date and no time such as `2d ago`");
        let literal = literal.ok_or_else(|| self.snag(what()))?;
        self.at += length;
        Ok(literal)
    }

    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.at).map(|token| &token.kind)
    }

    fn eat(&mut self, kind: &Kind) -> bool {
        let found = self.peek() == Some(kind);
        self.at += usize::from(found);
        found
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Kind::Word(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(found);
        found
    }

    fn snag(&self, what: String) -> lex::Snag {
        lex::Snag { column: self.tokens.get(self.at).map_or(self.end, |token| token.column), what }
    }

    /// Says what is missing: at the token that stands in its place, or at the last one before the end.
    fn expected(&self, what: &str) -> lex::Snag {
        let last = self.at.checked_sub(1).and_then(|last| self.tokens.get(last));
        match (self.peek(), last) {
            (Some(found), _) => self.snag(format!("expected {what}, found `{found}`")),
            (None, Some(last)) => {
                lex::Snag { column: last.column, what: format!("expected {what} after `{}`", last.kind) }
            }
            (None, None) => self.snag(format!("expected {what}")),
        }
    }
}

fn not(expr: Expr) -> Expr {
    Expr::Not(Box::new(expr))
}

/// The only part itself, else all of them as one.
fn single(mut parts: Vec<Expr>, many: fn(Vec<Expr>) -> Expr) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            many(parts)
        }
    }
}

#[cfg(test)]
mod tests;
