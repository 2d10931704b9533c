//! Refs that have a file of their own, read again only where the file is another one.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, DirEntry};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use crate::git::stamp::Stamp;
use crate::model::object::ObjectId;

/// The loose refs that were read, by name, each with its file at that time.
#[derive(Debug, Default)]
pub(super) struct LooseRefs {
    known: HashMap<String, (Stamp, Option<ObjectId>)>,
}

impl LooseRefs {
    /// Adds what the loose refs of a folder, whose names begin with `prefix`, point to.
    pub(super) fn read(
        &mut self,
        folder: &Path,
        prefix: &str,
        found: &mut BTreeMap<String, Option<ObjectId>>,
    ) -> io::Result<()> {
        let now = SystemTime::now();
        each_loose(folder, prefix, &mut |name, file| {
            match self.target_in(&name, file, now) {
                Ok(target) => drop(found.insert(name, target)),
                // Packed or deleted a moment ago.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            Ok(())
        })
    }

    /// Where a ref points to; its file is read unless it is the one that was read before.
    fn target_in(&mut self, name: &str, file: &DirEntry, now: SystemTime) -> io::Result<Option<ObjectId>> {
        // Before the content: of a file that is replaced in between, the stamp is the older one.
        let meta = file.metadata()?;
        let stamp = Stamp::of(&meta);
        if let Some((known, target)) = self.known.get(name)
            && *known == stamp
        {
            return Ok(*target);
        }
        let target = target(&fs::read(file.path())?);
        // A link says nothing of what it leads to.
        if meta.is_file() && stamp.rests(now) {
            self.known.insert(name.to_owned(), (stamp, target));
        }
        Ok(target)
    }
}

/// Does something with the name and the file of each loose ref of a folder.
pub(super) fn each_loose(
    folder: &Path,
    prefix: &str,
    with: &mut dyn FnMut(String, &DirEntry) -> io::Result<()>,
) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().map(|name| format!("{prefix}{name}")) else { continue };
        if entry.file_type()?.is_dir() {
            each_loose(&entry.path(), &format!("{name}/"), with)?;
        } else if !name.ends_with(".lock") {
            with(name, &entry)?;
        }
    }
    Ok(())
}

/// The object that the file of a ref names; nothing where it names another ref.
pub(super) fn target(text: &[u8]) -> Option<ObjectId> {
    std::str::from_utf8(text).ok()?.trim_end().parse().ok()
}
