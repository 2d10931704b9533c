//! Keeping small what the guard remembers: files of policies and places that nobody asks about any more.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Deletes all but the newest files of a folder whose names begin so. What is deleted was only remembered, and is worked
/// out again where it is wanted after all; so nothing that goes wrong here matters.
pub fn keep_newest(folder: &Path, start: &str, most: usize) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, PathBuf)> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(start))
        .filter_map(|entry| {
            let meta = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((meta.modified().ok()?, entry.path()))
        })
        .collect();
    files.sort_by(|one, other| other.cmp(one));
    for (_, path) in files.into_iter().skip(most) {
        let _ = fs::remove_file(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn the_newest_files_of_a_name_stay_and_others_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for (age, name) in ["private-a", "private-b", "private-c", "passed"].into_iter().enumerate() {
            let path = folder.path().join(name);
            fs::write(&path, name).unwrap();
            let then = SystemTime::now() - Duration::from_secs(60 * age as u64);
            fs::File::options().write(true).open(&path).unwrap().set_modified(then).unwrap();
        }
        keep_newest(folder.path(), "private-", 2);
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["passed", "private-a", "private-b"]);
    }
}
