//! autoresearch's `results.tsv`, byte for byte, and the quoting that tables in text files need.

use anyhow::Result;

use crate::error::{Fault, fault};

/// The columns of the file; the second one is named after the metric.
/// Source: autoresearch's `program.md` (commit, val_bpb, memory_gb, status, description).
const COLUMNS: [&str; 5] = ["commit", "val_bpb", "memory_gb", "status", "description"];

/// A whole `results.tsv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// The metric's name: the header of the second column.
    pub metric: String,
    /// The experiments in the order of the file.
    pub rows: Vec<Row>,
}

/// One experiment of a `results.tsv`.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The commit's first 7 characters, or a word such as `baseline`.
    pub commit: String,
    /// The metric, to 6 decimals; `None` only for a crash, written `0.000000`.
    pub value: Option<f64>,
    /// The peak of GPU memory in GB (MB / 1024), to 1 decimal; 0 for a crash.
    pub memory_gb: f64,
    /// What became of the experiment.
    pub status: RowStatus,
    /// One line of text; tabs and control characters are written as spaces.
    pub description: String,
}

/// The three outcomes that the file knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowStatus {
    /// Better than all before it.
    Keep,
    /// Not better.
    Discard,
    /// No valid result.
    Crash,
}

impl RowStatus {
    /// The word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Discard => "discard",
            Self::Crash => "crash",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Keep, Self::Discard, Self::Crash].into_iter().find(|status| status.word() == word)
    }
}

/// Reads a `results.tsv`: Windows line ends, a byte-order mark, blank lines and a missing last newline
/// are accepted, and so is any metric's name in the header.
///
/// What gx or autoresearch wrote comes back byte for byte from [`Results::to_tsv`].
///
/// # Errors
/// A [`Fault`] that names the line and the column (both from 1) of the first cell that is not of the format.
pub fn read(text: &str) -> Result<Results> {
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let metric = header(lines.next().unwrap_or_default())?;
    let numbered = lines.zip(2..).filter(|(line, _)| !line.trim().is_empty());
    let rows = numbered.map(|(line, number)| Row::parse(line, number)).collect::<Result<_>>()?;
    Ok(Results { metric, rows })
}

/// The metric's name out of the first line.
fn header(line: &str) -> Result<String> {
    let cells: Vec<_> = line.split('\t').map(str::trim).collect();
    let [commit, metric, rest @ ..] = cells.as_slice() else {
        return Err(headless(line).into());
    };
    if *commit != COLUMNS[0] || rest != &COLUMNS[2..] || metric.is_empty() {
        return Err(headless(line).into());
    }
    Ok((*metric).to_owned())
}

fn headless(line: &str) -> Fault {
    let line: String = one_line(line).chars().take(80).collect();
    fault(format!("line 1: `{line}` is not the header of a results.tsv"))
        .hint(format!("the first line holds, separated by tabs: {}", COLUMNS.join(" ")))
}

impl Results {
    /// Writes the file, with `\n` after each line.
    pub fn to_tsv(&self) -> String {
        let mut header = COLUMNS.map(str::to_owned);
        header[1] = one_line(&self.metric);
        let mut text = header.join("\t") + "\n";
        for row in &self.rows {
            text.push_str(&row.to_line());
            text.push('\n');
        }
        text
    }
}

impl Row {
    /// Reads one line, without its end; `number` is the line's in the file, from 1, for the error.
    ///
    /// A crash's `0.000000` (or `nan`) is no value. Tabs after the fourth belong to the description.
    ///
    /// # Errors
    /// A [`Fault`] that names line and column (from 1) of the first cell that is not of the format.
    pub fn parse(line: &str, number: usize) -> Result<Self> {
        let cells: Vec<_> = line.splitn(COLUMNS.len(), '\t').collect();
        let wrong = |column: usize, what: &str| {
            let cell = cells.get(column).map(|cell| format!("`{}` ", one_line(cell.trim())));
            let name = if column == 1 { "the metric" } else { COLUMNS[column] };
            let cell = cell.unwrap_or_default();
            fault(format!("line {number}, column {} ({name}): {cell}{what}", column + 1))
                .hint(format!("a line holds, separated by one tab each: {}", COLUMNS.join(" ")))
        };
        let [commit, value, memory, status, description] = cells.as_slice() else {
            let missing = cells.len();
            return Err(wrong(missing, "is missing").into());
        };
        if commit.trim().is_empty() {
            return Err(wrong(0, "is no commit").into());
        }
        if let Some(column) = cells.iter().position(|cell| cell.contains('\0')) {
            return Err(wrong(column, "holds a NUL").into());
        }
        let status =
            RowStatus::parse(status.trim()).ok_or_else(|| wrong(3, "is none of keep, discard and crash"))?;
        let value: f64 = value.trim().parse().map_err(|_| wrong(1, "is no number"))?;
        let crashed = status == RowStatus::Crash && (value == 0.0 || !value.is_finite());
        if !crashed && !value.is_finite() {
            return Err(wrong(1, "is no finite number").into());
        }
        let memory = memory.trim().parse().ok().filter(|gb: &f64| gb.is_finite());
        Ok(Self {
            commit: commit.trim().to_owned(),
            value: (!crashed).then_some(value),
            memory_gb: memory.ok_or_else(|| wrong(2, "is no finite number"))?,
            status,
            description: (*description).to_owned(),
        })
    }

    fn to_line(&self) -> String {
        let Self { commit, value, memory_gb, status, description } = self;
        format!(
            "{}\t{:.6}\t{memory_gb:.1}\t{}\t{}",
            one_line(commit),
            value.unwrap_or(0.0),
            status.word(),
            one_line(description),
        )
    }
}

/// The text on one line: each tab, newline, control character or Unicode line separator becomes a space.
pub fn one_line(text: &str) -> String {
    let breaks = |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}');
    text.replace(breaks, " ")
}

/// A field of a CSV file, quoted where RFC 4180 asks for it: around commas, quotes and line ends.
pub fn csv_field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests;
