//! Files of the store that are on the disk with all their content, or not there.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};

use crate::process::identity::Identity;

/// A name for a file that no other process has given, and this one has not either.
pub(super) fn unique_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let me = Identity::me();
    // The boot's first digits, since pid and start time begin anew with each boot.
    let boot: String = me.boot.chars().take(8).collect();
    format!("{boot}-{}-{}-{}", me.start, me.pid, COUNT.fetch_add(1, Ordering::Relaxed))
}

/// What is made in a folder, which is made first where it is not there: asking for that each time keeps others, who make
/// their files in it, waiting.
pub(super) fn made_in<T>(folder: &Path, make: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match make() {
        Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(folder).and_then(|()| make()),
        made => made,
    }
}

/// Writes a file that is either there with all its content or not at all, also after a power cut.
pub(super) fn write_durably_as(folder: &Path, name: &str, text: &[u8]) -> Result<()> {
    let (temporary, path) = (folder.join(format!("{name}.tmp")), folder.join(name));
    let write = || {
        let mut file = made_in(folder, || File::create(&temporary))?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        File::open(folder)?.sync_all()
    };
    write()
        .inspect_err(|_| {
            // Half a file is of no use to anybody, and on a full disk its room is.
            let _ = fs::remove_file(&temporary);
        })
        .with_context(|| format!("cannot write {}", path.display()))
}
