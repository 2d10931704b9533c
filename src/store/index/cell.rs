//! A value of a record as SQLite holds it, and back: nothing is rounded, nothing changes its kind.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, Value as Sql, ValueRef};
use serde_json::Value;

/// Leads a boolean; `0` or `1` follows.
const FLAG: u8 = b'b';
/// Leads the digits of a number that SQLite would round, write or compare otherwise.
const DIGITS: u8 = b'n';
/// A list or an object: that it is there is all that conditions can ask.
const COMPOUND: u8 = b'o';

/// Up to here a whole number and the number that it is compared with are the same in every arithmetic.
const EXACT: u64 = 1 << 53;

/// A value of a record.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// Missing, or null.
    Null,
    /// A whole number.
    Whole(i64),
    /// Any other number.
    Real(f64),
    /// A text.
    Text(String),
    /// What SQLite has no kind for.
    Odd(Vec<u8>),
}

impl Cell {
    /// From a field of a record.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Odd(vec![FLAG, b'0' + u8::from(*flag)]),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(_) | Value::Object(_) => Self::Odd(vec![COMPOUND]),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) if whole.unsigned_abs() <= EXACT => Self::Whole(whole),
                // SQLite does not keep the sign of a zero.
                (None, Some(real)) if number.is_f64() && real != 0.0 => Self::Real(real),
                _ => Self::Odd([&[DIGITS], number.to_string().as_bytes()].concat()),
            },
        }
    }

    /// Whether it is of a kind that SQLite does not sort as gx does.
    pub(super) fn is_odd(&self) -> bool {
        matches!(self, Self::Odd(_))
    }
}

/// What a cell holds; nothing for one that is empty. A list or an object comes back as an empty list.
pub(super) fn value(cell: ValueRef<'_>) -> Option<Value> {
    match cell {
        ValueRef::Null => None,
        ValueRef::Integer(whole) => Some(whole.into()),
        ValueRef::Real(real) => Some(real.into()),
        ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned().into()),
        ValueRef::Blob([FLAG, digit]) => Some((*digit == b'1').into()),
        ValueRef::Blob([DIGITS, digits @ ..]) => serde_json::from_slice(digits).ok(),
        ValueRef::Blob(_) => Some(Value::Array(Vec::new())),
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Sql::Null),
            Self::Whole(whole) => ToSqlOutput::Owned(Sql::Integer(*whole)),
            Self::Real(real) => ToSqlOutput::Owned(Sql::Real(*real)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Odd(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;
    use serde_json::json;

    #[test]
    fn every_value_comes_back_from_the_database_as_it_was() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (c)").unwrap();
        for value in [
            json!(null),
            json!(true),
            json!(false),
            json!(""),
            json!("a\u{0}b'\"é"),
            json!(0),
            json!(-0.0),
            json!(1.0),
            json!(50),
            json!(5e-324),
            json!(1.7976931348623157e308),
            json!(i64::MIN),
            json!(u64::MAX),
            json!(9_007_199_254_740_993_i64),
        ] {
            connection.execute("DELETE FROM t", []).unwrap();
            connection.execute("INSERT INTO t VALUES (?1)", [Cell::of(&value)]).unwrap();
            let back = connection.query_row("SELECT c FROM t", [], |row| Ok(super::value(row.get_ref(0)?)));
            assert_eq!(back.unwrap().unwrap_or_default().to_string(), value.to_string());
        }
    }
}
