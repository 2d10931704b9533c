//! Changing paths of the work tree and entries of the index, and nothing beside them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::git::object::Entry;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;

/// A path and what is to be there; `None` removes it.
pub type Target = (RepoPath, Option<Entry>);

impl Repo {
    /// The files that writing a path would remove: those in a folder that lies there, or the file or symbolic link
    /// that lies where one of its folders must be.
    pub fn obstacles(&self, path: &RepoPath) -> Result<Vec<RepoPath>> {
        if let Some(above) = self.not_a_folder_above(path) {
            return Ok(vec![above]);
        }
        let mut found = Vec::new();
        let mut folders = vec![path.clone()];
        while let Some(folder) = folders.pop() {
            let place = self.work_dir().join(folder.as_path());
            if !fs::symlink_metadata(&place).is_ok_and(|meta| meta.is_dir()) {
                continue;
            }
            for entry in fs::read_dir(&place).with_context(|| format!("cannot read {folder}"))? {
                let entry = entry?;
                let inside = folder.as_path().join(entry.file_name());
                let inside = RepoPath::new(inside.as_os_str().as_bytes());
                let kind = if entry.file_type()?.is_dir() { &mut folders } else { &mut found };
                kind.push(inside);
            }
        }
        Ok(found)
    }

    pub(super) fn not_a_folder_above(&self, path: &RepoPath) -> Option<RepoPath> {
        let is_other =
            |at: &&Path| fs::symlink_metadata(self.work_dir().join(at)).is_ok_and(|meta| !meta.is_dir());
        let mut above = path.as_path().ancestors().skip(1).filter(|at| !at.as_os_str().is_empty());
        above.find(is_other).map(|at| RepoPath::new(at.as_os_str().as_bytes()))
    }

    /// Whether a path of the work tree is exactly what `entry` says, as Git would store it.
    pub fn is_at(&self, path: &RepoPath, entry: Option<Entry>) -> Result<bool> {
        if self.not_a_folder_above(path).is_some() {
            return Ok(entry.is_none());
        }
        let place = self.work_dir().join(path.as_path());
        let meta = match fs::symlink_metadata(&place) {
            Ok(meta) => meta,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(entry.is_none());
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {path}")),
        };
        let Some(entry) = entry else { return Ok(meta.is_dir()) };
        if entry.is_submodule() || meta.is_dir() {
            return Ok(entry.is_submodule() && meta.is_dir());
        }
        if meta.is_symlink() != entry.is_symlink() {
            return Ok(false);
        }
        if meta.is_symlink() {
            return Ok(self.hash_blob(fs::read_link(&place)?.as_os_str().as_bytes())? == entry.id);
        }
        let executable = meta.permissions().mode() & 0o100 != 0;
        if executable != (entry.mode == 0o100_755)
            && self.setting("core.fileMode").as_deref() != Some("false")
        {
            return Ok(false);
        }
        let content = fs::read(&place).with_context(|| format!("cannot read {path}"))?;
        Ok(self.hash_blob(&content)? == entry.id
            || !self.is_plain(path) && self.filtered_hash(path, content)? == entry.id)
    }

    /// The id of content after the clean filters of its path, which only the `git` program applies.
    fn filtered_hash(&self, path: &RepoPath, content: Vec<u8>) -> Result<ObjectId> {
        let mut argument = std::ffi::OsString::from("--path=");
        argument.push(path.as_path());
        let told = self.git().args(["hash-object", "--stdin"]).arg(argument).input(content).run()?;
        String::from_utf8(told)?.trim().parse()
    }

    /// Writes paths of the work tree, smudge filters applied, folders made and emptied ones removed.
    pub fn write_paths(&self, targets: &[Target]) -> Result<()> {
        for (path, _) in targets.iter().filter(|(_, entry)| entry.is_none()) {
            self.remove_path(path)?;
        }
        let set: Vec<(&RepoPath, Entry)> =
            targets.iter().filter_map(|(path, entry)| Some((path, (*entry)?))).collect();
        // Attributes that are just being written decide about the others, as the program knows.
        let has_attributes = set.iter().any(|(path, _)| path.as_path().ends_with(".gitattributes"));
        let paths: Vec<&RepoPath> = set.iter().map(|(path, _)| *path).collect();
        let plain = if has_attributes { vec![false; paths.len()] } else { self.plain(&paths) };
        let mut present = Vec::new();
        for ((path, entry), is_plain) in set.into_iter().zip(plain) {
            if !is_plain || !self.write_plain(path, entry)? {
                present.push((path, entry));
            }
        }
        if present.is_empty() {
            return Ok(());
        }
        self.check_out(&present, self.work_dir())
    }

