//! The write-ahead journal: a line is on disk here before it is in a note.
//!
//! Each batch of lines is a file of its own in `journal/waiting`, complete from the moment it has its
//! name, or one that its process goes on adding to; once the notes hold its lines it moves to
//! `journal/applied`, from where they can be put back when somebody else's tool rewinds the notes.
//! A line is `<snapshot> <json>`.

mod entry;
mod followed;
mod growing;

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::model::object::ObjectId;
use crate::model::record::Line;
use crate::store::durably::{unique_name, write_durably_as};
pub use crate::store::journal::entry::Entry;
use crate::store::journal::entry::{parse, whole_lines};
use crate::store::journal::followed::Followed;
use crate::store::journal::growing::{Growing, end, is_growing};

/// From this many applied files on they are joined into one.
const JOIN_AT: usize = 200;

/// From so many batches on their lines are kept as one: a file is made sooner than many are moved, and later joined.
const TOGETHER: usize = 16;

/// How often what was applied is read anew where others join it meanwhile.
const TRIES: usize = 20;

/// The journal of one repository.
pub struct Journal {
    folder: PathBuf,
    growing: Growing,
    followed: Followed,
}

/// A file of the journal, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    path: PathBuf,
    /// Its lines.
    pub entries: Vec<Entry>,
}

impl Batch {
    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Journal {
    /// The journal inside gx's own folder.
    pub fn new(gx_dir: &Path) -> Self {
        Self { folder: gx_dir.join("journal"), growing: Growing::default(), followed: Followed::default() }
    }

    fn waiting_folder(&self) -> PathBuf {
        self.folder.join("waiting")
    }

    fn applied_folder(&self) -> PathBuf {
        self.folder.join("applied")
    }

    /// Adds lines; they are on disk when it returns.
    pub fn append(&self, lines: &[(ObjectId, Line)]) -> Result<()> {
        // So that what waits for one experiment is found by the names.
        let about = match lines {
            [(snapshot, _)] => format!("-{snapshot}"),
            _ => String::new(),
        };
        let name = format!("{}{about}.jsonl", unique_name());
        write_durably_as(&self.waiting_folder(), &name, text_of(lines).as_bytes())
    }

    /// The same for one that adds many, to a file that is made once for most of them.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn grow(&self, lines: &[(ObjectId, Line)]) -> Result<()> {
        let folder = self.waiting_folder();
        let add = self.growing.add(&folder, text_of(lines).as_bytes());
        add.with_context(|| format!("cannot write into {}", folder.display()))
    }

