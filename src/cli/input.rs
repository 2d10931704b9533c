//! Pieces of command lines that several commands share.

use std::io::Read;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::ValueEnum;
use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::config::units;
use crate::error::{Fault, misuse};
use crate::ui::grid;

/// `K=V`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not NAME=VALUE")),
    }
}

/// A time limit; `0` is none.
pub fn limit(text: &str) -> Result<Limit, String> {
    let limit = units::duration(text).map_err(|error| format!("{error:#}"))?;
    Ok(Limit((!limit.is_zero()).then_some(limit)))
}

/// A time limit from the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<Duration>);

/// A pause between two looks: seconds, or a time such as `1m`.
pub fn pause(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let pause = match seconds {
        Some(pause) => pause,
        None => units::duration(text).map_err(|error| format!("{error:#}"))?,
    };
    if pause < SHORTEST {
        Err("looking more often than ten times a second tells nothing more".to_owned())
    } else {
        Ok(pause)
    }
}

/// The shortest pause between two looks.
const SHORTEST: Duration = Duration::from_millis(100);

/// A moment in the past: a date, an RFC 3339 time, or how long ago it was, as `30d`.
pub fn before(text: &str) -> Result<Timestamp, String> {
    if let Ok(moment) = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse()) {
        return Ok(moment);
    }
    let ago = units::duration(text.trim_end_matches(" ago"));
    let ago =
        ago.map_err(|_| format!("`{text}` is neither a date such as 2026-03-01 nor an age such as 30d"))?;
    let micros = i64::try_from(ago.as_micros()).unwrap_or(i64::MAX);
    Ok(Timestamp::from_micros(Timestamp::now().micros().saturating_sub(micros)))
}

/// The JSON object on stdin, whose keys are those of the flags.
pub fn object() -> Result<Map<String, Value>> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("cannot read stdin")?;
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => {
            Err(misuse("stdin holds no JSON object").hint("give one, such as {\"hypothesis\": \"…\"}").into())
        }
        Err(error) => {
            Err(misuse(format!("stdin holds no JSON: {error}")).hint("give one JSON object").into())
        }
    }
}

/// Nobody said which experiment.
pub fn no_id() -> Fault {
    misuse("the id of the experiment is missing").hint("give it: `gx complete exp-12`, or `\"id\"` on stdin")
}

/// Takes a text out of an object.
pub fn text(object: &mut Map<String, Value>, key: &str) -> Result<Option<String>> {
    match object.shift_remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => whole(key, text).map(Some),
        Some(other) => Err(misuse(format!("`{key}` must be a text, not {other}"))
            .hint(format!("write it in quotes: {{\"{key}\": \"…\"}}"))
            .into()),
    }
}

/// A text that commit messages, variables and arguments can hold, as a command line cannot give another.
pub fn whole(key: &str, text: String) -> Result<String> {
    if text.contains('\0') {
        return Err(misuse(format!("`{key}` holds a NUL")).hint("leave out the `\\u0000`").into());
    }
    Ok(text)
}

/// A metric's value from the command line: a number where it is one, else the text.
pub fn metric(text: &str) -> Value {
    text.parse::<serde_json::Number>().map_or_else(|_| Value::from(text), Value::Number)
}

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people
    Table,
    /// Separated by tabs
    Tsv,
    /// Separated by commas
    Csv,
    /// One JSON object
    Json,
    /// A JSON object a line
    Jsonl,
}

impl From<Form> for grid::Form {
    fn from(form: Form) -> Self {
        match form {
            Form::Table => Self::Table,
            Form::Tsv => Self::Tsv,
            Form::Csv => Self::Csv,
            Form::Json => Self::Json,
            Form::Jsonl => Self::Jsonl,
        }
    }
}
