//! What the hook has let pass, so that what moves without it is noticed.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::mirror::guard::update::Update;
use crate::model::object::ObjectId;
use crate::process::file;

/// From this size on, in bytes, only the later half is kept.
const MOST: u64 = 1 << 20;

/// What was let pass last has a file each, up to so many, so that a shell sees it without another program.
const MOST_LATELY: usize = 16_384;

/// The folder of the guard's own files.
pub fn folder(gx_dir: &Path) -> PathBuf {
    gx_dir.join("guard")
}

/// Takes down what may leave now.
///
/// # Errors
/// The folder cannot be written.
pub fn remember(gx_dir: &Path, updates: &[Update]) -> Result<()> {
    let mut seen = HashSet::new();
    let ids = updates.iter().filter_map(|update| update.new).filter(|id| seen.insert(*id));
    let ids: Vec<ObjectId> = ids.collect();
    add(gx_dir, &ids)?;
    let lately = folder(gx_dir).join("lately");
    // Where one is missing, the script asks the list.
    let _ = fs::remove_dir_all(&lately);
    let _ = fs::create_dir_all(&lately);
    for id in ids.iter().take(MOST_LATELY) {
        let _ = File::create(lately.join(id.to_string()));
    }
    Ok(())
}

/// Whether anything was ever taken down, as it is from the moment on in which the guard was put in.
pub fn is_begun(gx_dir: &Path) -> bool {
    path(gx_dir).exists()
}

/// Takes down what has left, by whatever way, and need not be noticed any more.
///
/// # Errors
/// The folder cannot be written.
pub fn add(gx_dir: &Path, ids: &[ObjectId]) -> Result<()> {
    let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let path = path(gx_dir);
    let failed = || format!("cannot write {}", path.display());
    fs::create_dir_all(folder(gx_dir)).with_context(failed)?;
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > MOST) {
        let text = fs::read_to_string(&path).with_context(failed)?;
        let half = text.len() / 2;
        let cut = text[half..].find('\n').map_or(text.len(), |end| half + end + 1);
        file::replace(&path, &text.as_bytes()[cut..])?;
    }
    let mut file: File = OpenOptions::new().create(true).append(true).open(&path).with_context(failed)?;
    file.write_all(lines.as_bytes()).with_context(failed)
}

/// All that was let pass.
pub fn all(gx_dir: &Path) -> HashSet<ObjectId> {
    let text = fs::read_to_string(path(gx_dir)).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

fn path(gx_dir: &Path) -> PathBuf {
    folder(gx_dir).join("passed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_stays_small_and_keeps_what_came_last() {
        let folder = tempfile::tempdir().unwrap();
        let update = |number: usize| Update {
            source: "main".into(),
            new: Some(format!("{number:040x}").parse().unwrap()),
            target: "refs/heads/main".into(),
            old: None,
        };
        let many: Vec<Update> = (1..30_000).map(update).collect();
        remember(folder.path(), &many).unwrap();
        remember(folder.path(), &[update(70_000)]).unwrap();
        let kept = all(folder.path());
        assert!(kept.contains(&update(70_000).new.unwrap()) && kept.contains(&update(29_999).new.unwrap()));
        assert!(kept.len() < 20_000 && kept.len() > 14_000, "{}", kept.len());
        // Of the last upload each has a file.
        let lately = fs::read_dir(folder.path().join("guard/lately")).unwrap();
        let names: Vec<_> = lately.map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [update(70_000).new.unwrap().to_string().as_str()]);
    }
}
