//! Objects, read and written by the `git` program.

use std::collections::HashSet;
use std::rc::Rc;

use anyhow::{Context, Result};

use crate::git::engine::objects::{Diffstat, Kind, Merged, Object, Objects, Reader, Take};
use crate::git::engine::place::Place;
use crate::git::engine::program::asked::{Asked, body, cat_file, ended, header, missing, read_body};
use crate::git::engine::program::written::{Deed, Written};
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::process::command::{Ended, Program};

/// Up to so many objects are asked one by one; more are worth a program of their own.
const FEW: usize = 32;

/// More paths than this do not surely fit on a command line.
const PER_CALL: usize = 1000;

/// Who the commits are by that only a merge of trees sees.
const NOBODY: &str = "gx <gx> 0 +0000";

/// The objects of a repository in any format.
pub(in crate::git::engine) struct ProgramObjects {
    place: Place,
    asked: Rc<Asked>,
    written: Written,
}

impl ProgramObjects {
    pub(in crate::git::engine) fn new(place: &Place) -> Self {
        Self { place: place.clone(), asked: Rc::new(Asked::new(place)), written: Written::new(place) }
    }

    /// The program that reads, for questions about refs too.
    pub(in crate::git::engine) fn asked(&self) -> Rc<Asked> {
        Rc::clone(&self.asked)
    }

    fn git(&self) -> Program {
        self.place.git().env("LC_ALL", "C")
    }

    fn commit(&self, tree: ObjectId, parent: Option<ObjectId>) -> Result<ObjectId> {
        let parent = parent.map(|parent| format!("parent {parent}\n")).unwrap_or_default();
        let text = format!("tree {tree}\n{parent}author {NOBODY}\ncommitter {NOBODY}\n\nmerge\n");
        self.written.put(Kind::Commit, Deed::Write, text.as_bytes())
    }
}

/// Whatever is missing here and a partial clone's remote has; an error where nobody has it.
fn fetch(place: &Place, id: ObjectId) -> Result<Object> {
    if !place.formats.is_partial {
        return Err(missing(place, id));
    }
    let program = place.git().args(["cat-file", "--batch"]).env("GIT_NO_REPLACE_OBJECTS", "1");
    let told = program.input(format!("{id}\n").into_bytes()).output()?;
    let mut heard = &told.stdout[..];
    match header(&mut heard) {
        Ok(Some(header)) => body(&mut heard, header),
        _ => Err(missing(place, id))
            .with_context(|| format!("cannot fetch it: {}", String::from_utf8_lossy(&told.stderr).trim())),
    }
}

/// Reads many objects from a program of its own, which is fed while it answers.
fn stream(place: &Place, ids: &[ObjectId], take: &mut Take<'_>) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut talk = cat_file(place).args(["--batch", "--buffer"]).talk()?;
    talk.feed(ids.iter().flat_map(|id| format!("{id}\n").into_bytes()).collect());
    let mut content = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        let heard = talk.hear();
        let found = header(heard).and_then(|found| {
            let Some(found) = found else { return Ok(None) };
            read_body(heard, found, &mut content).map(|()| Some(found.kind))
        });
        match found {
            Ok(Some(kind)) => take(number, kind, &content)?,
            Ok(None) => {
                let object = fetch(place, *id)?;
                take(number, object.kind, &object.content)?;
            }
            Err(error) => return Err(ended(&talk.last_words().unwrap_or_else(|| error.to_string()))),
        }
    }
    Ok(())
}

/// For another thread: a program of its own.
struct ProgramReader {
    place: Place,
}

impl Reader for ProgramReader {
    fn read_each(&self, ids: &[ObjectId], take: &mut Take<'_>) -> Result<()> {
        stream(&self.place, ids, take)
    }
}

impl Reader for ProgramObjects {
    fn read_each(&self, ids: &[ObjectId], take: &mut Take<'_>) -> Result<()> {
        if ids.len() > FEW {
            return stream(&self.place, ids, take);
        }
        for (number, id) in ids.iter().enumerate() {
            let object = self.read(*id)?;
            take(number, object.kind, &object.content)?;
        }
        Ok(())
    }
}

impl Objects for ProgramObjects {
    fn find(&self, id: ObjectId) -> Result<Option<Kind>> {
        Ok(self.asked.info(&id.to_string())?.map(|header| header.kind))
    }

    fn size(&self, id: ObjectId) -> Result<Option<u64>> {
        Ok(self.asked.info(&id.to_string())?.map(|header| header.size))
    }

