//! Files and folders that several users share, whatever the umask of the one who makes them is.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::fs::OFlags;

const RW_ALL: u32 = 0o666;

/// Makes a folder with this mode, whatever the umask is, unless it is there.
///
/// # Errors
/// It cannot be made, or it is a link where it is to be `gx`.
pub fn make(path: &Path, mode: u32) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        // Somebody could otherwise lead all others astray with a link.
        Ok(data) if data.is_symlink() && path.file_name().is_some_and(|name| name == "gx") => {
            return Err(io::Error::other("it is a link"));
        }
        _ => return Ok(()),
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::create_dir(path) {
        // The mode that mkdir(2) takes goes through the umask, this does not.
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(mode)),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Opens a file for writing, or for reading where it may not be written; makes it where it is missing.
///
/// Opens what is there before it makes anything: in a sticky folder O_CREAT on the file of another user
/// fails (`fs.protected_regular`), although opening it does not.
///
/// # Errors
/// When it can neither be opened nor made.
pub fn open_or_make(path: &Path) -> io::Result<File> {
    match open_existing(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        opened => return opened,
    }
    make_file(path)?;
    open_existing(path)
}

fn open_existing(path: &Path) -> io::Result<File> {
    let opened = File::options().read(true).write(true).custom_flags(no_follow()).open(path);
    match opened {
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            read_only(path)
        }
        opened => opened,
    }
}

/// Opens a file for reading.
///
/// # Errors
/// When it cannot be opened, or is a link.
pub fn read_only(path: &Path) -> io::Result<File> {
    File::options().read(true).custom_flags(no_follow()).open(path)
}

fn no_follow() -> i32 {
    OFlags::NOFOLLOW.bits().cast_signed()
}

/// Makes an empty file that everybody may write, whatever the umask is; it appears with its mode, by a link,
/// so that nobody can meet it while it is still private.
fn make_file(path: &Path) -> io::Result<()> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let unique = format!(".new-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let fresh = path.with_file_name(unique);
    let file = File::options().write(true).create_new(true).open(&fresh)?;
    let linked =
        file.set_permissions(Permissions::from_mode(RW_ALL)).and_then(|()| fs::hard_link(&fresh, path));
    fs::remove_file(&fresh)?;
    match linked {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