    /// The lines about one snapshot that may not be in the notes yet, of all processes.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn waiting_of(&self, snapshot: ObjectId) -> Result<Vec<String>> {
        let about = format!("-{snapshot}");
        let is_of_another = |path: &Path| {
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            name.rsplit_once('-').is_some_and(|(_, last)| last.len() == about.len() - 1)
                && !name.ends_with(&about)
        };
        let (growing, whole): (Vec<_>, Vec<_>) =
            self.waiting_names()?.into_iter().partition(|path| is_growing(path));
        let batches = read_files(whole.into_iter().filter(|path| !is_of_another(path)))?;
        let entries = batches.into_iter().flat_map(|batch| batch.entries);
        let mut lines = self.followed.lines_of(snapshot, &growing)?;
        lines.extend(entries.filter(|entry| entry.snapshot == snapshot).map(|entry| entry.line));
        Ok(lines)
    }

    /// The lines that may not be in the notes yet, of all processes.
    pub fn waiting(&self) -> Result<Vec<Batch>> {
        read_files(self.waiting_names()?)
    }

    /// The files of the lines that may not be in the notes yet; each vanishes when its lines are.
    pub fn waiting_names(&self) -> Result<Vec<PathBuf>> {
        names(&self.waiting_folder())
    }

    /// How many bytes may not be in the notes yet.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn waiting_bytes(&self) -> Result<u64> {
        Ok(self.waiting_names()?.iter().filter_map(|path| path.metadata().ok()).map(|file| file.len()).sum())
    }

    /// What waits, from whichever process, for the one who brings it into the notes: nothing is added to these files any
    /// more.
    ///
    /// # Errors
    /// A file cannot be read, or not be ended.
    pub fn take(&self) -> Result<Vec<Batch>> {
        let (growing, whole): (Vec<_>, Vec<_>) =
            self.waiting_names()?.into_iter().partition(|path| is_growing(path));
        let mut batches = read_files(whole)?;
        for path in growing {
            match end(&path) {
                Ok(text) => batches.push(Batch { entries: parse(&text), path }),
                // Another process was faster.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("cannot end {}", path.display())),
            }
        }
        Ok(batches)
    }

    /// Locked by the process that brings waiting lines into the notes.
    pub fn lock_file(&self) -> Result<File> {
        let path = self.folder.join("lock");
        let open = File::options().create(true).append(true).open(&path);
        open.with_context(|| format!("cannot write {}", path.display()))
    }

    /// The lines that the notes have held.
    pub fn applied(&self) -> Result<Vec<Batch>> {
        let folder = self.applied_folder();
        for _ in 0..TRIES {
            let names = names(&folder)?;
            let batches = read_files(names.iter().cloned())?;
            if batches.len() == names.len() {
                return Ok(batches);
            }
            // Joined by another process: the lines lie in a file that was not there yet.
        }
        read_files(names(&folder)?)
    }

    /// What processes that were killed while they wrote have left: files that nobody will ever give their name.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        let folders = [self.waiting_folder(), self.applied_folder()];
        let files = folders.iter().flat_map(fs::read_dir).flatten().flatten().map(|file| file.path());
        files.filter(|path| path.extension().is_some_and(|extension| extension == "tmp")).collect()
    }

    /// Every line, in the notes or not.
    pub fn everything(&self) -> Result<Vec<Batch>> {
        // In the order in which a line goes: one that another process moves meanwhile is met twice, or else never.
        let mut all = self.waiting()?;
        all.extend(self.applied()?);
        Ok(all)
    }

    /// Marks batches as being in the notes.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn retire(&self, batches: &[Batch]) -> Result<()> {
        let applied = self.applied_folder();
        fs::create_dir_all(&applied)?;
        if batches.len() >= TOGETHER {
            return self.retire_together(batches, &applied);
        }
        for batch in batches {
            let Some(name) = batch.path.file_name() else { continue };
            match fs::rename(&batch.path, applied.join(name)) {
                Ok(()) => {}
                // Another process has written these lines too, and was faster.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error).context("cannot move a file of the journal"),
            }
        }
        Ok(())
    }

    /// As one file, written before any of theirs goes.
    fn retire_together(&self, batches: &[Batch], applied: &Path) -> Result<()> {
        let mut text = String::new();
        for Entry { snapshot, line } in batches.iter().flat_map(|batch| &batch.entries) {
            text.push_str(&format!("{snapshot} {line}\n"));
        }
        write_durably_as(applied, &format!("{}.jsonl", unique_name()), text.as_bytes())?;
        for batch in batches {
            match fs::remove_file(&batch.path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(error).context("cannot remove a file of the journal");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Joins the applied files into one when there are many, so that the folder stays small.
    pub fn join(&self) -> Result<()> {
        let folder = self.applied_folder();
        let small: Vec<PathBuf> = fs::read_dir(&folder)
            .map(|files| files.flatten().map(|file| file.path()).filter(|path| is_small(path)).collect())
            .unwrap_or_default();
        if small.len() < JOIN_AT {
            return Ok(());
        }
        let mut text = Vec::new();
        for path in &small {
            match fs::read(path) {
                Ok(lines) => text.extend_from_slice(whole_lines(&lines)),
                // Taken by another process that joins at the same moment: its file holds the lines.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
            }
        }
        write_durably_as(&folder, &format!("{}.joined", unique_name()), &text)?;
        for path in small {
            let _ = fs::remove_file(path);
        }
        Ok(())
    }
}

/// Whether a file is one batch; neither joined already nor still being written by somebody.
fn is_small(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jsonl")
}

fn names(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = match fs::read_dir(folder) {
        Ok(files) => files.flatten().map(|file| file.path()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", folder.display())),
    };
    Ok(files.filter(|path| path.extension().is_none_or(|extension| extension != "tmp")).collect())
}

fn read_files(paths: impl IntoIterator<Item = PathBuf>) -> Result<Vec<Batch>> {
    let mut batches = Vec::new();
    for path in paths {
        match fs::read(&path) {
            Ok(text) => batches.push(Batch { path, entries: parse(&text) }),
            // A file that another process moves meanwhile is in hand there.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }
    Ok(batches)
}

fn text_of(lines: &[(ObjectId, Line)]) -> String {
    lines.iter().map(|(snapshot, line)| format!("{snapshot} {}\n", line.text())).collect()
}

/// A note with the lines that it lacks.
pub(super) fn with(mut note: Vec<u8>, mut wanted: Vec<&[u8]>) -> Vec<u8> {
    wanted.sort_unstable();
    wanted.dedup();
    for line in wanted {
        if !note.split(|byte| *byte == b'\n').any(|present| present == line) {
            if !note.is_empty() && !note.ends_with(b"\n") {
                note.push(b'\n');
            }
            note.extend_from_slice(line);
            note.push(b'\n');
        }
    }
    note
}

#[cfg(test)]
mod tests;
