//! Objects, read and written in process.

use std::cell::RefCell;
use std::collections::HashSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};
use git2::{ConfigLevel, DiffOptions, Index, ObjectType, Odb, Oid, Repository};

use crate::git::commit::Commit;
use crate::git::engine::libgit2::torn::{is_missing, told};
use crate::git::engine::loose::Loose;
use crate::git::engine::objects::{
    Diffstat, Kind, Merged, Object, Objects, Reader, TRIES, Take, lost_its_folder,
};
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// The objects of a repository that libgit2 has opened.
pub struct Libgit2Objects {
    git_dir: PathBuf,
    /// Nothing while it rests: what was read of a pack stays mapped as long as any handle has it open.
    repo: RefCell<Option<Rc<Repository>>>,
    loose: Loose,
}

/// Opens a repository whose git directory is known.
pub fn open(git_dir: &Path) -> Result<Repository, git2::Error> {
    let repo = Repository::open(git_dir)?;
    // libgit2 looks for attributes in the index, and fails on a split or sparse one; the user's
    // index is read by the `git` program only.
    repo.set_index(&mut Index::new()?)?;
    heed_environment(&repo)?;
    Ok(repo)
}

/// Has libgit2 read the files of settings that Git would, git(1): it heeds these variables only where it finds the
/// repository by others.
fn heed_environment(repo: &Repository) -> Result<(), git2::Error> {
    // An empty name is that of no file.
    let path = |name: OsString| PathBuf::from(if name.is_empty() { "/dev/null".into() } else { name });
    let (named, mut config) = (|name| env::var_os(name).map(path), repo.config()?);
    let mut put = |path: &Path, level| config.add_file(path, level, true);
    if let Some(path) = named("GIT_CONFIG_GLOBAL") {
        put(&path, ConfigLevel::Global)?;
        put(Path::new("/dev/null"), ConfigLevel::XDG)?;
    }
    if let Some(path) = named("GIT_CONFIG_SYSTEM") {
        put(&path, ConfigLevel::System)?;
    }
    Ok(())
}

pub fn oid(id: ObjectId) -> Result<Oid> {
    Ok(Oid::from_bytes(id.as_bytes())?)
}

pub fn id_of(oid: Oid) -> ObjectId {
    ObjectId::from_bytes(oid.as_bytes()).expect("libgit2's ids have the length of one of Git's hashes")
}

fn kind_of(kind: ObjectType) -> Option<Kind> {
    match kind {
        ObjectType::Commit => Some(Kind::Commit),
        ObjectType::Tree => Some(Kind::Tree),
        ObjectType::Blob => Some(Kind::Blob),
        ObjectType::Tag => Some(Kind::Tag),
        ObjectType::Any => None,
    }
}

fn type_of(kind: Kind) -> ObjectType {
    match kind {
        Kind::Commit => ObjectType::Commit,
        Kind::Tree => ObjectType::Tree,
        Kind::Blob => ObjectType::Blob,
        Kind::Tag => ObjectType::Tag,
    }
}

impl Libgit2Objects {
    /// Those of an open repository, through a handle of their own: that of refs and settings stays open, and with it
    /// would stay in memory what is read.
    pub fn new(repo: &Repository) -> Self {
        let loose = Loose::new(repo.commondir());
        Self { git_dir: repo.path().to_path_buf(), repo: RefCell::new(None), loose }
    }

    fn repo(&self) -> Result<Rc<Repository>> {
        let mut repo = self.repo.borrow_mut();
        match &*repo {
            Some(open) => Ok(Rc::clone(open)),
            None => {
                let open = open(&self.git_dir).map_err(told)?;
                Ok(Rc::clone(repo.insert(Rc::new(open))))
            }
        }
    }

    /// Makes sure that libgit2 comes to an end of walking from some commits down to another or to the first ones: it
    /// reads those by itself. What is packed is whole, and so is what it rests on.
    fn check_history(&self, tips: &[ObjectId], end: Option<ObjectId>) -> Result<()> {
        let (mut todo, mut seen) = (tips.to_vec(), HashSet::new());
        while let Some(id) = todo.pop() {
            if Some(id) != end && seen.insert(id) && self.loose.has(id) {
                todo.extend(Commit::parse(&self.read(id)?.content)?.parents);
            }
        }
        Ok(())
    }
}

fn read_from(odb: &Odb<'_>, id: ObjectId, take: &mut dyn FnMut(Kind, &[u8]) -> Result<()>) -> Result<()> {
    let object = odb.read(oid(id)?).map_err(told)?;
    let kind = kind_of(object.kind()).with_context(|| format!("{id} is of no known kind"))?;
    take(kind, object.data())
}

fn read_each_from(odb: &Odb<'_>, loose: &Loose, ids: &[ObjectId], take: &mut Take<'_>) -> Result<()> {
    let doubtful = loose.among(ids);
    for (number, id) in ids.iter().enumerate() {
        if doubtful.contains(id) {
            loose.check(*id)?;
        }
        read_from(odb, *id, &mut |kind, content| take(number, kind, content))?;
    }
    Ok(())
}

