//! `gx sql`: questions that somebody else has worded, put to views of the index that can only be read.

use anyhow::Result;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use serde_json::Value;

use crate::error::{Fault, fault, misuse};
use crate::store::experiments::Store;
use crate::store::index::cell;
use crate::store::index::columns::{Class, Columns};
use crate::store::index::condition::ID;
use crate::store::index::file::{Access, IndexFile};

/// Takes an answer: first the names of its columns, then one row after the other.
pub trait Answer {
    /// The names of the columns.
    fn begin(&mut self, columns: &[String]) -> Result<()>;
    /// A row; false where nobody wants more.
    fn row(&mut self, row: Vec<Value>) -> Result<bool>;
}

impl Store<'_> {
    /// Brings the index up to date and puts a question to its views.
    ///
    /// # Errors
    /// There is no index; the question cannot be understood, or would change something.
    pub fn sql(&self, question: &str, answer: &mut dyn Answer) -> Result<()> {
        if self.ask(&|_| Ok(())).is_none() {
            return Err(fault("there is no index to ask")
                .hint("the index needs `store.index = \"auto\"`, a repository that can be written, and an experiment")
                .hint("read the experiments without it: `gx ls --limit 0 --format csv`")
                .into());
        }
        let mut file = IndexFile::open(&self.repo.gx_dir(), Access::Read)?;
        prepare(&mut file.connection)?;
        let mut select = file.connection.prepare(question).map_err(|error| told(&error))?;
        if !select.readonly() {
            return Err(forbidden().into());
        }
        let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
        answer.begin(&columns)?;
        let mut rows = select.query([]).map_err(|error| told(&error))?;
        while let Some(row) = rows.next().map_err(|error| told(&error))? {
            let value = |column: usize| Ok(cell::value(row.get_ref(column)?).unwrap_or_default());
            let values = (0..columns.len()).map(value).collect::<Result<_>>()?;
            if !answer.row(values)? {
                break;
            }
        }
        Ok(())
    }
}

fn prepare(connection: &mut Connection) -> Result<()> {
    let flags = FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_UTF8;
    connection.create_scalar_function("gx_plain", 1, flags, |call| {
        Ok(match cell::value(call.get_raw(0)) {
            None | Some(Value::Array(_)) => None,
            Some(odd) => Some(odd.to_string()),
        })
    })?;
    connection.execute_batch(&views(&Columns::load(connection)?))?;
    connection.execute_batch("PRAGMA query_only = ON")?;
    connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Function { function_name } if function_name != "load_extension" => Authorization::Allow,
        _ => Authorization::Deny,
    }))?;
    Ok(())
}

/// The views of `docs/sql.md`; no name that somebody gave stands in their text.
fn views(columns: &Columns) -> String {
    let seconds = "strftime('%Y-%m-%dT%H:%M:%S', at / 1000000, 'unixepoch')";
    format!(
        "CREATE TEMP VIEW experiments AS SELECT {ID} AS id, site, number, coalesce(tag, '') AS tag, status, reason, \
         metric, value, delta, seconds, started, finished, category, hypothesis, description, mode, host, hardware, \
         base, kept_commit, lower(hex(snapshot)) AS \"snapshot\" FROM entry JOIN entry_text USING (id);\n\
         CREATE TEMP VIEW metrics AS {};\n\
         CREATE TEMP VIEW params AS {};\n\
         CREATE TEMP VIEW events AS SELECT {ID} AS id, {seconds} || printf('.%06dZ', at % 1000000) AS at, what \
         FROM event JOIN entry ON entry.id = event.entry;",
        pairs(columns, Class::Metric),
        pairs(columns, Class::Param),
    )
}

fn pairs(columns: &Columns, class: Class) -> String {
    let one = |(_, spot): (&str, &str)| {
        let plain = format!("CASE typeof({spot}) WHEN 'blob' THEN gx_plain({spot}) ELSE {spot} END");
        format!(
            "SELECT {ID} AS id, name.name AS name, {plain} AS value FROM entry JOIN name ON name.spot = '{spot}' \
             WHERE {spot} IS NOT NULL"
        )
    };
    let all: Vec<String> = columns.names(class).into_iter().map(one).collect();
    if all.is_empty() {
        return "SELECT '' AS id, '' AS name, NULL AS value WHERE false".to_owned();
    }
    all.join(" UNION ALL ")
}

fn forbidden() -> Fault {
    misuse("`gx sql` only reads")
        .hint("what an experiment is changes by `gx note`, `gx keep`, `gx discard` and `gx rm`")
}

fn told(error: &rusqlite::Error) -> Fault {
    let message = match error {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    };
    if ["not authorized", "readonly", "prohibited", "cannot modify"].iter().any(|word| message.contains(word))
    {
        return forbidden();
    }
    misuse(format!("SQL: {message}"))
        .hint("the views are `experiments`, `metrics`, `params` and `events`: docs/sql.md")
        .hint("for example: gx sql \"SELECT id, value FROM experiments WHERE status = 'keep' ORDER BY value LIMIT 5\"")
}
