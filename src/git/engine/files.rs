//! Refs in Git's classic form read straight from their files: a loose one wins over a packed one.
//!
//! Only reading, and what concerns the files themselves; who writes is an engine.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::git::engine::formats::Storage;
use crate::git::engine::objects::Torn;
use crate::git::engine::packed::Packed;
use crate::git::engine::place::Place;
use crate::git::engine::refs::{HeadRef, Ref};
use crate::model::object::ObjectId;

/// As deep as Git follows symbolic refs.
const DEPTH: usize = 5;

/// Those that each work tree has for itself (git-worktree(1), "refs").
const OWN: [&str; 3] = ["refs/bisect/", "refs/worktree/", "refs/rewritten/"];

/// The refs of a repository as they lie in files.
#[derive(Clone)]
pub(super) struct Files {
    place: Place,
}

enum Value {
    Id(ObjectId),
    Symbolic(String),
}

impl Files {
    pub(super) fn new(place: Place) -> Self {
        Self { place }
    }

    /// What a ref points to, symbolic ones followed.
    pub(super) fn read(&self, name: &str) -> Result<Option<ObjectId>> {
        Ok(self.follow(name, &self.path(name))?.1)
    }

    /// The last name that symbolic refs lead to, and what that points to.
    fn follow(&self, name: &str, path: &Path) -> Result<(String, Option<ObjectId>)> {
        let (mut name, mut path) = (name.to_owned(), path.to_path_buf());
        for _ in 0..DEPTH {
            match loose(&path).with_context(|| format!("cannot read `{name}`"))? {
                Some(Value::Id(id)) => return Ok((name, Some(id))),
                Some(Value::Symbolic(next)) => {
                    path = self.path(&next);
                    name = next;
                }
                None => {
                    let id = self.packed(&name)?;
                    return Ok((name, id));
                }
            }
        }
        Err(Torn(format!("`{name}` leads from symbolic ref to symbolic ref")).into())
    }

    fn packed(&self, name: &str) -> Result<Option<ObjectId>> {
        Packed::open(&self.place.common_dir)?.map_or(Ok(None), |packed| packed.target(name))
    }

    /// The names of all refs that begin so, in order.
    pub(super) fn names(&self, prefix: &str) -> Result<Vec<String>> {
        // The loose ones first: what is packed meanwhile is then found there.
        let mut names: Vec<String> = self.loose_names(prefix)?;
        if let Some(packed) = Packed::open(&self.place.common_dir)? {
            packed.each(prefix, &mut |found| names.push(found.name))?;
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// All refs that begin so, in order of their names.
    pub(super) fn list(&self, prefix: &str) -> Result<Vec<Ref>> {
        let mut refs = Vec::new();
        for name in self.loose_names(prefix)? {
            // One that vanishes while they are listed, or that is symbolic or broken, is not listed.
            if let Ok(Some(Value::Id(target))) = loose(&self.path(&name)) {
                refs.push(Ref { name, target });
            }
        }
        if let Some(packed) = Packed::open(&self.place.common_dir)? {
            packed.each(prefix, &mut |found| refs.push(found))?;
        }
        // Stable, so that of the same name the loose one stays first.
        refs.sort_by(|one, other| one.name.cmp(&other.name));
        refs.dedup_by(|later, first| later.name == first.name);
        Ok(refs)
    }

    fn loose_names(&self, prefix: &str) -> Result<Vec<String>> {
        let (mut names, mut folders) = (Vec::new(), Vec::new());
        let folder = prefix.rfind('/').map_or("", |slash| &prefix[..slash]);
        folders.push(folder.to_owned());
        while let Some(folder) = folders.pop() {
            let entries = match fs::read_dir(self.place.common_dir.join(&folder)) {
                Ok(entries) => entries,
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    continue;
                }
                Err(error) => return Err(error).with_context(|| format!("cannot list `{folder}`")),
            };
            for entry in entries.flatten() {
                let Ok(name) = entry.file_name().into_string() else { continue };
                let name = format!("{folder}/{name}");
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    if name.starts_with(prefix) || prefix.starts_with(&format!("{name}/")) {
                        folders.push(name);
                    }
                } else if name.starts_with(prefix) && !has_lock_name(&name) {
                    names.push(name);
                }
            }
        }
        Ok(names)
    }

