//! Columns and rows that somebody has asked for, written while they come: as a table, or for other programs.

use std::io::{self, BufWriter, ErrorKind, Write};

use anyhow::Result;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::research::results::{csv_field, one_line};
use crate::store::index::sql::Answer;
use crate::ui::number;
use crate::ui::output::Output;
use crate::ui::page::{Page, Show};
use crate::ui::style::Text;
use crate::ui::table::{Column, Table};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Under heads, for people.
    Table,
    /// Separated by tabs; a tab or a line break in a text becomes a blank.
    Tsv,
    /// Separated by commas, RFC 4180.
    Csv,
    /// One object: `columns`, and `rows` of values.
    Json,
    /// An object a line.
    Jsonl,
}

/// Writes rows.
pub struct Grid {
    form: Form,
    output: Output,
    columns: Vec<String>,
    /// For a table, which cannot be laid out before all is there.
    rows: Vec<Vec<Value>>,
    out: BufWriter<Box<dyn Write>>,
    count: usize,
    is_read: bool,
}

impl Grid {
    /// Nothing is written yet.
    pub fn new(form: Form, output: Output, out: Box<dyn Write>) -> Self {
        let out = BufWriter::new(out);
        Self { form, output, columns: Vec::new(), rows: Vec::new(), out, count: 0, is_read: true }
    }

    /// Writes what is left.
    pub fn end(mut self) -> Result<()> {
        match self.form {
            Form::Table => {
                let page = self.output.page(&Shown { columns: &self.columns, rows: &self.rows });
                self.write(page.as_bytes())?;
            }
            Form::Json => self.write(if self.count == 0 { b"]}\n" } else { b"\n]}\n" })?,
            Form::Tsv | Form::Csv | Form::Jsonl => {}
        }
        self.told(Write::flush)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.told(|out| out.write_all(bytes))
    }

    /// A reader who has gone away is no error.
    fn told(&mut self, write: impl FnOnce(&mut BufWriter<Box<dyn Write>>) -> io::Result<()>) -> Result<()> {
        match write(&mut self.out) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => self.is_read = false,
            written => written?,
        }
        Ok(())
    }

    fn line(&self, row: &[Value]) -> Result<String> {
        Ok(match self.form {
            Form::Tsv => {
                row.iter().map(|value| one_line(&plain(value))).collect::<Vec<_>>().join("\t") + "\n"
            }
            Form::Csv => {
                row.iter().map(|value| csv_field(&plain(value))).collect::<Vec<_>>().join(",") + "\r\n"
            }
            Form::Json => {
                format!("{}{}", if self.count == 1 { "\n" } else { ",\n" }, serde_json::to_string(row)?)
            }
            Form::Jsonl => {
                let fields = self.columns.iter().cloned().zip(row.iter().cloned());
                serde_json::to_string(&fields.collect::<Map<_, _>>())? + "\n"
            }
            Form::Table => String::new(),
        })
    }
}

impl Answer for Grid {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        self.columns = columns.to_vec();
        let heads = |quote: fn(&str) -> String| columns.iter().map(|name| quote(name)).collect::<Vec<_>>();
        match self.form {
            Form::Tsv => self.write((heads(one_line).join("\t") + "\n").as_bytes()),
            Form::Csv => self.write((heads(csv_field).join(",") + "\r\n").as_bytes()),
            Form::Json => {
                self.write(format!("{{\"columns\":{},\"rows\":[", serde_json::to_string(columns)?).as_bytes())
            }
            Form::Table | Form::Jsonl => Ok(()),
        }
    }

    fn row(&mut self, row: Vec<Value>) -> Result<bool> {
        self.count += 1;
        if self.form == Form::Table {
            self.rows.push(row);
            return Ok(true);
        }
        let line = self.line(&row)?;
        self.write(line.as_bytes())?;
        Ok(self.is_read)
    }
}

/// Writes answers, a JSON object a line.
pub struct Lines {
    out: BufWriter<Box<dyn Write>>,
}

impl Lines {
    /// Nothing is written yet.
    pub fn new(out: Box<dyn Write>) -> Self {
        Self { out: BufWriter::new(out) }
    }

    /// Writes an answer.
    pub fn line(&mut self, answer: &impl Serialize) -> Result<()> {
        ignore_gone(writeln!(self.out, "{}", serde_json::to_string(answer)?))
    }

    /// Writes what is left.
    pub fn end(mut self) -> Result<()> {
        ignore_gone(self.out.flush())
    }
}

/// A reader who has gone away is no error.
pub fn ignore_gone(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

struct Shown<'a> {
    columns: &'a [String],
    rows: &'a [Vec<Value>],
}

impl Show for Shown<'_> {
    fn show(&self, page: &mut Page) {
        let is_figures = |column: usize| {
            let mut values =
                self.rows.iter().map(|row| &row[column]).filter(|value| !value.is_null()).peekable();
            values.peek().is_some() && values.all(Value::is_number)
        };
        let head = |(column, name): (usize, &String)| match is_figures(column) {
            true => Column::right(name),
            false => Column::left(name),
        };
        let heads: Vec<Column> = self.columns.iter().enumerate().map(head).collect();
        let mut table = Table::new(heads).asked_for();
        for row in self.rows {
            table.row(row.iter().map(|value| Text::from(one_line(&plain(value)))).collect::<Vec<_>>());
        }
        page.table(table);
        page.text(number::count(self.rows.len(), "row"));
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
