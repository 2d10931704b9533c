//! Finding refs in `packed-refs` without reading all of it: the file is sorted, as its first line says.
//!
//! libgit2 parses the whole file for one ref: 27 to 45 ms with 100,000 of them.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::git::engine::refs::Ref;
use crate::model::object::ObjectId;

/// What is left is read in one piece from this size on, in bytes.
const FEW: u64 = 32 << 10;

/// More than two lines, as no name is longer than a path may be (4096), in bytes.
const WINDOW: usize = 12 << 10;

/// One `packed-refs` as it is now.
pub(super) struct Packed {
    file: File,
    size: u64,
    is_sorted: bool,
}

impl Packed {
    /// Opens it; nothing where there is none.
    pub(super) fn open(common_dir: &Path) -> Result<Option<Self>> {
        let path = common_dir.join("packed-refs");
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let mut header = [0; 256];
        let length = file.read_at(&mut header, 0)?;
        let line = header[..length].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let is_sorted =
            line.starts_with(b"# pack-refs with:") && line.windows(8).any(|word| word == b" sorted ");
        Ok(Some(Self { size: file.metadata()?.len(), file, is_sorted }))
    }

    /// What one ref points to.
    pub(super) fn target(&self, name: &str) -> Result<Option<ObjectId>> {
        let mut found = None;
        self.walk(name, &mut |one| {
            if one.name == name {
                found = Some(one.target);
            }
            // Of those that begin so it is the first: `exp-7` comes before `exp-70` and its ten thousand.
            if found.is_some() || self.is_sorted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(found)
    }

    /// Every ref that begins so, in order.
    pub(super) fn each(&self, prefix: &str, take: &mut dyn FnMut(Ref)) -> Result<()> {
        self.walk(prefix, &mut |found| {
            take(found);
            ControlFlow::Continue(())
        })
    }

    fn walk(&self, prefix: &str, take: &mut dyn FnMut(Ref) -> ControlFlow<()>) -> Result<()> {
        let mut reader = BufReader::with_capacity(64 << 10, &self.file);
        reader.seek(SeekFrom::Start(self.first(prefix)?))?;
        let mut line = Vec::new();
        loop {
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            let Some((id, name)) = record(&line) else { continue };
            if name.starts_with(prefix.as_bytes()) {
                let text = std::str::from_utf8(id).ok().and_then(|id| id.parse().ok());
                if let (Some(target), Ok(name)) = (text, std::str::from_utf8(name)) {
                    let found = Ref { name: name.to_owned(), target };
                    if take(found).is_break() {
                        return Ok(());
                    }
                }
            } else if self.is_sorted && name > prefix.as_bytes() {
                return Ok(());
            }
        }
    }

    /// Where the first ref not below `name` begins, or something before it.
    fn first(&self, name: &str) -> Result<u64> {
        let (mut low, mut high) = (0, self.size);
        while self.is_sorted && high - low > FEW {
            let middle = low + (high - low) / 2;
            let mut window = vec![0; WINDOW];
            let length = self.file.read_at(&mut window, middle)?;
            let Some((start, found)) = first_whole(&window[..length]) else { break };
            if found < name.as_bytes() {
                low = middle + start as u64;
            } else {
                high = middle + start as u64;
            }
        }
        Ok(low)
    }
}

/// The name in a line `<id> <name>`; none in the header and in what says what a tag points to.
fn record(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let space = line.iter().position(|byte| *byte == b' ')?;
    (!line.starts_with(b"#") && !line.starts_with(b"^")).then(|| (&line[..space], &line[space + 1..]))
}

/// The first ref of a piece of the file that has begun and ended in it, and where.
fn first_whole(window: &[u8]) -> Option<(usize, &[u8])> {
    let mut start = 1 + window.iter().position(|byte| *byte == b'\n')?;
    loop {
        let length = window[start..].iter().position(|byte| *byte == b'\n')?;
        if let Some((_, name)) = record(&window[start..start + length]) {
            return Some((start, name));
        }
        start += length + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(packed: &Packed, prefix: &str) -> Vec<String> {
        let mut names = Vec::new();
        packed.each(prefix, &mut |found| names.push(found.name)).unwrap();
        names
    }

    #[test]
    fn every_ref_of_a_large_file_is_found_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let mut all: Vec<String> = (0..5000).map(|number| format!("refs/experiments/exp-{number}")).collect();
        all.extend((0..300).map(|number| format!("refs/tags/{}{number}", "v".repeat(number))));
        all.sort();
        let id = "ab".repeat(20);
        for (header, with_peeled) in [("# pack-refs with: peeled fully-peeled sorted \n", true), ("", false)]
        {
            let peeled = if with_peeled { format!("^{id}\n") } else { String::new() };
            let lines: String = all.iter().map(|name| format!("{id} {name}\n{peeled}")).collect();
            std::fs::write(folder.path().join("packed-refs"), format!("{header}{lines}")).unwrap();
            let packed = Packed::open(folder.path()).unwrap().unwrap();
            assert_eq!(packed.is_sorted, with_peeled);
            for name in all.iter().step_by(7) {
                assert!(names(&packed, name).first() == Some(name), "{name}");
                assert!(packed.target(name).unwrap().is_some(), "{name}");
            }
            assert_eq!(names(&packed, "refs/experiments/").len(), 5000);
            assert_eq!(names(&packed, "refs/").len(), 5300);
            assert!(names(&packed, "refs/experiments/exp-5000").is_empty());
            assert!(packed.target("refs/experiments/exp-").unwrap().is_none());
            assert!(names(&packed, "refs/zebra").is_empty() && names(&packed, "refs/a").is_empty());
        }
        assert!(Packed::open(&folder.path().join("none")).unwrap().is_none());
    }
}
