//! What is written down before a sync changes anything: enough to complete it, or to take it back.

use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::error::fault;
use crate::git::repo::Repo;
use crate::mirror::pause::record::{self, DOWN, Moved};
use crate::model::object::ObjectId;

const VERSION: u32 = 1;

/// A sync that is under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    /// The private branch before, where there was one here.
    pub local: Option<ObjectId>,
    /// The private commit that is joined: the branch, or further ahead what others have pushed.
    pub base: ObjectId,
    /// The public commit that is joined.
    pub public: ObjectId,
    /// The refs that looking at the two repositories has moved.
    pub seen: Vec<Moved>,
    /// How far it has come.
    pub stage: Stage,
}

/// How far a sync has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "at")]
pub enum Stage {
    /// A work tree is being made in which conflicts are to be resolved; nobody was told of it yet.
    Preparing {
        /// Where.
        dir: PathBuf,
    },
    /// Somebody resolves conflicts.
    Stopped {
        /// Where.
        dir: PathBuf,
    },
    /// The private branch moves; what follows from that is done afterwards.
    Moving {
        /// Where it goes.
        to: ObjectId,
        /// The work tree in which conflicts were resolved.
        dir: Option<PathBuf>,
    },
}

impl State {
    /// One that begins here.
    pub fn new(base: ObjectId, public: ObjectId, stage: Stage) -> Self {
        Self { version: VERSION, local: None, base, public, seen: Vec::new(), stage }
    }

    /// Reads it; nothing where no sync is under way.
    ///
    /// # Errors
    /// It cannot be read, or a newer gx has written it.
    pub fn read(repo: &Repo) -> Result<Option<Self>> {
        let Some(state) = record::read::<Self>(repo, DOWN)? else { return Ok(None) };
        if state.version != VERSION {
            return Err(fault("a newer gx has begun a sync here").hint("finish it with that one").into());
        }
        Ok(Some(state))
    }

    /// Writes it; it is on the disk when this returns.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, repo: &Repo) -> Result<()> {
        record::write(repo, DOWN, self)
    }

    /// Forgets it: nothing is left to do.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn forget(repo: &Repo) -> Result<()> {
        record::forget(repo, DOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::pause::record::work_tree;

    #[test]
    fn what_was_written_is_read_again_and_what_a_newer_gx_wrote_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let head = repo.head().unwrap().commit;
        assert_eq!(State::read(&repo).unwrap(), None);
        let mut state = State::new(head, head, Stage::Stopped { dir: work_tree(&repo) });
        state.local = Some(head);
        state.write(&repo).unwrap();
        assert_eq!(State::read(&repo).unwrap().as_ref(), Some(&state));
        state.version = 2;
        state.write(&repo).unwrap();
        assert!(State::read(&repo).unwrap_err().to_string().contains("newer gx"));
        State::forget(&repo).unwrap();
        State::forget(&repo).unwrap();
        assert_eq!(State::read(&repo).unwrap(), None);
    }

    #[test]
    fn a_sync_that_the_first_version_left_can_be_completed_for_ever() {
        let id = "1234567890123456789012345678901234567890";
        let text = format!(
            r#"{{"version":1,"local":"{id}","base":"{id}","public":"{id}",
                "seen":[{{"name":"refs/remotes/public/main","from":null,"to":"{id}"}}],"stage":{{"at":"moving","to":"{id}","dir":"/lab/.git/gx/sync/tree"}}}}"#
        );
        let state: State = serde_json::from_str(&text).unwrap();
        let dir = Some(PathBuf::from("/lab/.git/gx/sync/tree"));
        assert_eq!(state.stage, Stage::Moving { to: id.parse().unwrap(), dir });
    }
}
