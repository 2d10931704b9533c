//! Refs, moved by `git update-ref`, and read from their files or, where they are in tables, by asking the program.

use std::path::Path;
use std::rc::Rc;

use anyhow::{Result, anyhow};

use crate::error::fault;
use crate::git::engine::files::Files;
use crate::git::engine::formats::Storage;
use crate::git::engine::place::Place;
use crate::git::engine::program::asked::Asked;
use crate::git::engine::refs::{HeadRef, Move, Ref, Refs, Try};
use crate::model::object::ObjectId;
use crate::process::command::Program;

/// How many entries of a reflog are asked at once.
const ENTRIES: usize = 100;

/// The refs of a repository in any format.
pub(in crate::git::engine) struct ProgramRefs {
    place: Place,
    asked: Rc<Asked>,
    /// Where they can be read without asking anybody.
    files: Option<Files>,
}

impl ProgramRefs {
    pub(in crate::git::engine) fn new(place: &Place, asked: Rc<Asked>) -> Self {
        let files = (place.formats.refs == Storage::Files).then(|| Files::new(place.clone()));
        Self { place: place.clone(), asked, files }
    }

    fn git(&self) -> Program {
        self.place.git().env("LC_ALL", "C")
    }

    /// The value that the program resolves a name to, whether its object is there or not.
    fn resolve(&self, name: &str) -> Result<Option<ObjectId>> {
        let told =
            self.git().args(["rev-parse", "--verify", "--quiet", "--end-of-options", name]).output()?;
        let text = String::from_utf8_lossy(&told.stdout);
        if told.status.success() { text.trim().parse().map(Some) } else { Ok(None) }
    }

    /// For the newest entry of an empty log the program gives the ref's own value.
    fn has_empty_log(&self, name: &str) -> bool {
        let told = self.git().args(["reflog", "show", "--format=%H", "-n", "1", name]).output();
        told.is_ok_and(|told| told.status.success() && told.stdout.trim_ascii().is_empty())
    }
}

/// Whether words of the program mean that somebody holds a lock.
fn is_locked(words: &str) -> bool {
    ["File exists", "data is locked", "cannot lock references", "lock file"]
        .iter()
        .any(|sign| words.contains(sign))
}

impl Refs for ProgramRefs {
    fn read(&self, name: &str) -> Result<Option<ObjectId>> {
        if let Some(files) = &self.files {
            return files.read(name);
        }
        match self.asked.info(name)? {
            Some(header) => Ok(Some(header.id)),
            // It does not tell a ref that is not there from one whose object is not.
            None => self.resolve(name),
        }
    }

