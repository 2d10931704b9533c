//! Files that are there as a whole or not at all, also after a power cut.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

use crate::process::identity::Identity;

/// More links than this lead in a circle (Linux, `path_resolution(7)`).
const LINKS: usize = 40;

/// Writes a file, its folder too; it is on the disk when this returns. Where a link stands in its place, what that leads
/// to is written and the link stays; permissions of a file that is there stay too.
///
/// # Errors
/// It cannot be written; then what was there is there still.
pub fn write(path: &Path, text: &[u8]) -> Result<()> {
    put(path, text, Wait::ForDisk)
}

/// The same without waiting for the disk, for what is made again where a power cut took it.
///
/// # Errors
/// As there.
pub fn replace(path: &Path, text: &[u8]) -> Result<()> {
    put(path, text, Wait::ForNothing)
}

/// What must have happened before a file counts as written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    ForDisk,
    ForNothing,
}

fn put(path: &Path, text: &[u8], wait: Wait) -> Result<()> {
    let failed = || format!("cannot write {}", path.display());
    let target = led_to(path);
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).with_context(failed)?;
    let temporary = folder.join(beside(&target));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(text)?;
        match fs::metadata(&target) {
            Ok(there) => file.set_permissions(there.permissions())?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        if wait == Wait::ForNothing {
            return fs::rename(&temporary, &target);
        }
        file.sync_all()?;
        fs::rename(&temporary, &target)?;
        File::open(folder)?.sync_all()
    };
    write()
        .inspect_err(|_| {
            // Half a file is of no use to anybody.
            let _ = fs::remove_file(&temporary);
        })
        .with_context(failed)
}

/// The place itself, links followed, whether or not anything is there.
fn led_to(path: &Path) -> PathBuf {
    let mut at = path.to_path_buf();
    for _ in 0..LINKS {
        let Ok(to) = fs::read_link(&at) else { break };
        at = at.parent().map_or_else(|| to.clone(), |folder| folder.join(&to));
    }
    at
}

/// A name that no other process and no other call uses.
fn beside(path: &Path) -> OsString {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let me = Identity::me();
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".gx-{}-{}-{}", me.pid, me.start, NEXT.fetch_add(1, Ordering::Relaxed)));
    name
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_link_stays_one_and_what_it_leads_to_is_written_with_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        write(&at("kept/real"), b"one").unwrap();
        fs::set_permissions(at("kept/real"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("kept/real", at("link")).unwrap();
        write(&at("link"), b"two").unwrap();
        assert!(fs::symlink_metadata(at("link")).unwrap().is_symlink());
        assert_eq!(fs::read(at("kept/real")).unwrap(), b"two");
        assert_eq!(fs::metadata(at("kept/real")).unwrap().permissions().mode() & 0o777, 0o640);
        replace(&at("link"), b"again").unwrap();
        assert_eq!(fs::read(at("kept/real")).unwrap(), b"again");
        symlink("later/real", at("dangling")).unwrap();
        write(&at("dangling"), b"three").unwrap();
        assert_eq!(fs::read(at("later/real")).unwrap(), b"three");
        assert_eq!(fs::read_dir(at("kept")).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("taken")).unwrap();
        assert!(write(&folder.path().join("taken"), b"x").is_err());
        assert!(replace(&folder.path().join("taken"), b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
