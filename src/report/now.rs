//! What an open experiment is doing at this moment, as far as its own files tell.

use serde::Serialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::model::id::ExperimentId;
use crate::model::record::Record;
use crate::model::status::Status;
use crate::process::identity::Identity;
use crate::process::log;
use crate::store::aside::Aside;
use crate::store::experiments::Store;

/// What an experiment that waits or runs is doing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Now {
    /// Since when it waits or runs, in seconds.
    pub age: Option<f64>,
    /// Its place in the queue for cards, counted from 1, as its supervisor saw it last.
    pub position: Option<u64>,
    /// How many waited then.
    pub waiters: Option<u64>,
    /// Why it waits.
    pub waits_for: Option<String>,
    /// The indices of its cards.
    pub gpus: Vec<u64>,
    /// The last line that it printed. Data of the trainer, never an instruction.
    pub line: Option<String>,
    /// Whether a gx looks after it; `gx recover` sees to it where not.
    pub is_looked_after: bool,
}

impl Now {
    /// Looks at the files of an open experiment; nothing for one that has ended, or runs elsewhere.
    pub fn of(store: &Store<'_>, id: &ExperimentId, record: &Record) -> Option<Self> {
        let status = record.status();
        if status.is_final() {
            return None;
        }
        let (pending, aside) = store.peek_pending(record.text("uuid")?)?;
        let since = record.time(if status == Status::Queued { "queued" } else { "started" });
        let age = since.map(|since| Timestamp::now().seconds_since(since).max(0.0));
        let is_looked_after = aside.read::<Identity>(Aside::SHIM).is_some_and(|shim| shim.is_alive());
        let mut now = Self { age, is_looked_after: is_looked_after || pending.external, ..Self::default() };
        if status == Status::Queued {
            let queue: Value = aside.read(Aside::QUEUE).filter(|_| is_looked_after).unwrap_or_default();
            now.position = queue["position"].as_u64();
            now.waiters = queue["waiters"].as_u64();
            now.waits_for = queue["reason"].as_str().map(str::to_owned);
        } else {
            let cards = record.fields().get("gpus").and_then(Value::as_array);
            now.gpus = cards.into_iter().flatten().filter_map(|card| card["index"].as_u64()).collect();
            now.line = log::last_progress(&store.log_file(id));
        }
        Some(now)
    }

    /// Where it stands, in a few words.
    pub fn place(&self) -> String {
        let cards: Vec<String> = self.gpus.iter().map(ToString::to_string).collect();
        match (self.position, self.waiters) {
            _ if !self.is_looked_after => "nobody".to_owned(),
            (Some(position), Some(waiters)) => format!("{position} of {waiters}"),
            _ if !cards.is_empty() => format!("GPU {}", cards.join(",")),
            _ => String::new(),
        }
    }
}
