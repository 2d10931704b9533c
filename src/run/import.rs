//! Taking over experiments that another tool has kept: what is left of their code is pinned.
//!
//! autoresearch's `results.tsv` is here, DVC's experiments are in `import/dvc.rs`.

mod dvc;

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::git::object::NewCommit;
use crate::git::repo::Head;
use crate::model::object::ObjectId;
use crate::model::record::{Fields, Record};
use crate::process::identity;
use crate::research::results::{Results, Row, RowStatus};
use crate::run::begin::uuid;
use crate::run::runner::Runner;
use crate::run::tag::check_tag;
use crate::store::experiments::Stored;
use crate::store::pending::{Mode, Pending, Scope};

/// What an import came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Rows that are new experiments.
    pub added: usize,
    /// Of those, how many still have their code.
    pub found: usize,
    /// Of those, how many have only their record.
    pub lost: usize,
    /// Rows that were there from an earlier import.
    pub skipped: usize,
    /// Files of parameters and metrics that could not be read.
    pub unread: Vec<String>,
}

/// The code of an experiment that is taken over.
struct Code {
    tree: ObjectId,
    /// Its base, and what else is to be kept with it.
    parents: Vec<ObjectId>,
    /// What its snapshot's message says.
    text: String,
}

/// What makes a row the same as one that was imported before.
type Key = (String, String, String, String);

impl Runner<'_> {
    /// Makes an experiment of each row; rows that an earlier import brought are left alone.
    pub fn import(&self, results: &Results, tag: &str) -> Result<Imported> {
        check_tag(tag)?;
        let head = self.repo.head()?;
        let mut known = self.imported_before(tag)?;
        let mut count = Imported::default();
        let mut base = head.commit;
        for (number, row) in results.rows.iter().enumerate() {
            let commit = self.repo.revision(&row.commit).filter(|_| is_hash(&row.commit));
            let times = known.entry(key_of_row(row)).or_default();
            if *times > 0 {
                *times -= 1;
                count.skipped += 1;
            } else {
                let fields = fields(results, row, number + 1, tag, commit);
                self.take_over(&head, &self.code_of_row(commit, base, row)?, fields)?;
                count.added += 1;
                *(if commit.is_some() { &mut count.found } else { &mut count.lost }) += 1;
            }
            if let (Some(commit), RowStatus::Keep) = (commit, row.status) {
                base = commit;
            }
        }
        Ok(count)
    }

    fn imported_before(&self, tag: &str) -> Result<BTreeMap<Key, usize>> {
        let mut known = BTreeMap::new();
        let key = |_: &Stored, record: &Record| {
            if record.text("tag") == Some(tag) { key_of_record(record) } else { None }
        };
        self.store.each_record(&key, &mut |key| {
            if let Some(key) = key {
                *known.entry(key).or_default() += 1;
            }
            Ok(())
        })?;
        Ok(known)
    }

    /// The code of a row: of its own commit where the repository still has it, else of the last kept one before it.
    fn code_of_row(&self, commit: Option<ObjectId>, base: ObjectId, row: &Row) -> Result<Code> {
        let parent = match commit {
            Some(commit) => self.repo.parents(commit)?.first().copied().unwrap_or(commit),
            None => base,
        };
        let lost = if commit.is_some() { "" } else { "code lost: " };
        Ok(Code {
            tree: self.repo.tree_of(commit.unwrap_or(base))?,
            parents: vec![parent],
            text: format!("{lost}{}", row.description),
        })
    }

    /// Makes an experiment of code and fields.
    fn take_over(&self, head: &Head, code: &Code, mut fields: Fields) -> Result<()> {
        let Code { tree, ref parents, ref text } = *code;
        let parent = parents[0];
        let uuid = uuid();
        let message = format!("{text}\n\nGx-Uuid: {uuid}\n");
        let new = NewCommit { tree, parents, message: &message, at: Timestamp::now() };
        let snapshot = self.repo.write_commit(&new)?;
        self.repo.sync_objects(&[snapshot])?;
        for (key, value) in [("uuid", json!(uuid)), ("base", json!(parent)), ("snapshot", json!(snapshot))] {
            fields.insert(key.to_owned(), value);
        }
        let scope = Scope {
            mode: Mode::Unchanged,
            reference: head.reference().to_owned(),
            tip: None,
            tip_at: None,
            head: head.commit,
            base: parent,
            tree,
            rolled_back: tree,
            candidates: Vec::new(),
        };
        let held = self.store.announce(Pending {
            uuid,
            machine: identity::machine_id(),
            worktree: self.repo.worktree_name(),
            external: true,
            leave: true,
            snapshot,
            begin: fields,
            scope,
            task: None,
            settings: self.settings.chosen(),
        })?;
        let id = self.store.claim(snapshot)?;
        self.record_begin(&held.pending, &id)?;
        held.done()
    }
}

fn is_hash(text: &str) -> bool {
    text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn value_text(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| format!("{value:.6}"))
}

fn key_of_row(row: &Row) -> Key {
    (row.commit.clone(), row.status.word().to_owned(), value_text(row.value), row.description.clone())
}

fn key_of_record(record: &Record) -> Option<Key> {
    let import = record.fields().get("import")?;
    let text = |key: &str| import.get(key).and_then(Value::as_str).map(str::to_owned);
    Some((text("commit")?, text("status")?, value_text(record.number("value")), text("description")?))
}

fn fields(results: &Results, row: &Row, number: usize, tag: &str, commit: Option<ObjectId>) -> Fields {
    let mut metrics = Fields::new();
    if let Some(value) = row.value {
        metrics.insert(results.metric.clone(), json!(value));
        metrics.insert("peak_vram_mb".into(), json!(row.memory_gb * 1024.0));
    }
    let mut fields = Fields::new();
    let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    set("tag", json!(tag));
    set("status", json!(row.status.word()));
    set("reason", json!("imported"));
    set("hypothesis", json!(row.description));
    set("metric", json!(results.metric));
    if let Some(value) = row.value {
        set("value", json!(value));
    }
    set("metrics", Value::Object(metrics));
    set("code", json!(if commit.is_some() { "found" } else { "lost" }));
    if let (Some(commit), RowStatus::Keep) = (commit, row.status) {
        set("kept_commit", json!(commit));
    }
    set(
        "import",
        json!({
            "row": number,
            "commit": row.commit,
            "status": row.status.word(),
            "memory_gb": row.memory_gb,
            "description": row.description,
        }),
    );
    set("host", json!(identity::host()));
    set("user", json!(identity::user()));
    set("gx", json!(env!("CARGO_PKG_VERSION")));
    fields
}
