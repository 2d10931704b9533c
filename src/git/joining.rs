//! Joining two histories: in memory where they agree, in a work tree of its own where somebody has to decide.

use std::path::Path;

use anyhow::{Context, Result};

use crate::error::fault;
use crate::git::object::Entry;
use crate::git::repo::Repo;
use crate::git::sweep;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::process::command::{Ended, Program};

/// What joining two commits in memory came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// The tree that has the changes of both; it is on the disk.
    Clean(ObjectId),
    /// Somebody has to decide about these paths.
    Conflict(Vec<RepoPath>),
}

/// A path about which somebody has to decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmerged {
    /// Which.
    pub path: RepoPath,
    /// What the commit has there that was checked out.
    pub ours: Option<Entry>,
    /// What the one has there that is merged.
    pub theirs: Option<Entry>,
}

/// A folder that one side renames takes files of the other side along only when somebody has looked: they could end up
/// where nobody may see them.
const CAREFUL: [&str; 2] = ["-c", "merge.directoryRenames=conflict"];

/// What was resolved once is resolved the same way again.
const REMEMBERING: [&str; 4] = ["-c", "rerere.enabled=true", "-c", "rerere.autoUpdate=true"];

impl Repo {
    /// The best common ancestor of two commits; nothing where they have none.
    ///
    /// # Errors
    /// A commit on the way is missing.
    pub fn merge_base(&self, one: ObjectId, other: ObjectId) -> Result<Option<ObjectId>> {
        let output = self.git().args(["merge-base", &one.to_string(), &other.to_string()]).output()?;
        match output.stdout.is_empty() {
            false => Ok(Some(String::from_utf8_lossy(&output.stdout).trim().parse()?)),
            true if output.stderr.is_empty() => Ok(None),
            true => Err(fault(String::from_utf8_lossy(&output.stderr).trim().to_owned()).into()),
        }
    }

    /// Joins two commits in memory as `git merge` would, renames and several common ancestors minded; no ref, index or
    /// file changes.
    ///
    /// # Errors
    /// They have no common ancestor, or an object is missing.
    pub fn join(&self, ours: ObjectId, theirs: ObjectId) -> Result<Joined> {
        let program = self.durable_git().args(CAREFUL).args(["merge-tree", "--write-tree", "-z"]);
        let program = program.args(["--name-only", "--no-messages"]);
        let output = program.args([ours, theirs].map(|id| id.to_string())).output()?;
        let mut parts = output.stdout.split(|byte| *byte == 0).filter(|part| !part.is_empty());
        let tree = parts.next().map(|tree| String::from_utf8_lossy(tree).into_owned());
        match (output.status, tree) {
            (Ended::Exit(0), Some(tree)) => Ok(Joined::Clean(tree.parse()?)),
            // git-merge-tree(1): 1 is a conflict, anything else means that it could not be tried.
            (Ended::Exit(1), Some(_)) => Ok(Joined::Conflict(parts.map(RepoPath::new).collect())),
            _ => {
                let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                Err(fault(format!("{} and {} cannot be joined: {said}", ours.short(), theirs.short())).into())
            }
        }
    }

    /// Makes a work tree at `dir` on `ours`, in which `theirs` is being merged, as far as that goes by itself.
    ///
    /// # Errors
    /// The folder cannot be made, or git could not even begin.
    pub fn join_in_worktree(&self, dir: &Path, ours: ObjectId, theirs: ObjectId) -> Result<Self> {
        let add = self.git().args(["worktree", "add", "--quiet", "--detach"]).arg(dir);
        add.arg(ours.to_string()).run()?;
        let place = self.open_worktree(dir)?;
        let merge = ["merge", "--no-ff", "--no-commit", "--quiet", &theirs.to_string()];
        let output = place.remembering().args(CAREFUL).args(merge).output()?;
        if place.operation() != Some("merge") {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(fault(format!("git could not begin to merge in {}: {said}", dir.display())).into());
        }
        Ok(place)
    }

