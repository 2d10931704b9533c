//! Many refs put into `packed-refs` in one step, or taken out of it: a file for each, forced to the disk, takes Git a
//! hundred times as long.
//!
//! The new file is written beside the old one and takes its place under Git's own lock, where the old one is still what
//! was read: nobody's refs are lost, and whoever is killed leaves no lock but within a moment.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, IntoInnerError, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};

use crate::git::engine::place::Place;
use crate::git::stamp::Stamp;
use crate::model::object::ObjectId;
use crate::process::fail;

/// The first line of a file that none was there before.
const HEADER: &str = "# pack-refs with: peeled fully-peeled sorted \n";

/// What becomes of `packed-refs`.
#[derive(Debug, Default)]
pub(in crate::git) struct Change<'a> {
    /// These refs stand there, whatever did under their names. None may be an annotated tag, of which Git would want to
    /// know what it names.
    pub set: BTreeMap<&'a str, ObjectId>,
    /// No ref that begins so does.
    pub without: Option<&'a str>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what was not done must be done by Git"]
pub(in crate::git) enum Repacked {
    /// It is done, and on the disk itself.
    Done,
    /// The file is in no order, as very old programs wrote it, or elsewhere; nothing was changed.
    Unfit,
}

impl Place {
    /// Changes `packed-refs`. A ref that has a file of its own is hidden by that, and whoever calls has looked.
    ///
    /// # Errors
    /// It cannot be read or written, or stays locked.
    pub fn repack(&self, change: &Change<'_>) -> Result<Repacked> {
        let (path, new) = (self.common_dir.join("packed-refs"), self.new_scratch("packed-refs")?);
        if path.is_symlink() {
            return Ok(Repacked::Unfit);
        }
        let done = self.replace_packed(&path, &new, change);
        // Nothing is lost by what stays of it.
        let _ = fs::remove_file(&new);
        done
    }

    fn replace_packed(&self, path: &Path, new: &Path, change: &Change<'_>) -> Result<Repacked> {
        let told = || format!("cannot write {}", path.display());
        let began = Instant::now();
        loop {
            let before = mark(path)?;
            match write(path, new, change).with_context(told)? {
                Repacked::Done => {}
                other => return Ok(other),
            }
            let _lock = self.lock_packed(began)?;
            fail::point("refs-locked");
            if mark(path)? == before {
                fs::rename(new, path).with_context(told)?;
                File::open(&self.common_dir).and_then(|folder| folder.sync_all()).with_context(told)?;
                return Ok(Repacked::Done);
            }
        }
    }
}

/// What tells the file from every other one; nothing where there is none.
fn mark(path: &Path) -> Result<Option<Stamp>> {
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(Stamp::of(&meta))),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes the changed file beside the old one, onto the disk itself.
fn write(path: &Path, new: &Path, change: &Change<'_>) -> Result<Repacked> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(new)?);
    let mut waiting = change.set.iter().peekable();
    let mut line = Vec::new();
    let mut old = match File::open(path) {
        Ok(file) => Some(BufReader::with_capacity(1 << 20, file)),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let (mut is_first, mut is_dropped) = (true, false);
    while let Some(old) = &mut old {
        line.clear();
        if old.read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if std::mem::take(&mut is_first) {
            if !(line.starts_with(b"# pack-refs with:") && line.windows(8).any(|word| word == b" sorted ")) {
                return Ok(Repacked::Unfit);
            }
            out.write_all(&line)?;
            continue;
        }
        // What a tag names stands behind it.
        let is_peeled = line.starts_with(b"^");
        if !is_peeled {
            let name = line.splitn(2, |byte| *byte == b' ').nth(1).unwrap_or_default();
            let name = name.strip_suffix(b"\n").unwrap_or(name);
            while let Some((next, target)) = waiting.next_if(|(next, _)| next.as_bytes() < name) {
                writeln!(out, "{target} {next}")?;
            }
            let is_set = waiting.peek().is_some_and(|(next, _)| next.as_bytes() == name);
            is_dropped = is_set || change.without.is_some_and(|prefix| name.starts_with(prefix.as_bytes()));
        }
        if !is_dropped {
            out.write_all(&line)?;
        }
    }
    if is_first {
        out.write_all(HEADER.as_bytes())?;
    }
    for (name, target) in waiting {
        writeln!(out, "{target} {name}")?;
    }
    let out = out.into_inner().map_err(IntoInnerError::into_error)?;
    if let Some(old) = old {
        // Others may share the repository.
        out.set_permissions(old.into_inner().metadata()?.permissions())?;
    }
    out.sync_all()?;
    Ok(Repacked::Done)
}
