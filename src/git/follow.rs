//! Bringing a work tree from the files of one commit to those of another, where nothing of anybody's is in the way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use crate::error::fault;
use crate::git::object::Entry;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::git::worktree::Target;
use crate::model::object::ObjectId;
use crate::model::path::{RepoPath, list};

/// More paths than this do not surely fit on a command line.
const PER_CALL: usize = 1000;

/// What following would do, worked out before anything is done.
#[derive(Debug, Default)]
struct Plan {
    files: Vec<Target>,
    entries: Vec<Target>,
    /// Those of the entries that say what the first commit says.
    untouched: Vec<Target>,
    in_the_way: BTreeSet<RepoPath>,
    submodules: Vec<RepoPath>,
}

impl Repo {
    /// Opens the work tree at `dir`, which must be one of this repository's.
    pub fn open_worktree(&self, dir: &Path) -> Result<Self> {
        let repo = Self::discover(dir)?;
        let is_same = |one: &Path, other: &Path| matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other);
        if !is_same(repo.work_dir(), dir) || !is_same(repo.common_dir(), self.common_dir()) {
            return Err(fault(format!("{} is no work tree of this repository", dir.display()))
                .hint("list them: `git worktree list`")
                .into());
        }
        Ok(repo)
    }

    /// The paths that keep the work tree from following: they differ between the commits and here, in the file or
    /// in the index, from both; or they lie where a file would be written.
    pub fn in_the_way(&self, from: ObjectId, to: ObjectId) -> Result<Vec<RepoPath>> {
        Ok(self.plan_following(from, to)?.in_the_way.into_iter().collect())
    }

    /// Writes what differs between the commits: files, then index entries; HEAD stays where it is.
    ///
    /// Gives the submodules that differ, which are left as they are.
    ///
    /// # Errors
    /// Something is in the way; then nothing was written.
    pub fn follow(&self, from: ObjectId, to: ObjectId) -> Result<Vec<RepoPath>> {
        let plan = self.plan_following(from, to)?;
        if !plan.in_the_way.is_empty() {
            let paths: Vec<RepoPath> = plan.in_the_way.into_iter().collect();
            return Err(fault(format!("{} differs here: {}", to.short(), list(&paths)))
                .hint(format!("look at it: `git -C {} status`", self.work_dir().display()))
                .into());
        }
        self.write_paths(&plan.files)?;
        self.update_index(&plan.entries)?;
        Ok(plan.submodules)
    }

    /// For a work tree whose branch was moved under it and that cannot follow: entries of the index that nobody has
    /// staged follow all the same, so that what stays behind shows as an edit of the file and not as a staged one.
    pub fn follow_in_index(&self, from: ObjectId, to: ObjectId) -> Result<()> {
        self.update_index(&self.plan_following(from, to)?.untouched)
    }

    /// Moves a detached HEAD from `old` to `new`; index and files stay as they are. Lost where HEAD is on a branch.
    pub fn set_detached_head(&self, new: ObjectId, old: ObjectId, log: &str) -> Result<Swap> {
        if self.head()?.branch.is_some() {
            return Ok(Swap::Lost);
        }
        let swap = self.swap_ref("HEAD", new, Some(old), log)?;
        if swap == Swap::Done {
            self.sync_ref("HEAD")?;
        }
        Ok(swap)
    }

    fn plan_following(&self, from: ObjectId, to: ObjectId) -> Result<Plan> {
        let changes = self.changes(self.tree_of(from)?, self.tree_of(to)?)?;
        let is_submodule = |entry: Option<Entry>| entry.is_some_and(|entry| entry.is_submodule());
        let (submodules, changes): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|change| is_submodule(change.before) || is_submodule(change.after));
        let mut plan = Plan {
            submodules: submodules.into_iter().map(|change| change.path).collect(),
            ..Plan::default()
        };
        let paths: Vec<RepoPath> = changes.iter().map(|change| change.path.clone()).collect();
        let mut staged = BTreeMap::new();
        for paths in paths.chunks(PER_CALL) {
            staged.extend(self.index_entries(paths)?);
        }
        // What goes comes first: a file may have to make room for a folder, or a folder for a file.
        let (gone, written): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.after.is_none());
        for change in gone.into_iter().chain(written) {
            let path = &change.path;
            let present = staged.get(path).copied();
            let is_there = self.is_at(path, change.after)?;
            if !is_there {
                plan.files.push((path.clone(), change.after));
            }
            if present != change.after {
                plan.entries.push((path.clone(), change.after));
                plan.untouched.extend((present == change.before).then(|| (path.clone(), change.after)));
            }
            let is_known = present == change.before || present == change.after;
            if !is_known || !is_there && !self.is_at(path, change.before)? {
                plan.in_the_way.insert(path.clone());
            }
        }
        self.add_obstacles(&mut plan)?;
        Ok(plan)
    }

    /// Files are written only where nothing lies but what goes anyway.
    fn add_obstacles(&self, plan: &mut Plan) -> Result<()> {
        let goes = |(path, entry): &Target| entry.is_none().then(|| path.clone());
        let gone: BTreeSet<RepoPath> = plan.files.iter().filter_map(goes).collect();
        for (path, _) in plan.files.iter().filter(|(_, entry)| entry.is_some()) {
            let obstacles = self.obstacles(path)?;
            plan.in_the_way.extend(obstacles.into_iter().filter(|obstacle| !gone.contains(obstacle)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::command::Program;
    use std::fs;

    struct World {
        _folder: tempfile::TempDir,
        repo: Repo,
        linked: Repo,
        from: ObjectId,
    }

    fn sh(dir: &Path, script: &str) -> String {
        let program = Program::new("sh").args(["-ec", script]).dir(dir);
        let program = program.env("GIT_AUTHOR_NAME", "t").env("GIT_AUTHOR_EMAIL", "t@t");
        let told = program.env("GIT_COMMITTER_NAME", "t").env("GIT_COMMITTER_EMAIL", "t@t").run().unwrap();
        String::from_utf8(told).unwrap().trim().to_owned()
    }

    impl World {
        /// A repository, and a work tree linked to it that is still at the first commit when `script` has made another.
        fn after(script: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let top = folder.path().join("lab");
            fs::create_dir(&top).unwrap();
            sh(
                &top,
                "mkdir src; echo a > train.py; echo b > src/model.py; echo c > old.py; echo cache > .gitignore",
            );
            let repo = Repo::create(&top, "start").unwrap();
            let from = repo.head().unwrap().commit;
            sh(&top, "git worktree add -q --detach ../linked");
            sh(&top, &format!("{script}; git add -A; git commit -qm next"));
            let linked = repo.open_worktree(&folder.path().join("linked")).unwrap();
            Self { _folder: folder, repo, linked, from }
        }

        fn to(&self) -> ObjectId {
            self.repo.head().unwrap().commit
        }

        fn status(&self) -> String {
            sh(self.linked.work_dir(), "git status --porcelain")
        }
    }

    const ALL_KINDS: &str = "echo new > train.py; rm old.py; mkdir new; echo x > new/x; chmod +x src/model.py; \
                             ln -s train.py link";

    #[test]
    fn a_clean_work_tree_follows_and_what_else_is_dirty_in_it_stays() {
        let world = World::after(ALL_KINDS);
        let dir = world.linked.work_dir();
        sh(dir, "echo mine > notes; mkdir cache; echo 1 > cache/x; echo new > train.py");
        assert_eq!(world.linked.in_the_way(world.from, world.to()).unwrap(), []);
        assert_eq!(world.linked.follow(world.from, world.to()).unwrap(), []);
        assert_eq!(world.linked.set_detached_head(world.to(), world.from, "gx: follow").unwrap(), Swap::Done);
        assert_eq!(world.status(), "?? notes");
        assert_eq!(sh(dir, "git rev-parse HEAD"), world.to().to_string());
        assert_eq!(world.linked.set_detached_head(world.to(), world.from, "again").unwrap(), Swap::Lost);
        assert_eq!(world.repo.set_detached_head(world.from, world.to(), "branch").unwrap(), Swap::Lost);
        assert!(world.repo.head().unwrap().branch.is_some());
    }

    #[test]
    fn whatever_is_somebodys_is_named_and_then_nothing_is_written() {
        for (deed, named) in [
            ("echo mine > train.py", "train.py"),
            ("echo mine > train.py; git add train.py; echo a > train.py", "train.py"),
            ("rm train.py", "train.py"),
            ("echo mine > old.py", "old.py"),
            ("git rm -q --cached old.py", ""),
            ("mkdir new; echo mine > new/x", "new/x"),
            ("mkdir new; mkdir new/x; echo mine > new/x/y", "new/x/y"),
            ("echo mine > new", "new"),
            ("mkdir link; echo mine > link/y", "link/y"),
            ("chmod +x train.py", "train.py"),
        ] {
            let world = World::after(ALL_KINDS);
            sh(world.linked.work_dir(), deed);
            let before = world.status();
            let told = world.linked.in_the_way(world.from, world.to()).unwrap();
            let told: Vec<String> = told.iter().map(ToString::to_string).collect();
            assert_eq!(told.join(" "), named, "{deed}");
            assert_eq!(world.linked.follow(world.from, world.to()).is_ok(), named.is_empty(), "{deed}");
            if !named.is_empty() {
                assert_eq!(world.status(), before, "{deed}");
            }
        }
    }

    #[test]
    fn a_file_becomes_a_folder_and_a_folder_a_file() {
        let world = World::after("rm -r src train.py; echo s > src; mkdir train.py; echo t > train.py/t");
        world.linked.follow(world.from, world.to()).unwrap();
        assert_eq!(world.linked.set_detached_head(world.to(), world.from, "gx: follow").unwrap(), Swap::Done);
        assert_eq!(world.status(), "");
    }

    #[test]
    fn a_submodule_is_named_and_left() {
        let world = World::after(
            "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),sub; mkdir sub; \
                                  git commit -qm sub; echo d > train.py",
        );
        assert_eq!(world.linked.follow(world.from, world.to()).unwrap(), [RepoPath::from("sub")]);
        assert_eq!(fs::read_to_string(world.linked.work_dir().join("train.py")).unwrap(), "d\n");
    }

    #[test]
    fn only_a_work_tree_of_this_repository_is_opened() {
        let (one, other) = (World::after("echo 1 > x"), World::after("echo 2 > x"));
        assert!(one.repo.open_worktree(other.repo.work_dir()).is_err());
        assert!(one.repo.open_worktree(&one.repo.work_dir().join("src")).is_err());
    }
}
