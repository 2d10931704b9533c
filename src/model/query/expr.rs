//! What a `--where` text says, as a tree; printed, it is a text that says the same.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Words that name no field unless they stand in backticks.
pub(super) const RESERVED: [&str; 9] = ["and", "or", "not", "in", "like", "is", "null", "true", "false"];

/// A condition on a record. `x not in (…)` and `x is not null` are a [`Expr::Not`] around the plain form.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All hold; at least two.
    All(Vec<Expr>),
    /// At least one holds; at least two.
    Any(Vec<Expr>),
    /// The other doesn't hold.
    Not(Box<Expr>),
    /// The field stands so to the literal.
    Compare {
        /// A field or a metric of the record.
        field: String,
        /// How it must stand.
        how: Comparison,
        /// What it stands to.
        to: Literal,
    },
    /// The field equals one of the literals; at least one.
    In {
        /// A field or a metric of the record.
        field: String,
        /// What it may equal.
        among: Vec<Literal>,
    },
    /// The field's text matches, case aside: `%` stands for any text, `_` for one character.
    Like {
        /// A field or a metric of the record.
        field: String,
        /// The whole text's shape.
        pattern: String,
    },
    /// The record has no such field, or null in it.
    IsNull {
        /// A field or a metric of the record.
        field: String,
    },
}

/// How a field stands to a literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`, also written `==`.
    Equal,
    /// `!=`, also written `<>`.
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A text in quotes.
    Text(String),
    /// A finite number.
    Number(f64),
    /// `true` or `false`.
    Flag(bool),
    /// A date or a time; without an offset it is UTC, a date alone is its midnight.
    Time(Timestamp),
    /// So long before now, as in `2d ago`.
    Ago {
        /// Whole seconds.
        seconds: u64,
    },
}

/// Reads an RFC 3339 time, with or without an offset or seconds, or a date: `None` for anything else.
pub fn moment(text: &str) -> Option<Timestamp> {
    let date = text.as_bytes().get(..10)?;
    let dashed = date.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let naive = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    if !dashed {
        return None;
    }
    text.parse().ok().or_else(|| Some(naive()?.timestamp()))
}

/// A whole number and its unit: `2d`, `90min`, `3hours`.
pub(super) fn ago(text: &str) -> Option<Literal> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = text.split_at(digits);
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => 1,
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        _ => return None,
    };
    Some(Literal::Ago { seconds: count.parse::<u64>().ok()?.checked_mul(unit)? })
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => join(f, parts, " and "),
            Self::Any(parts) => join(f, parts, " or "),
            Self::Not(inner) => match &**inner {
                Self::IsNull { field } => write!(f, "{} is not null", Field(field)),
                Self::In { field, among } => write!(f, "{} not in ({})", Field(field), List(among)),
                other => write!(f, "not {}", Operand(other)),
            },
            Self::Compare { field, how, to } => write!(f, "{} {how} {to}", Field(field)),
            Self::In { field, among } => write!(f, "{} in ({})", Field(field), List(among)),
            Self::Like { field, pattern } => write!(f, "{} like {}", Field(field), Quoted(pattern)),
            Self::IsNull { field } => write!(f, "{} is null", Field(field)),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Expr], word: &str) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        write!(f, "{}{}", if at == 0 { "" } else { word }, Operand(part))?;
    }
    Ok(())
}

/// A condition inside another: lists stand in parentheses.
struct Operand<'e>(&'e Expr);

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::All(_) | Expr::Any(_) => write!(f, "({})", self.0),
            other => other.fmt(f),
        }
    }
}

struct List<'e>(&'e [Literal]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, literal) in self.0.iter().enumerate() {
            write!(f, "{}{literal}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// Whether a bare word can name a field: `[A-Za-z_][A-Za-z0-9_./-]*`, and no reserved word.
pub(super) fn names_field(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "_./-".contains(letter))
        && !RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

struct Field<'e>(&'e str);

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if names_field(self.0) { f.write_str(self.0) } else { write!(f, "`{}`", self.0.replace('`', "``")) }
    }
}

struct Quoted<'e>(&'e str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', "''"))
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => Quoted(text).fmt(f),
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Time(time) => write!(f, "{time}"),
            Self::Ago { seconds } => {
                let units = [(86_400, 'd'), (3600, 'h'), (60, 'm')];
                let unit = units.into_iter().find(|(unit, _)| seconds % unit == 0);
                let (unit, letter) = unit.unwrap_or((1, 's'));
                write!(f, "{}{letter} ago", seconds / unit)
            }
        }
    }
}
