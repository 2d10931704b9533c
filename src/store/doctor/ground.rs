//! What all checks look at, read once.

use std::cell::OnceCell;
use std::collections::HashMap;

use anyhow::Result;
use serde_json::Value;

use crate::config::schema::Config;
use crate::git::notes::Notes;
use crate::git::repo::Repo;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::record::VERSION;
use crate::store::experiments::{RECORDS, Store, Stored};

/// So many objects are read at once: all together they need not fit into memory.
pub(super) const AT_ONCE: usize = 1000;

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Whether every object that should be there is there.
    Connections,
    /// Also whether each object is what its name says.
    Contents,
}

/// Where the checks stand.
pub struct Ground<'a> {
    /// The experiments.
    pub store: &'a Store<'a>,
    /// Their repository.
    pub repo: &'a Repo,
    /// What is configured.
    pub config: &'a Config,
    /// How much is looked at.
    pub depth: Depth,
    facts: OnceCell<HashMap<ObjectId, Fact>>,
    list: OnceCell<Vec<Stored>>,
}

/// What checks must know of one record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fact {
    /// The id that it claimed.
    pub id: Option<ExperimentId>,
    /// Its random name.
    pub uuid: Option<Box<str>>,
    /// The commit that it says it is about, where that is not the one it is a note of.
    pub elsewhere: Option<Box<ObjectId>>,
    /// Whether `gx rm` threw it away.
    pub trashed: bool,
    /// How many of its lines are none.
    pub bad_lines: usize,
    /// A version that this gx does not write.
    pub newer: bool,
}

impl<'a> Ground<'a> {
    /// The ground under a store.
    pub fn new(store: &'a Store<'a>, config: &'a Config, depth: Depth) -> Self {
        Self { repo: store.repo, store, config, depth, facts: OnceCell::new(), list: OnceCell::new() }
    }

    /// What the records say, by the commit that they are notes of.
    pub(super) fn facts(&self) -> Result<&HashMap<ObjectId, Fact>> {
        if let Some(facts) = self.facts.get() {
            return Ok(facts);
        }
        let mut notes = Notes::open(self.repo, RECORDS)?.all()?;
        // Git packs what is of one time together, each as what differs from the one before: in another order, every
        // note would be put together from its chain's beginning.
        // Where they cannot be listed, that is another check's to tell, and any order does.
        let listed = self.list().unwrap_or_default().iter().map(|stored| stored.snapshot);
        let notes: Vec<_> = {
            let in_order: Vec<_> = listed.filter_map(|commit| notes.remove_entry(&commit)).collect();
            in_order.into_iter().chain(notes).collect()
        };
        let mut facts = HashMap::with_capacity(notes.len());
        for share in notes.chunks(AT_ONCE) {
            let blobs: Vec<_> = share.iter().map(|(_, blob)| Some(*blob)).collect();
            let read = self.repo.map_blobs(&blobs, &|number, note| fact(share[number].0, note))?;
            facts.extend(share.iter().map(|(commit, _)| *commit).zip(read));
            self.repo.rest();
        }
        Ok(self.facts.get_or_init(|| facts))
    }

    /// All experiments, archived ones among them.
    pub(super) fn list(&self) -> Result<&[Stored]> {
        if let Some(list) = self.list.get() {
            return Ok(list);
        }
        let list = self.store.list()?;
        Ok(self.list.get_or_init(|| list))
    }
}

fn fact(commit: ObjectId, note: &[u8]) -> Fact {
    let mut fact = Fact::default();
    let mut about = None;
    let mut trashed = (String::new(), false);
    for line in note.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let parsed = serde_json::from_slice::<Value>(line).ok();
        let Some(object) = parsed.as_ref().and_then(Value::as_object).filter(|line| line.contains_key("at"))
        else {
            fact.bad_lines += 1;
            continue;
        };
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        fact.id = text("id").and_then(|id| id.parse().ok()).or(fact.id);
        fact.uuid = text("uuid").map(Box::from).or(fact.uuid);
        about = text("snapshot").and_then(|id| id.parse().ok()).or(about);
        fact.newer |= object.get("v").and_then(Value::as_u64).is_some_and(|version| version > VERSION);
        let at = text("at").unwrap_or_default().to_owned();
        if let Some(is_trashed) = object.get("trashed").and_then(Value::as_bool)
            && at >= trashed.0
        {
            trashed = (at, is_trashed);
        }
    }
    Fact { trashed: trashed.1, elsewhere: about.filter(|about| *about != commit).map(Box::new), ..fact }
}
