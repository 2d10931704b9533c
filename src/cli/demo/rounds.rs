//! Looking at experiments again and again until all have ended, and telling what happened since the last look.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::Value;

use crate::cli::demo::stage::{Stage, TRIES};
use crate::process::command::Ended;
use crate::ui::foot::Foot;

/// What was seen so far.
pub struct Rounds<'a> {
    stage: &'a Stage,
    seen: BTreeMap<String, String>,
}

impl<'a> Rounds<'a> {
    /// Nothing yet.
    pub fn new(stage: &'a Stage) -> Self {
        Self { stage, seen: BTreeMap::new() }
    }

    /// Takes note of what has ended, which was told already.
    pub fn know(&mut self) {
        let listed = self.stage.ask(&["ls"]).unwrap_or_default();
        for row in
            listed["experiments"].as_array().into_iter().flatten().filter(|row| !is_open(text(row, "status")))
        {
            self.seen.insert(text(row, "id").to_owned(), text(row, "status").to_owned());
        }
    }

    /// Looks until nothing waits or runs any more.
    pub fn until_all_ended(&mut self) -> Result<()> {
        let foot = Foot::new(self.stage.output);
        let mut deaths = 0;
        loop {
            let is_over = self.look(&foot)?;
            if is_over {
                foot.clear();
                return Ok(());
            }
            if foot.is_seen() {
                foot.show(&self.view(&foot));
            }
            // Beside waiting, it starts again what waits for its turn and was killed.
            let waited = self.stage.program(&["wait", "--all", "--timeout", "1s"]).output()?;
            for line in String::from_utf8_lossy(&waited.stderr).lines().filter(|line| is_news(line)) {
                foot.aside(|| self.stage.say(&format!("# {line}")))?;
            }
            if !matches!(waited.status, Ended::Exit(0 | 10..)) {
                deaths += 1;
                foot.aside(|| self.stage.say(&format!("# `gx wait` ended with {}; again", waited.status)))?;
            }
            if deaths > TRIES {
                return Err(self.stage.broken_off().into());
            }
        }
    }

    /// Tells what has begun and ended since the last look; whether all have ended.
    fn look(&mut self, foot: &Foot) -> Result<bool> {
        let Some(listed) = self.stage.ask(&["ls"]) else { return Ok(false) };
        let rows = listed["experiments"].as_array().cloned().unwrap_or_default();
        for row in &rows {
            let (id, status) = (text(row, "id"), text(row, "status"));
            let is_new = self.seen.insert(id.to_owned(), status.to_owned()).as_deref() != Some(status);
            // What the view shows anyway needs no line of its own.
            if is_new && !(is_open(status) && foot.is_seen()) && status != "queued" {
                foot.aside(|| self.stage.say(&told(row)))?;
            }
        }
        Ok(!self.seen.is_empty() && !self.seen.values().any(|status| is_open(status)))
    }

    /// The cards and the experiments that wait or run.
    fn view(&self, foot: &Foot) -> String {
        let width = foot.width().to_string();
        let mut shown = String::new();
        for arguments in [&["gpus"][..], &["ls", "--status", "queued,running"]] {
            let asked = self.stage.program(arguments).env("COLUMNS", &width).output();
            if let Some(output) = asked.ok().filter(|output| output.status.success()) {
                shown += &String::from_utf8_lossy(&output.stdout);
            }
        }
        let ended = self.seen.values().filter(|status| !is_open(status)).count();
        format!("\n{shown}{ended} of {} have ended", self.seen.len())
    }
}

fn is_open(status: &str) -> bool {
    matches!(status, "queued" | "running")
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// One line about an experiment that began or ended.
fn told(row: &Value) -> String {
    let (metric, reason) = (text(row, "metric"), text(row, "reason"));
    let value = row["value"].as_f64().map(|value| format!("  {metric} {value:.6}")).unwrap_or_default();
    let why =
        if reason.is_empty() { format!("  {}", text(row, "hypothesis")) } else { format!("  {reason}") };
    format!("{}  {}{value}{why}", text(row, "id"), text(row, "status"))
}

/// Whether a line on stderr tells something that the view does not.
fn is_news(line: &str) -> bool {
    line.starts_with("note: ") || line.starts_with("warning: ") || line.starts_with("error: ")
}
