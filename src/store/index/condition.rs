//! A condition of `--where` as a condition of SQL that is true, false or unknown for the same records.
//!
//! No text of the condition gets into the statement: values are bound, and names are looked up among the columns.

use anyhow::{Result, anyhow};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value as Sql, ValueRef};

use crate::model::query::{self, Comparison, Expr, Literal, Pattern};
use crate::store::index::cell;
use crate::store::index::columns::{Class, Columns};

/// More comparisons than this make a statement that SQLite refuses to read.
const MOST: usize = 400;

/// The name of an experiment, in SQL.
pub(super) const ID: &str =
    "CASE entry.site WHEN '' THEN 'exp-' || entry.number ELSE entry.site || '/exp-' || entry.number END";

/// A condition in SQL.
#[derive(Debug, Default)]
pub(super) struct Condition {
    /// Its text; empty for one that always holds.
    pub(super) sql: String,
    /// What is bound, by number.
    pub(super) values: Vec<Sql>,
    /// Whether it asks for what stands in `entry_text`.
    pub(super) has_texts: bool,
    tests: Vec<Test>,
}

/// What SQL's own comparisons don't say as gx does.
#[derive(Clone, Debug)]
enum Test {
    Stands(Comparison, Literal),
    IsLike(Pattern),
}

impl Condition {
    /// Adds that an expression holds.
    ///
    /// # Errors
    /// It asks for what the index does not know: then the records must be read.
    pub(super) fn and(&mut self, expr: &Expr, columns: &Columns) -> Result<()> {
        let sql = self.expr(expr, columns)?;
        self.and_sql(&sql);
        Ok(())
    }

    /// Adds a piece of SQL of gx's own.
    pub(super) fn and_sql(&mut self, sql: &str) {
        let and = if self.sql.is_empty() { "" } else { " AND " };
        self.sql.push_str(&format!("{and}({sql})"));
    }

    /// Binds a value; its mark is the answer.
    pub(super) fn bind(&mut self, value: impl Into<Sql>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    /// Where the value of a name stands, in SQL.
    pub(super) fn place(&mut self, name: &str, columns: &Columns) -> Result<String> {
        let known = match name {
            "id" => Some(ID),
            "number" => Some("entry.number"),
            "status" => Some("entry.status"),
            "delta" => Some("entry.delta"),
            _ => None,
        };
        if let Some(known) = known {
            return Ok(known.to_owned());
        }
        let param = name.strip_prefix("params.").map(|name| (Class::Param, name));
        let places = [(Class::Field, name), (Class::Metric, name)].into_iter().chain(param);
        let found: Vec<_> = places.filter_map(|(class, name)| columns.of(class, name)).collect();
        if found.iter().any(|column| column.hides) {
            return Err(anyhow!("`{name}` is null in some records that have a metric of that name"));
        }
        let spots = found.iter().map(|column| column.spot.as_deref()).collect::<Option<Vec<_>>>();
        let spots = spots.ok_or_else(|| anyhow!("the index has no column for `{name}`"))?;
        self.has_texts |= spots.iter().any(|spot| spot.starts_with("entry_text."));
        Ok(match &spots[..] {
            [] => "NULL".to_owned(),
            [only] => (*only).to_owned(),
            several => format!("coalesce({})", several.join(", ")),
        })
    }

    fn expr(&mut self, expr: &Expr, columns: &Columns) -> Result<String> {
        if self.values.len() + self.tests.len() > MOST {
            return Err(anyhow!("the condition is too long for the index"));
        }
        let mut joined = |parts: &[Expr], word: &str| {
            let parts = parts.iter().map(|part| self.expr(part, columns)).collect::<Result<Vec<_>>>()?;
            Ok(format!("({})", parts.join(word)))
        };
        match expr {
            Expr::All(parts) => joined(parts, " AND "),
            Expr::Any(parts) => joined(parts, " OR "),
            Expr::Not(inner) => Ok(format!("NOT ({})", self.expr(inner, columns)?)),
            Expr::Compare { field, how, to } => {
                let place = self.place(field, columns)?;
                Ok(self.compare(&place, *how, to))
            }
            Expr::In { field, among } => {
                let place = self.place(field, columns)?;
                let equal = among.iter().map(|literal| self.compare(&place, Comparison::Equal, literal));
                let equal: Vec<_> = equal.collect();
                Ok(format!("({})", equal.join(" OR ")))
            }
            Expr::Like { field, pattern } => {
                let place = self.place(field, columns)?;
                Ok(self.test(&place, Test::IsLike(Pattern::new(pattern))))
            }
            Expr::IsNull { field } => Ok(format!("{} IS NULL", self.place(field, columns)?)),
        }
    }

    fn compare(&mut self, place: &str, how: Comparison, to: &Literal) -> String {
        match to {
            // In SQLite numbers come before texts, so that `< ''` asks whether something is a number.
            Literal::Number(number) => {
                let test = self.test(place, Test::Stands(how, to.clone()));
                let mark = self.bind(*number);
                let sign = sign(how);
                format!(
                    "CASE WHEN {place} < '' THEN {place} {sign} {mark} WHEN {place} IS NULL THEN NULL ELSE {test} END"
                )
            }
            Literal::Text(text)
                if query::is_plain(text) && matches!(how, Comparison::Equal | Comparison::NotEqual) =>
            {
                let mark = self.bind(text.clone());
                format!("{place} {} {mark}", sign(how))
            }
            _ => self.test(place, Test::Stands(how, to.clone())),
        }
    }

    fn test(&mut self, place: &str, test: Test) -> String {
        self.tests.push(test);
        format!("gx_holds({place}, {})", self.tests.len() - 1)
    }

    /// Teaches a connection what the condition asks of it.
    pub(super) fn teach(&self, connection: &Connection, now_micros: i64) -> rusqlite::Result<()> {
        let tests = self.tests.clone();
        let flags = FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_UTF8;
        connection.create_scalar_function("gx_holds", 2, flags, move |call| {
            let number = usize::try_from(call.get_raw(1).as_i64()?).unwrap_or(usize::MAX);
            let place = call.get_raw(0);
            Ok(match (tests.get(number), place) {
                (Some(Test::IsLike(pattern)), ValueRef::Text(text)) => {
                    Some(std::str::from_utf8(text).is_ok_and(|text| pattern.fits(text)))
                }
                (Some(Test::IsLike(pattern)), _) => {
                    cell::value(place).map(|value| pattern.fits_value(&value))
                }
                (Some(Test::Stands(how, to)), _) => {
                    cell::value(place).and_then(|value| query::holds(&value, *how, to, now_micros))
                }
                (None, _) => None,
            })
        })
    }
}

fn sign(how: Comparison) -> &'static str {
    match how {
        Comparison::Equal => "=",
        Comparison::NotEqual => "<>",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}
