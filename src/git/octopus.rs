//! Commits of very many parents.

use anyhow::{Context, Result};

use crate::git::object::NewCommit;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;

impl Repo {
    /// As [`Repo::write_commit`], by the `git` program: libgit2 would read every parent and keep it in memory.
    ///
    /// It is on disk when this returns.
    pub fn write_octopus(&self, new: &NewCommit<'_>) -> Result<ObjectId> {
        let (author, date) = (self.author(), format!("@{} +0000", new.at.seconds()));
        let parents = new.parents.iter().flat_map(|parent| ["-p".to_owned(), parent.to_string()]);
        // Else Git looks for a branch or tag of each of these names.
        let program = self.durable_git().args(["-c", "core.warnAmbiguousRefs=false"]);
        let mut program = program.args(["commit-tree", &new.tree.to_string()]).args(parents);
        for who in ["AUTHOR", "COMMITTER"] {
            program = program
                .env(format!("GIT_{who}_NAME"), &author.name)
                .env(format!("GIT_{who}_EMAIL"), &author.email)
                .env(format!("GIT_{who}_DATE"), &date);
        }
        let told = program.input(new.message.as_bytes().to_vec()).run().context("cannot write a commit")?;
        String::from_utf8(told)?.trim().parse()
    }
}