    /// Writes a whole tree into a folder, smudge filters applied.
    pub fn write_tree_into(&self, tree: ObjectId, folder: &Path) -> Result<()> {
        let index = self.scratch("whole-tree")?;
        let read = self.git().args(["read-tree", &tree.to_string()]).env("GIT_INDEX_FILE", &index).run();
        let prefix = slashed(folder);
        let written = read.and_then(|_| {
            let program = self.git().args(["checkout-index", "--all", "--quiet"]).arg(prefix);
            program.env("GIT_INDEX_FILE", &index).run()
        });
        let _ = fs::remove_file(&index);
        written.with_context(|| format!("cannot write into {}", folder.display()))?;
        Ok(())
    }

    fn check_out(&self, present: &[(&RepoPath, Entry)], folder: &Path) -> Result<()> {
        let path = self.scratch("checkout")?;
        let _ = fs::remove_file(&path);
        let mut stdin = Vec::new();
        for (path, entry) in present {
            write!(stdin, "{:o} {}\t", entry.mode, entry.id)?;
            stdin.extend_from_slice(path.as_bytes());
            stdin.push(0);
        }
        let add = self.git().args(["-c", "core.splitIndex=false", "update-index", "-z", "--index-info"]);
        add.env("GIT_INDEX_FILE", &path).input(stdin).run().context("cannot write the work tree")?;
        let program = self.git().args(["checkout-index", "--all", "--force", "--quiet"]).arg(slashed(folder));
        let written = program.env("GIT_INDEX_FILE", &path).run();
        let _ = fs::remove_file(&path);
        written.context("cannot write the work tree")?;
        Ok(())
    }

    fn remove_path(&self, path: &RepoPath) -> Result<()> {
        let place = self.work_dir().join(path.as_path());
        match fs::remove_file(&place) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(|| format!("cannot remove {path}")),
        }
        // As Git does: a folder that holds nothing more goes with its last file.
        let mut folder = place.parent();
        while let Some(at) = folder.filter(|at| *at != self.work_dir() && fs::remove_dir(at).is_ok()) {
            folder = at.parent();
        }
        Ok(())
    }

    /// What the user's index holds at some paths; absent ones are not in the answer.
    pub fn index_entries(&self, paths: &[RepoPath]) -> Result<BTreeMap<RepoPath, Entry>> {
        if paths.is_empty() {
            return Ok(BTreeMap::new());
        }
        let program = self.git().args(["ls-files", "--stage", "-z", "--"]);
        let listed = program.args(paths.iter().map(RepoPath::as_path)).run()?;
        let mut found = BTreeMap::new();
        for line in listed.split(|byte| *byte == 0) {
            let Some(tab) = line.iter().position(|byte| *byte == b'\t') else { continue };
            let mut head = std::str::from_utf8(&line[..tab])?.split(' ');
            if let (Some(mode), Some(id)) = (head.next(), head.next()) {
                let entry = Entry { mode: u32::from_str_radix(mode, 8)?, id: id.parse()? };
                found.insert(RepoPath::new(&line[tab + 1..]), entry);
            }
        }
        Ok(found)
    }

    /// Sets entries of the user's index; every other entry stays as it is.
    pub fn update_index(&self, targets: &[Target]) -> Result<()> {
        if targets.is_empty() {
            return Ok(());
        }
        let zero = self.place.formats.hash.zero();
        let mut stdin = Vec::new();
        for (path, entry) in targets {
            match entry {
                Some(entry) => write!(stdin, "{:o} {}\t", entry.mode, entry.id)?,
                None => write!(stdin, "0 {zero}\t")?,
            }
            stdin.extend_from_slice(path.as_bytes());
            stdin.push(0);
        }
        self.git()
            .args(["update-index", "-z", "--index-info"])
            .input(stdin)
            .run()
            .context("cannot update the index")?;
        Ok(())
    }
}

fn slashed(folder: &Path) -> std::ffi::OsString {
    let mut argument = std::ffi::OsString::from("--prefix=");
    argument.push(folder);
    argument.push("/");
    argument
}

/// The part of `path` below the top of the work tree `top`, where it lies there.
pub fn inside(top: &Path, path: &Path) -> Option<RepoPath> {
    let full = if path.is_absolute() { path.to_path_buf() } else { std::env::current_dir().ok()?.join(path) };
    let parent = full.parent()?.canonicalize().ok()?;
    let full: PathBuf = parent.join(full.file_name()?);
    let relative = full.strip_prefix(top.canonicalize().ok()?).ok()?;
    Some(RepoPath::new(relative.as_os_str().as_bytes()))
}