    /// Removes such a work tree with all that is in it, however far it was made.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn leave_join(&self, dir: &Path) -> Result<()> {
        sweep::remove(dir)?;
        // Twice: one that git was killed in while it made it is locked.
        let remove = self.git().args(["worktree", "remove", "--force", "--force"]).arg(dir);
        let output = remove.dir(self.common_dir()).output()?;
        if !output.status.success() && self.worktrees()?.iter().any(|tree| tree.dir == dir) {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(fault(format!("{} cannot be removed: {said}", dir.display())).into());
        }
        Ok(())
    }

    /// The files of this work tree as a tree, conflicts as they stand in them; its index is left as it is.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn files_as_tree(&self) -> Result<ObjectId> {
        let index = self.scratch("files-as-tree")?;
        let git = |arguments: &[&str]| self.durable_git().args(arguments).env("GIT_INDEX_FILE", &index).run();
        let told = git(&["read-tree", "HEAD"]).and_then(|_| git(&["add", "--all", "--sparse", "."]));
        let told = told.and_then(|_| git(&["write-tree"]));
        let _ = std::fs::remove_file(&index);
        String::from_utf8(told?)?.trim().parse()
    }

    /// Has Git remember how the conflicts of a merge were resolved so far.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn remember_resolutions(&self) -> Result<()> {
        self.remembering().arg("rerere").run().map(drop)
    }

    /// The paths of the index that are still in conflict, and what either side has there.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn unmerged(&self) -> Result<Vec<Unmerged>> {
        let told = self.git().args(["ls-files", "--unmerged", "-z"]).run()?;
        let mut found: Vec<Unmerged> = Vec::new();
        for line in told.split(|byte| *byte == 0) {
            let Some(tab) = line.iter().position(|byte| *byte == b'\t') else { continue };
            let (head, path) = (std::str::from_utf8(&line[..tab])?, RepoPath::new(&line[tab + 1..]));
            let [mode, id, stage] = head.split(' ').collect::<Vec<_>>()[..] else { continue };
            let entry = Entry { mode: u32::from_str_radix(mode, 8)?, id: id.parse()? };
            if found.last().is_none_or(|last| last.path != path) {
                found.push(Unmerged { path, ours: None, theirs: None });
            }
            match (stage, found.last_mut()) {
                ("2", Some(last)) => last.ours = Some(entry),
                ("3", Some(last)) => last.theirs = Some(entry),
                _ => {}
            }
        }
        Ok(found)
    }

    /// The paths that differ between the files and the index, untracked ones that are not ignored too.
    ///
    /// # Errors
    /// The work tree cannot be read.
    pub fn unstaged(&self) -> Result<Vec<RepoPath>> {
        let listed = self.git().args(["ls-files", "-z", "--modified", "--deleted", "--others"]);
        let told = listed.arg("--exclude-standard").run()?;
        let mut paths: Vec<_> =
            told.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(RepoPath::new).collect();
        paths.dedup();
        Ok(paths)
    }

    /// The paths below which there is what no tree of the files would hold: ignored files, and other repositories.
    ///
    /// # Errors
    /// The work tree cannot be read.
    pub fn unheld(&self) -> Result<Vec<RepoPath>> {
        let others = |more: &[&str]| {
            self.git().args(["ls-files", "-z", "--others", "--exclude-standard"]).args(more).run()
        };
        let (ignored, untracked) = (others(&["--ignored"])?, others(&[])?);
        let parts = |told: &[u8]| -> Vec<Vec<u8>> {
            told.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(<[u8]>::to_vec).collect()
        };
        // Git names another repository as a folder, with a slash, and does not look into it.
        let inner = parts(&untracked).into_iter().filter(|path| path.ends_with(b"/"));
        let all = parts(&ignored).into_iter().chain(inner);
        Ok(all.map(|path| RepoPath::new(path.strip_suffix(b"/").unwrap_or(&path))).collect())
    }

    /// Puts files into the index as they are now.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn stage(&self, paths: &[RepoPath]) -> Result<()> {
        if paths.is_empty() {
            return Ok(());
        }
        let add = self.durable_git().args(["add", "--all", "--sparse", "--"]);
        add.args(paths.iter().map(RepoPath::as_path)).run().map(drop)
    }

    /// The whole index as a tree; it is on the disk.
    ///
    /// # Errors
    /// Something in it is in conflict.
    pub fn index_tree(&self) -> Result<ObjectId> {
        let told = self.durable_git().arg("write-tree").run().context("cannot write the resolved tree")?;
        String::from_utf8(told)?.trim().parse()
    }

    fn remembering(&self) -> Program {
        let author = self.author();
        let program = self.durable_git().args(REMEMBERING);
        // Git asks who merges before it begins.
        ["AUTHOR", "COMMITTER"].into_iter().fold(program, |program, who| {
            let named = program.env(format!("GIT_{who}_NAME"), &author.name);
            named.env(format!("GIT_{who}_EMAIL"), &author.email)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(dir: &Path, script: &str) -> String {
        let who = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
        let program = Program::new("sh").args(["-ec", script]).dir(dir);
        let told = who.into_iter().fold(program, |program, name| program.env(name, "t")).run().unwrap();
        String::from_utf8(told).unwrap().trim().to_owned()
    }

    #[test]
    fn what_both_changed_elsewhere_is_joined_and_what_both_changed_alike_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "1\n2\n3\n4\n5\n6\n").unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let (base, dir) = (repo.head().unwrap().commit, folder.path());
        sh(dir, "git mv a b; git commit -qm move; git branch ours");
        sh(
            dir,
            &format!(
                "git checkout -q --detach {base}; sed -i s/6/six/ a; git commit -qam six; git branch theirs"
            ),
        );
        let at = |name: &str| repo.revision(name).unwrap();
        let Joined::Clean(tree) = repo.join(at("ours"), at("theirs")).unwrap() else { panic!("a conflict") };
        assert_eq!(
            sh(dir, &format!("git show {tree}:b | tail -n 1; git ls-tree --name-only {tree}")),
            "six\nb"
        );
        assert_eq!(repo.merge_base(at("ours"), at("theirs")).unwrap(), Some(base));
        sh(
            dir,
            &format!(
                "git checkout -q --detach {base}; sed -i s/6/VI/ a; git commit -qam VI; git branch other"
            ),
        );
        let conflict = Joined::Conflict(vec![RepoPath::from("a")]);
        assert_eq!(repo.join(at("other"), at("theirs")).unwrap(), conflict);
        sh(dir, "git checkout -q --orphan alone; git commit -qm alone");
        assert_eq!(repo.merge_base(at("HEAD"), base).unwrap(), None);
        assert!(repo.join(at("HEAD"), base).is_err());
    }

    #[test]
    fn a_folder_that_one_side_moves_takes_no_file_of_the_other_along_unseen() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let dir = folder.path();
        sh(
            dir,
            "mkdir src; for n in 1 2 3; do echo $n > src/$n; done; git add .; git commit -qm src; git branch base",
        );
        sh(
            dir,
            "git config merge.directoryRenames true; mkdir private; git mv src private/src; git commit -qm p; git branch ours",
        );
        sh(
            dir,
            "git checkout -q --detach base; echo 4 > src/4; git add .; git commit -qm 4; git branch theirs",
        );
        let joined = repo.join(repo.revision("ours").unwrap(), repo.revision("theirs").unwrap()).unwrap();
        assert!(matches!(joined, Joined::Conflict(_)), "{joined:?}");
    }
}
