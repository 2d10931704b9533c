//! `gx init`: the files that a lab needs, committed alone, and the mark.

use std::fs;
use std::io::ErrorKind;

use anyhow::{Context, Result};

use crate::config::preset::Preset;
use crate::config::schema::Snapshot as Rules;
use crate::error::{fault, misuse};
use crate::git::command::check_version;
use crate::git::object::Entry;
use crate::git::repo::Repo;
use crate::git::worktree::Target;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::run::begin::leave_out;
use crate::run::mark;
use crate::run::tag::check_tag;

/// Which `gx.toml` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// For a repository laid out like autoresearch.
    Autoresearch,
    /// For any other.
    Plain,
}

/// What `gx init` is asked for.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The preset; without it, what the files at hand suggest.
    pub kind: Option<Kind>,
    /// A session to begin: branch `autoresearch/<tag>`.
    pub tag: Option<String>,
    /// Whether the files are committed.
    pub commit: bool,
}

/// What `gx init` did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Made {
    /// The files that it wrote or added to.
    pub written: Vec<RepoPath>,
    /// The commit that holds them.
    pub commit: Option<ObjectId>,
    /// The branch that it began.
    pub branch: Option<String>,
    /// The refs that it keeps out of Git's own answers from now on.
    pub quiet: Vec<&'static str>,
}

impl Setup {
    /// Does it; what is there already is left as it is. `rules` say what the mark must not hold.
    pub fn run(&self, repo: &Repo, rules: &Rules) -> Result<Made> {
        check_version(repo.work_dir())?;
        let head = repo.head()?;
        repo.check_idle()?;
        let branch = self.branch(repo)?;
        let kind = self.kind.unwrap_or_else(|| suggested(repo));
        let mut made = Made { branch: branch.clone(), ..Made::default() };
        let mut files: Vec<(RepoPath, Vec<u8>)> = Vec::new();
        if !repo.work_dir().join("gx.toml").exists() {
            let text = match kind {
                Kind::Autoresearch => Preset::autoresearch().to_owned(),
                Kind::Plain => Preset::plain(),
            };
            files.push((RepoPath::from("gx.toml"), text.into_bytes()));
        }
        let ignored = missing_ignores(repo, kind);
        if !ignored.is_empty() {
            files.push((RepoPath::from(".gitignore"), ignored.into_bytes()));
        }
        let mut targets = Vec::new();
        for (path, addition) in files {
            targets.push(self.add(repo, head.commit, &path, &addition)?);
            made.written.push(path);
        }
        if self.commit && !targets.is_empty() {
            made.commit = Some(commit(repo, &targets)?);
        }
        if let Some(branch) = branch {
            repo.start_branch(&branch, repo.head()?.commit)?;
        }
        made.quiet = repo.quieten()?;
        if mark::read(repo)?.is_none() || !made.written.is_empty() || made.branch.is_some() {
            let head = repo.head()?.commit;
            let snapshot = repo.snapshot(head, &leave_out(rules))?;
            mark::set(repo, snapshot.tree, head)?;
        }
        Ok(made)
    }

    fn branch(&self, repo: &Repo) -> Result<Option<String>> {
        let Some(tag) = &self.tag else { return Ok(None) };
        check_tag(tag)?;
        let branch = format!("autoresearch/{tag}");
        if repo.has_branch(&branch)? {
            return Err(misuse(format!("branch `{branch}` exists already"))
                .hint(format!("go on with it: `git switch {branch}`"))
                .hint("or begin another session with another tag")
                .into());
        }
        Ok(Some(branch))
    }

    /// Appends to a file of the work tree, and makes the blob that is HEAD's content with the same addition:
    /// whatever else is uncommitted in the file stays uncommitted.
    fn add(&self, repo: &Repo, head: ObjectId, path: &RepoPath, addition: &[u8]) -> Result<Target> {
        let place = repo.work_dir().join(path.as_path());
        let present = match fs::read(&place) {
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            read => read.with_context(|| format!("cannot read {path}"))?,
        };
        let committed = match repo.entry(repo.tree_of(head)?, path)? {
            Some(entry) => repo.blob(entry.id)?,
            None => Vec::new(),
        };
        fs::write(&place, joined(present, addition)).with_context(|| format!("cannot write {path}"))?;
        let id = repo.write_blob(&joined(committed, addition))?;
        Ok((path.clone(), Some(Entry { mode: 0o100_644, id })))
    }
}

fn joined(mut content: Vec<u8>, addition: &[u8]) -> Vec<u8> {
    if !content.is_empty() && !content.ends_with(b"\n") {
        content.push(b'\n');
    }
    content.extend_from_slice(addition);
    content
}

fn suggested(repo: &Repo) -> Kind {
    let is_there = |name: &&str| repo.work_dir().join(name).is_file();
    if ["train.py", "prepare.py", "program.md"].iter().all(is_there) {
        Kind::Autoresearch
    } else {
        Kind::Plain
    }
}

/// Lines for `.gitignore`: what runs leave behind and no snapshot should hold.
fn missing_ignores(repo: &Repo, kind: Kind) -> String {
    let mut wanted = vec![("run.log", "run.log")];
    if kind == Kind::Autoresearch || repo.work_dir().join("train.py").is_file() {
        wanted.push(("__pycache__/", "__pycache__/x"));
    }
    if kind == Kind::Autoresearch {
        wanted.push((".venv", ".venv"));
    }
    let lines = wanted
        .into_iter()
        .filter(|(_, example)| !repo.is_ignored(example))
        .map(|(line, _)| format!("{line}\n"));
    lines.collect()
}

/// Commits exactly these files on the present branch.
fn commit(repo: &Repo, targets: &[Target]) -> Result<ObjectId> {
    let message = "Set up gx: every experiment is recorded from here on\n";
    repo.commit_paths(targets, message, "gx: init")?.ok_or_else(|| {
        fault("the branch moved while gx.toml was being committed").hint("run `gx init` again").into()
    })
}
