//! The files that other processes go on adding to, as far as this one has read them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::model::object::ObjectId;
use crate::store::journal::entry::{Entry, parse, whole_lines};

/// What was read of them; whole lines stay as they are.
#[derive(Default)]
pub(super) struct Followed {
    files: RefCell<HashMap<PathBuf, Known>>,
}

#[derive(Default)]
struct Known {
    length: u64,
    entries: Vec<Entry>,
}

impl Followed {
    /// The lines about one snapshot in these files, which are all that there are; only what has come since the last
    /// call is read.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(super) fn lines_of(&self, snapshot: ObjectId, paths: &[PathBuf]) -> Result<Vec<String>> {
        let mut known = self.files.borrow_mut();
        let mut before = std::mem::take(&mut *known);
        let mut lines = Vec::new();
        for path in paths {
            let mut file = before.remove(path).unwrap_or_default();
            // One that has gone: its lines are in the notes.
            if !file.read_on(path).with_context(|| format!("cannot read {}", path.display()))? {
                continue;
            }
            let about = file.entries.iter().filter(|entry| entry.snapshot == snapshot);
            lines.extend(about.map(|entry| entry.line.clone()));
            known.insert(path.clone(), file);
        }
        Ok(lines)
    }
}

impl Known {
    /// Reads what has come; tells whether the file is still there.
    fn read_on(&mut self, path: &Path) -> io::Result<bool> {
        let length = match path.metadata() {
            Ok(meta) => meta.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        if length <= self.length {
            return Ok(true);
        }
        let mut text = Vec::new();
        match File::open(path) {
            Ok(mut file) => {
                file.seek(SeekFrom::Start(self.length))?;
                file.read_to_end(&mut text)?
            }
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let whole = whole_lines(&text);
        self.entries.extend(parse(whole));
        self.length += whole.len() as u64;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_has_come_since_is_found_and_half_a_line_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let paths = [folder.path().join("a"), folder.path().join("b")];
        let (one, other): (ObjectId, ObjectId) =
            ("ab".repeat(20).parse().unwrap(), "cd".repeat(20).parse().unwrap());
        let followed = Followed::default();
        let lines = || followed.lines_of(one, &paths).unwrap();
        assert!(lines().is_empty());
        fs::write(&paths[0], format!("{one} 1\n{other} 2\n{one} 3")).unwrap();
        assert_eq!(lines(), ["1"]);
        fs::write(&paths[0], format!("{one} 1\n{other} 2\n{one} 34\n")).unwrap();
        fs::write(&paths[1], format!("{one} 5\nended\n")).unwrap();
        assert_eq!(lines(), ["1", "34", "5"]);
        assert_eq!(lines(), ["1", "34", "5"]);
        assert_eq!(followed.lines_of(other, &paths).unwrap(), ["2"]);
        fs::remove_file(&paths[0]).unwrap();
        assert_eq!(lines(), ["5"]);
    }
}