    fn absent(&self, ids: &[ObjectId]) -> Result<Vec<ObjectId>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        // No size is asked for, since of a packed object that means to look at what it is a delta of.
        let program = cat_file(&self.place).args(["--buffer", "--batch-check=%(objectname)"]);
        let told = program.input(ids.iter().flat_map(|id| format!("{id}\n").into_bytes()).collect()).run()?;
        let told = String::from_utf8_lossy(&told);
        let there: HashSet<ObjectId> = told.lines().filter_map(|line| line.parse().ok()).collect();
        Ok(ids.iter().filter(|id| !there.contains(id)).copied().collect())
    }

    fn read(&self, id: ObjectId) -> Result<Object> {
        match self.asked.contents(id)? {
            Some(object) => Ok(object),
            None => fetch(&self.place, id),
        }
    }

    fn write(&self, kind: Kind, content: &[u8]) -> Result<ObjectId> {
        self.written.put(kind, Deed::Write, content)
    }

    fn hash(&self, content: &[u8]) -> Result<ObjectId> {
        self.written.put(Kind::Blob, Deed::Hash, content)
    }

    fn reader(&self) -> Box<dyn Reader + Send> {
        Box::new(ProgramReader { place: self.place.clone() })
    }

    fn rest(&self) {
        self.asked.rest();
        self.written.rest();
    }

    fn revision(&self, text: &str) -> Option<ObjectId> {
        let program = self.git().args(["rev-parse", "--verify", "--quiet", "--end-of-options"]);
        let told = program.arg(format!("{text}^{{commit}}")).output().ok()?;
        told.status.success().then(|| String::from_utf8_lossy(&told.stdout).trim().parse().ok())?
    }

    fn descends(&self, new: ObjectId, old: ObjectId) -> Result<bool> {
        let told =
            self.git().args(["merge-base", "--is-ancestor", &old.to_string(), &new.to_string()]).output()?;
        match told.status {
            Ended::Exit(0) => Ok(true),
            Ended::Exit(1) => Ok(false),
            _ => Err(ended(&String::from_utf8_lossy(&told.stderr))),
        }
    }

    fn apart(&self, one: ObjectId, other: ObjectId) -> Result<(usize, usize)> {
        let range = format!("{one}...{other}");
        let told = self.git().args(["rev-list", "--left-right", "--count", &range]).run()?;
        let text = String::from_utf8(told)?;
        let (left, right) = text.trim().split_once('\t').context("git rev-list gave no counts")?;
        Ok((left.parse()?, right.parse()?))
    }

    fn holders(&self, commit: ObjectId, folders: &[&str]) -> Result<Option<Vec<String>>> {
        let contains = format!("--contains={commit}");
        let told = self.git().args(["for-each-ref", "--format=%(refname)", &contains]).args(folders).run()?;
        Ok(Some(String::from_utf8_lossy(&told).lines().map(str::to_owned).collect()))
    }

    fn diffstat(&self, old: ObjectId, new: ObjectId, only: &[RepoPath]) -> Result<Diffstat> {
        let mut stat = Diffstat::default();
        let ids = [old.to_string(), new.to_string()];
        let options = ["diff-tree", "-r", "-z", "--numstat", "--no-renames", "--no-ext-diff"];
        let mut add = |paths: &[RepoPath]| -> Result<()> {
            let program = self.git().args(options).arg("--ignore-submodules=none").args(&ids).arg("--");
            let told = program.args(paths.iter().map(RepoPath::as_path)).run()?;
            for line in told.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
                let mut fields = line.splitn(3, |byte| *byte == b'\t');
                // Of a binary file there is a dash instead.
                let mut number = || std::str::from_utf8(fields.next()?).ok()?.parse::<usize>().ok();
                stat.insertions += number().unwrap_or_default();
                stat.deletions += number().unwrap_or_default();
                stat.files += 1;
            }
            Ok(())
        };
        if only.is_empty() {
            add(&[])?;
        }
        only.chunks(PER_CALL).try_for_each(add)?;
        Ok(stat)
    }

    fn merge_trees(&self, base: ObjectId, ours: ObjectId, theirs: ObjectId) -> Result<Merged> {
        // By commits, since older programs take no trees.
        let root = self.commit(base, None)?;
        let sides = [self.commit(ours, Some(root))?, self.commit(theirs, Some(root))?];
        let options = ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages"];
        let told = self.git().args(options).args(sides.map(|side| side.to_string())).output()?;
        let mut fields = told.stdout.split(|byte| *byte == 0).filter(|field| !field.is_empty());
        let tree = fields.next().map(String::from_utf8_lossy);
        match (told.status, tree) {
            (Ended::Exit(0), Some(tree)) => Ok(Ok(tree.trim().parse()?)),
            (Ended::Exit(1), Some(_)) => Ok(Err(fields.map(RepoPath::new).collect())),
            _ => Err(anyhow::anyhow!("cannot merge: {}", String::from_utf8_lossy(&told.stderr).trim())),
        }
    }
}