    fn names(&self, prefix: &str) -> Result<Vec<String>> {
        match &self.files {
            Some(files) => files.names(prefix),
            None => Ok(self.list(prefix)?.into_iter().map(|found| found.name).collect()),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<Ref>> {
        if let Some(files) = &self.files {
            return files.list(prefix);
        }
        // The program lists whole folders only.
        let folder = prefix.rfind('/').map_or("refs/", |slash| &prefix[..=slash]);
        let format = "--format=%(objectname) %(symref) %(refname)";
        let told = self.git().args(["for-each-ref", format, folder]).run()?;
        let line = |line: &str| {
            let (id, rest) = line.split_once(' ')?;
            let name = rest.strip_prefix(' ').filter(|name| name.starts_with(prefix))?;
            Some(Ref { name: name.to_owned(), target: id.parse().ok()? })
        };
        Ok(String::from_utf8_lossy(&told).lines().filter_map(line).collect())
    }

    fn swap(&self, wanted: &Move<'_>) -> Result<Try> {
        let old = wanted.old.map_or_else(|| self.place.formats.hash.zero(), |old| old.to_string());
        let line = format!("option no-deref\nupdate {} {} {old}\n", wanted.name, wanted.new);
        // A loose ref can be synced by itself afterwards; of tables git must do it while it writes.
        let git = if self.files.is_some() { self.git() } else { self.place.durable_git() };
        // Whoever waits looks now and then whether the lock is rubbish.
        let program = git.args(["-c", "core.filesRefLockTimeout=1000", "update-ref"]);
        let told = program.args(["-m", wanted.log, "--stdin"]).input(line.into_bytes()).output()?;
        if told.status.success() {
            return Ok(Try::Done);
        }
        if self.read(wanted.name)? != wanted.old {
            return Ok(Try::Lost);
        }
        let words = String::from_utf8_lossy(&told.stderr).trim().to_owned();
        if is_locked(&words) {
            return Ok(Try::Locked);
        }
        let failed = fault(format!("cannot write `{}`: {words}", wanted.name));
        Err(if words.contains("Permission denied") || words.contains("Read-only") {
            failed.hint("make the .git folder writable for you, then try again").into()
        } else if words.contains("transaction failure") || words.contains("couldn't write") {
            // Git says no more of a table or a file that it cannot write, which it cannot on a full disk.
            failed.hint("make room on the disk where it is full (`df .git`), then try again").into()
        } else {
            failed.into()
        })
    }

    fn head(&self) -> Result<HeadRef> {
        self.head_of(&self.place.git_dir)
    }

    fn set_head(&self, branch: &str) -> Result<()> {
        self.git().args(["symbolic-ref", "HEAD", branch]).run().map(drop)
    }

    fn reflog(&self, name: &str) -> Vec<ObjectId> {
        if let Some(files) = &self.files {
            return files.reflog(name);
        }
        let mut found: Vec<ObjectId> = Vec::new();
        loop {
            // By number, since `git reflog` gives up at an object that is missing.
            let entries = (found.len()..found.len() + ENTRIES).map(|number| format!("{name}@{{{number}}}"));
            let Ok(told) = self.git().arg("rev-parse").args(entries).output() else { return found };
            let text = String::from_utf8_lossy(&told.stdout).into_owned();
            found.extend(text.lines().map_while(|line| line.parse::<ObjectId>().ok()));
            if !told.status.success() {
                return if found.len() == 1 && self.has_empty_log(name) { Vec::new() } else { found };
            }
        }
    }

    fn forget_reflog(&self, name: &str) -> Result<()> {
        match &self.files {
            Some(files) => files.forget_reflog(name),
            None => self.git().args(["reflog", "expire", "--expire=all", name]).run().map(drop),
        }
    }

    fn sync(&self, name: &str) -> Result<()> {
        // Tables were synced when they were written.
        self.files.as_ref().map_or(Ok(()), |files| files.sync(name))
    }

    fn clear_broken(&self, name: &str) -> Result<()> {
        self.files.as_ref().map_or(Ok(()), |files| files.clear_broken(name))
    }

    fn head_of(&self, git_dir: &Path) -> Result<HeadRef> {
        if let Some(files) = &self.files {
            return files.head_of(git_dir);
        }
        let told = self
            .place
            .git_in(git_dir)
            .env("LC_ALL", "C")
            .args(["rev-parse", "HEAD", "--symbolic-full-name", "HEAD"])
            .output()?;
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        let mut lines = text.lines();
        if told.status.success() {
            let target = lines.next().map(str::parse).transpose()?;
            let branch = lines.next().filter(|name| *name != "HEAD").map(str::to_owned);
            return Ok(HeadRef { branch, target });
        }
        let told = self
            .place
            .git_in(git_dir)
            .env("LC_ALL", "C")
            .args(["symbolic-ref", "--quiet", "HEAD"])
            .output()?;
        if told.status.success() {
            let branch = String::from_utf8_lossy(&told.stdout).trim().to_owned();
            return Ok(HeadRef { branch: Some(branch), target: None });
        }
        Err(anyhow!("cannot read HEAD: {}", String::from_utf8_lossy(&told.stderr).trim()))
    }
}
