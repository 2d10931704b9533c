//! Commits as a person reads them: when, and what they say in their first line.

use anyhow::Result;

use crate::clock::Timestamp;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::process::log::sanitize;

/// One commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Which.
    pub id: ObjectId,
    /// When it was committed, to the second.
    pub at: Timestamp,
    /// The first line of its message.
    pub subject: String,
    /// The value of the trailer that was asked for, where it has one.
    pub trailer: Option<String>,
}

/// Which commits are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// All that are reached.
    Whole,
    /// Those that the branch itself was at.
    FirstParents,
}

impl Repo {
    /// The latest commits of a history, the newest first, at most `most`, with the value of one trailer.
    ///
    /// # Errors
    /// A commit is missing.
    pub fn chronicle(&self, tip: ObjectId, line: Line, most: usize, trailer: &str) -> Result<Vec<Told>> {
        let format =
            format!("--format=%H%x00%ct%x00%s%x00%(trailers:key={trailer},valueonly,separator=%x2C)");
        let count = format!("--max-count={most}");
        let program =
            self.git().env("GIT_NO_REPLACE_OBJECTS", "1").args(["log", "-z", "--no-show-signature"]);
        let program = program.args(["--no-mailmap", "--topo-order", &format, &count]);
        let program = program.args((line == Line::FirstParents).then_some("--first-parent"));
        let told = program.args([tip.to_string(), "--".to_owned()]).run()?;
        let told = String::from_utf8_lossy(&told).into_owned();
        let fields: Vec<&str> = told.split('\0').collect();
        Ok(fields.chunks(4).filter_map(read).collect())
    }
}

fn read(fields: &[&str]) -> Option<Told> {
    let [id, seconds, subject, trailer] = fields else { return None };
    let at = Timestamp::from_micros(seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?);
    let trailer = (!trailer.is_empty()).then(|| (*trailer).to_owned());
    Some(Told { id: id.parse().ok()?, at, subject: sanitize(subject), trailer })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::object::NewCommit;

    #[test]
    fn the_newest_comes_first_with_its_trailer_and_at_most_so_many_come() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let first = repo.head().unwrap().commit;
        let tree = repo.tree_of(first).unwrap();
        let write = |message: &str, parents: &[ObjectId]| {
            let at = Timestamp::from_micros(1_700_000_000_000_000);
            repo.write_commit(&NewCommit { tree, parents, message, at }).unwrap()
        };
        let side = write("side\n", &[first]);
        let merge = write("join\n\nWhy: because\nGx-Upstream: 123\n", &[first, side]);
        let told = repo.chronicle(merge, Line::Whole, 10, "Gx-Upstream").unwrap();
        let said: Vec<_> =
            told.iter().map(|one| (one.id, one.subject.as_str(), one.trailer.as_deref())).collect();
        assert_eq!(said, [(merge, "join", Some("123")), (side, "side", None), (first, "start", None)]);
        assert_eq!(told[0].at.seconds(), 1_700_000_000);
        assert_eq!(repo.chronicle(merge, Line::FirstParents, 10, "X").unwrap().len(), 2);
        assert_eq!(repo.chronicle(merge, Line::Whole, 1, "X").unwrap().len(), 1);
    }
}
