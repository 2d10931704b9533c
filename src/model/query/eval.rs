//! Whether a record meets a condition: SQL's logic, in which what is missing is neither so nor not so.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use crate::model::query::expr::{Comparison, Expr, Literal, moment};
use crate::model::query::like::Pattern;

impl Expr {
    /// Whether the record whose fields `row` gives meets the condition.
    ///
    /// `now_micros` (microseconds since 1970, UTC) is what `ago` counts from. A comparison with a field that
    /// is missing or null is unknown, and so is its `not`: neither matches. Numbers compare as numbers, also
    /// where one side is a text that reads as one; times as times; a field of another kind than the
    /// literal is unequal to it, and neither less nor greater.
    pub fn matches(&self, row: &dyn Fn(&str) -> Option<Value>, now_micros: i64) -> bool {
        self.truth(row, now_micros) == Some(true)
    }

    /// `None` is SQL's unknown.
    fn truth(&self, row: &dyn Fn(&str) -> Option<Value>, now: i64) -> Option<bool> {
        let field = |name: &str| row(name).filter(|value| !value.is_null());
        match self {
            Self::All(parts) => Some(!settle(parts.iter().map(|part| part.truth(row, now)), false)?),
            Self::Any(parts) => settle(parts.iter().map(|part| part.truth(row, now)), true),
            Self::Not(inner) => inner.truth(row, now).map(|truth| !truth),
            Self::Compare { field: name, how, to } => holds(&field(name)?, *how, to, now),
            Self::In { field: name, among } => {
                let value = field(name)?;
                Some(among.iter().any(|literal| holds(&value, Comparison::Equal, literal, now) == Some(true)))
            }
            Self::Like { field: name, pattern } => Some(Pattern::new(pattern).fits_value(&field(name)?)),
            Self::IsNull { field: name } => Some(field(name).is_none()),
        }
    }
}

/// Whether one of the truths is `decisive`; unknown when none is and not all are known.
///
/// For `or` that is the answer; for `and` it is whether a part is false, the opposite of the answer.
fn settle(truths: impl Iterator<Item = Option<bool>>, decisive: bool) -> Option<bool> {
    let mut settled = Some(false);
    for truth in truths {
        match truth {
            Some(truth) if truth == decisive => return Some(true),
            Some(_) => {}
            None => settled = None,
        }
    }
    settled
}

/// Whether a field that is neither missing nor null stands so to a literal; `None` where that is unknown.
pub fn holds(value: &Value, how: Comparison, to: &Literal, now: i64) -> Option<bool> {
    let order = order(value, to, now);
    match how {
        Comparison::Equal => Some(order == Some(Ordering::Equal)),
        Comparison::NotEqual => Some(order != Some(Ordering::Equal)),
        Comparison::Less => order.map(Ordering::is_lt),
        Comparison::LessOrEqual => order.map(Ordering::is_le),
        Comparison::Greater => order.map(Ordering::is_gt),
        Comparison::GreaterOrEqual => order.map(Ordering::is_ge),
    }
}

/// Whether a text reads neither as a time nor as a number, so that it compares with texts only, byte by byte.
pub fn is_plain(text: &str) -> bool {
    moment(text).is_none() && finite(text).is_none()
}

/// How a field stands to a literal; `None` where they are of different kinds.
fn order(value: &Value, to: &Literal, now: i64) -> Option<Ordering> {
    match (value, to) {
        (Value::String(text), Literal::Text(to)) => Some(match (moment(text), moment(to)) {
            (Some(time), Some(to)) => time.cmp(&to),
            _ => text.as_str().cmp(to),
        }),
        (Value::Number(number), Literal::Text(to)) => number.as_f64()?.partial_cmp(&finite(to)?),
        (Value::Number(number), Literal::Number(to)) => number.as_f64()?.partial_cmp(to),
        (Value::String(text), Literal::Number(to)) => finite(text)?.partial_cmp(to),
        (Value::Bool(flag), Literal::Flag(to)) => Some(flag.cmp(to)),
        (Value::String(text), Literal::Time(to)) => Some(moment(text)?.cmp(to)),
        (Value::String(text), Literal::Ago { seconds }) => Some(moment(text)?.cmp(&ago(now, *seconds))),
        _ => None,
    }
}

fn finite(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// The time so many seconds before now; the earliest of all where that is no time.
fn ago(now_micros: i64, seconds: u64) -> Timestamp {
    let micros = i128::from(now_micros) - i128::from(seconds) * 1_000_000;
    let time = i64::try_from(micros).ok().and_then(|micros| Timestamp::from_microsecond(micros).ok());
    time.unwrap_or(Timestamp::MIN)
}