    /// What HEAD of this work tree says.
    pub(super) fn head(&self) -> Result<HeadRef> {
        self.head_of(&self.place.git_dir)
    }

    /// What HEAD of the work tree with this git directory says.
    pub(super) fn head_of(&self, git_dir: &Path) -> Result<HeadRef> {
        let (name, target) = self.follow("HEAD", &git_dir.join("HEAD"))?;
        Ok(HeadRef { branch: (name != "HEAD").then_some(name), target })
    }

    /// What the reflog of a ref says it pointed to, newest first.
    pub(super) fn reflog(&self, name: &str) -> Vec<ObjectId> {
        let text = fs::read(self.log(name)).unwrap_or_default();
        let new = |line: &[u8]| {
            let id = line.split(|byte| *byte == b' ').nth(1)?;
            std::str::from_utf8(id).ok()?.parse().ok()
        };
        text.split(|byte| *byte == b'\n').rev().filter_map(new).collect()
    }

    /// Drops the reflog of a ref.
    pub(super) fn forget_reflog(&self, name: &str) -> Result<()> {
        let path = self.log(name);
        fs::remove_file(&path).or_else(|error| match error.kind() {
            ErrorKind::NotFound => Ok(()),
            _ => Err(error).with_context(|| format!("cannot remove {}", path.display())),
        })
    }

    /// Puts a ref that was just written onto the disk itself.
    pub(super) fn sync(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        match fs::File::open(&path) {
            Ok(file) => file.sync_all().with_context(|| format!("cannot sync {}", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => self.sync_packed(),
            Err(error) => Err(error).with_context(|| format!("cannot sync {}", path.display())),
        }
    }

    /// For a ref that somebody has packed meanwhile: git by itself does not sync `packed-refs` (tried with 2.47).
    fn sync_packed(&self) -> Result<()> {
        let path = self.place.common_dir.join("packed-refs");
        match fs::File::open(&path).and_then(|file| file.sync_all()) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot sync {}", path.display()))
            }
            _ => Ok(()),
        }
    }

    /// Removes a file that a power cut has emptied.
    pub(super) fn clear_broken(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        if fs::metadata(&path).is_ok_and(|meta| meta.len() == 0) {
            fs::remove_file(&path)?;
        }
        Ok(())
    }

    /// Where a loose ref lies.
    fn path(&self, name: &str) -> PathBuf {
        self.place.ref_file(name)
    }

    fn log(&self, name: &str) -> PathBuf {
        let folder = if name.starts_with("refs/") { &self.place.common_dir } else { &self.place.git_dir };
        folder.join("logs").join(name)
    }
}

impl Place {
    /// Where a loose ref lies; HEAD is one that each work tree has for itself.
    pub(in crate::git) fn ref_file(&self, name: &str) -> PathBuf {
        let is_shared = name.starts_with("refs/") && !OWN.iter().any(|own| name.starts_with(own));
        let folder = if is_shared { &self.common_dir } else { &self.git_dir };
        folder.join(name)
    }

    /// What lies there while somebody writes a ref.
    pub(in crate::git) fn lock_of(&self, name: &str) -> PathBuf {
        if self.formats.refs == Storage::Files {
            return self.ref_file(&format!("{name}.lock"));
        }
        let folder = if name.starts_with("refs/") { &self.common_dir } else { &self.git_dir };
        folder.join("reftable/tables.list.lock")
    }
}

fn has_lock_name(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "lock")
}

fn loose(path: &Path) -> Result<Option<Value>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) if error.kind() == ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(error.into()),
    };
    if let Some(next) = text.strip_prefix("ref:") {
        return Ok(Some(Value::Symbolic(next.trim().to_owned())));
    }
    match text.split_whitespace().next().and_then(|id| id.parse().ok()) {
        Some(id) => Ok(Some(Value::Id(id))),
        None => Err(Torn(format!("{} holds no id", path.display())).into()),
    }
}
