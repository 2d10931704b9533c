//! The paths of an index file (gitformat-index(5)), read without a program.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use crate::git::engine::formats::Hash;

/// What stands before the id in an entry, in bytes: two times, and seven numbers with the mode among them.
const STAT: usize = 40;

/// Where the mode stands in it.
const MODE: usize = 24;

/// The flag of an entry with two more bytes of flags.
const EXTENDED: u16 = 0x4000;

/// Every path of an index that is neither split nor sparse, with its mode, in order; none where there is no file.
///
/// # Errors
/// No index, or one of a version that is not known.
pub(super) fn entries(file: &Path, hash: Hash) -> Result<Vec<(Vec<u8>, u32)>> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    parse(&bytes, hash).ok_or_else(|| anyhow!("cannot read {}: it is no index that gx knows", file.display()))
}

fn parse(bytes: &[u8], hash: Hash) -> Option<Vec<(Vec<u8>, u32)>> {
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (version, count) = (number(4)?, number(8)?);
    if !bytes.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let (mut entries, mut path, mut at) = (Vec::new(), Vec::new(), 12);
    for _ in 0..count {
        let mode = number(at + MODE)?;
        let flags_at = at + STAT + hash.len();
        let flags = u16::from_be_bytes(bytes.get(flags_at..flags_at + 2)?.try_into().ok()?);
        let mut name_at = flags_at + if flags & EXTENDED == 0 { 2 } else { 4 };
        if version == 4 {
            let (drop, after) = varint(bytes, name_at)?;
            path.truncate(path.len().checked_sub(drop)?);
            name_at = after;
        } else {
            path.clear();
        }
        let length = bytes.get(name_at..)?.iter().position(|byte| *byte == 0)?;
        path.extend_from_slice(&bytes[name_at..name_at + length]);
        let end = name_at + length + 1;
        // Before version 4 an entry fills up eights of bytes, with one to eight NULs.
        at = if version == 4 { end } else { at + (end - at).next_multiple_of(8) };
        entries.push((path.clone(), mode));
    }
    Some(entries)
}

/// A number as packs write offsets.
fn varint(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut byte = *bytes.get(at)?;
    let mut value = usize::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        at += 1;
        byte = *bytes.get(at)?;
        value = value.checked_add(1)?.checked_mul(128)? | usize::from(byte & 0x7f);
    }
    Some((value, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::command::Program;

    #[test]
    fn every_version_of_either_hash_holds_what_git_lists() {
        for (format, hash) in [("sha1", Hash::Sha1), ("sha256", Hash::Sha256)] {
            let folder = tempfile::tempdir().unwrap();
            let git =
                |arguments: &[&str]| Program::new("git").args(arguments).dir(folder.path()).run().unwrap();
            git(&["init", "-q", &format!("--object-format={format}")]);
            for number in 0..200 {
                let name = format!("folder/{}{number}", "x".repeat(number % 17));
                fs::create_dir_all(folder.path().join("folder")).unwrap();
                fs::write(folder.path().join(name), "x").unwrap();
            }
            fs::write(folder.path().join("later"), "x").unwrap();
            for version in ["2", "3", "4"] {
                git(&["-c", "core.splitIndex=false", "add", "folder"]);
                git(&["add", "-N", "later"]);
                git(&["update-index", "--index-version", version]);
                let listed = git(&["ls-files", "-z", "--format=%(objectmode) %(path)"]);
                let told = entries(&folder.path().join(".git/index"), hash).unwrap();
                let lines = told
                    .iter()
                    .flat_map(|(path, mode)| [format!("{mode:o} ").as_bytes(), path, &[0]].concat());
                assert!(lines.collect::<Vec<u8>>() == listed, "{format} {version}");
            }
            assert!(entries(&folder.path().join("none"), hash).unwrap().is_empty());
            assert!(entries(&folder.path().join("later"), hash).is_err());
        }
    }
}