/// For another thread: libgit2's handles are not shared between threads, so each opens its own.
struct Libgit2Reader {
    git_dir: PathBuf,
}

impl Reader for Libgit2Reader {
    fn read_each(&self, ids: &[ObjectId], take: &mut Take<'_>) -> Result<()> {
        let repo = Repository::open(&self.git_dir)?;
        let loose = Loose::new(repo.commondir());
        read_each_from(&repo.odb().map_err(told)?, &loose, ids, take)
    }
}

impl Reader for Libgit2Objects {
    fn read_each(&self, ids: &[ObjectId], take: &mut Take<'_>) -> Result<()> {
        read_each_from(&self.repo()?.odb().map_err(told)?, &self.loose, ids, take)
    }
}

impl Objects for Libgit2Objects {
    fn find(&self, id: ObjectId) -> Result<Option<Kind>> {
        self.loose.check(id)?;
        match self.repo()?.odb().map_err(told)?.read_header(oid(id)?) {
            Ok((_, kind)) => Ok(kind_of(kind)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(told(error)),
        }
    }

    fn size(&self, id: ObjectId) -> Result<Option<u64>> {
        self.loose.check(id)?;
        match self.repo()?.odb().map_err(told)?.read_header(oid(id)?) {
            Ok((size, _)) => Ok(Some(size as u64)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(told(error)),
        }
    }

    fn absent(&self, ids: &[ObjectId]) -> Result<Vec<ObjectId>> {
        let repo = self.repo()?;
        let odb = repo.odb().map_err(told)?;
        let mut absent = Vec::new();
        for id in ids {
            if !odb.exists(oid(*id)?) {
                absent.push(*id);
            }
        }
        Ok(absent)
    }

    fn read(&self, id: ObjectId) -> Result<Object> {
        self.loose.check(id)?;
        let mut found = None;
        read_from(&self.repo()?.odb().map_err(told)?, id, &mut |kind, content| {
            found = Some(Object { kind, content: content.to_vec() });
            Ok(())
        })?;
        found.with_context(|| format!("{id} is missing"))
    }

    fn write(&self, kind: Kind, content: &[u8]) -> Result<ObjectId> {
        let (repo, mut tries) = (self.repo()?, 0);
        let odb = repo.odb().map_err(told)?;
        loop {
            match odb.write(type_of(kind), content) {
                Err(error) if lost_its_folder(error.message()) && tries < TRIES => tries += 1,
                written => return Ok(id_of(written?)),
            }
        }
    }

    fn hash(&self, content: &[u8]) -> Result<ObjectId> {
        Ok(id_of(Oid::hash_object(ObjectType::Blob, content)?))
    }

    fn reader(&self) -> Box<dyn Reader + Send> {
        Box::new(Libgit2Reader { git_dir: self.git_dir.clone() })
    }

    fn rest(&self) {
        self.repo.borrow_mut().take();
    }

    fn revision(&self, text: &str) -> Option<ObjectId> {
        Some(id_of(self.repo().ok()?.revparse_single(text).ok()?.peel_to_commit().ok()?.id()))
    }

    fn descends(&self, new: ObjectId, old: ObjectId) -> Result<bool> {
        self.check_history(&[new], Some(old))?;
        self.repo()?.graph_descendant_of(oid(new)?, oid(old)?).map_err(told)
    }

    fn apart(&self, one: ObjectId, other: ObjectId) -> Result<(usize, usize)> {
        self.check_history(&[one, other], None)?;
        self.repo()?.graph_ahead_behind(oid(one)?, oid(other)?).map_err(told)
    }

    fn diffstat(&self, old: ObjectId, new: ObjectId, only: &[RepoPath]) -> Result<Diffstat> {
        let repo = self.repo()?;
        let find = |id| repo.find_tree(oid(id)?).map_err(told);
        let mut options = DiffOptions::new();
        options.include_typechange(true).ignore_submodules(false).disable_pathspec_match(true);
        for path in only {
            options.pathspec(path.as_bytes());
        }
        let diff = repo.diff_tree_to_tree(Some(&find(old)?), Some(&find(new)?), Some(&mut options));
        let stats = diff.and_then(|diff| diff.stats()).map_err(told)?;
        Ok(Diffstat {
            files: stats.files_changed(),
            insertions: stats.insertions(),
            deletions: stats.deletions(),
        })
    }

    fn merge_trees(&self, base: ObjectId, ours: ObjectId, theirs: ObjectId) -> Result<Merged> {
        let repo = self.repo()?;
        let find = |id| repo.find_tree(oid(id)?).map_err(told);
        let merged = repo.merge_trees(&find(base)?, &find(ours)?, &find(theirs)?, None);
        let mut index = merged.map_err(told)?;
        if !index.has_conflicts() {
            return Ok(Ok(id_of(index.write_tree_to(&repo)?)));
        }
        let mut paths = Vec::new();
        for conflict in index.conflicts()? {
            let conflict = conflict?;
            let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
            paths.extend(entry.map(|entry| RepoPath::new(entry.path)));
        }
        paths.dedup();
        Ok(Err(paths))
    }
}
