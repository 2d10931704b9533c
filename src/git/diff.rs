//! What differs between two trees, as owned data.

use std::cmp::Ordering;

use anyhow::Result;

pub use crate::git::engine::objects::Diffstat;
use crate::git::object::Entry;
use crate::git::repo::Repo;
use crate::git::tree::{Item, Tree, order};
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// One path that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Which.
    pub path: RepoPath,
    /// What the old tree holds there.
    pub before: Option<Entry>,
    /// What the new tree holds there.
    pub after: Option<Entry>,
}

/// How a diff is shown by [`Repo::show_diff`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Line by line.
    Patch,
    /// A line per file.
    Stat,
}

impl Repo {
    /// The paths that differ between two trees; a rename is a removal and an addition.
    pub fn changes(&self, old: ObjectId, new: ObjectId) -> Result<Vec<Change>> {
        if old == new {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        self.collect_changes(&self.tree(old)?, &self.tree(new)?, &mut Vec::new(), &mut found)?;
        Ok(found)
    }

    fn collect_changes(
        &self,
        old: &Tree,
        new: &Tree,
        path: &mut Vec<u8>,
        found: &mut Vec<Change>,
    ) -> Result<()> {
        for (before, after) in (Pairs { old: old.items(), new: new.items() }) {
            if before == after {
                continue;
            }
            let Some(item) = before.or(after) else { continue };
            let length = path.len();
            path.extend_from_slice(&item.name);
            if item.is_folder() {
                path.push(b'/');
                let inner = |item: Option<&Item>| item.map_or(Ok(Tree::default()), |item| self.tree(item.id));
                self.collect_changes(&inner(before)?, &inner(after)?, path, found)?;
            } else {
                let entry = |item: &Item| Entry { mode: item.plain_mode(), id: item.id };
                let (before, after) = (before.map(entry), after.map(entry));
                found.push(Change { path: RepoPath::new(path.clone()), before, after });
            }
            path.truncate(length);
        }
        Ok(())
    }

    /// How much differs between two trees, at some paths or, without them, at all.
    pub fn diffstat(&self, old: ObjectId, new: ObjectId, only: Option<&[RepoPath]>) -> Result<Diffstat> {
        if old == new || only.is_some_and(<[_]>::is_empty) {
            return Ok(Diffstat::default());
        }
        self.objects.diffstat(old, new, only.unwrap_or_default())
    }

    /// Shows the difference with the user's own colours and diff settings, straight to stdout or through a pager.
    pub fn show_diff(
        &self,
        old: ObjectId,
        new: ObjectId,
        detail: Detail,
        pager: Option<String>,
    ) -> Result<()> {
        let program = match pager {
            Some(pager) => self.git().env("GIT_PAGER", pager),
            None => self.git().arg("--no-pager"),
        };
        let mut program = program.arg("diff");
        if detail == Detail::Stat {
            program = program.arg("--stat");
        }
        program.args([old.to_string(), new.to_string()]).inherit_output().run()?;
        Ok(())
    }

    /// The difference as text, without colours.
    pub fn diff_text(&self, old: ObjectId, new: ObjectId) -> Result<Vec<u8>> {
        let ids = [old.to_string(), new.to_string()];
        self.git().args(["diff", "--no-color", "--no-ext-diff", "--binary"]).args(ids).run()
    }
}

/// Two folders' items side by side, in their order: those of one name and kind together.
struct Pairs<'a> {
    old: &'a [Item],
    new: &'a [Item],
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (Option<&'a Item>, Option<&'a Item>);

    fn next(&mut self) -> Option<Self::Item> {
        let side = match (self.old.first(), self.new.first()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => order(&old.name, old.is_folder(), &new.name, new.is_folder()),
        };
        let before = (side != Ordering::Greater).then(|| self.old.split_off_first()).flatten();
        let after = (side != Ordering::Less).then(|| self.new.split_off_first()).flatten();
        Some((before, after))
    }
}
