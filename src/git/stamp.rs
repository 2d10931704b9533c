//! What a file system says of a file, by which one that was written to is told from one that was not.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, SystemTime};

/// A file younger than this could have been written to once more within the same tick of the file system's clock.
const TICK: Duration = Duration::from_millis(100);
/// The same where the file system counts in whole seconds.
const SLOW_TICK: Duration = Duration::from_secs(3);

/// The identity of a file and when it was changed last. Equal stamps are of equal files, if the first was taken when the
/// file had [rested](Self::rests).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    mode: u32,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// That of a file that was looked at.
    pub(super) fn of(meta: &Metadata) -> Self {
        Self {
            device: meta.dev(),
            inode: meta.ino(),
            mode: meta.mode(),
            size: meta.size(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        }
    }

    /// Whether the file had its last change long enough before `now` for another one to show.
    pub(super) fn rests(&self, now: SystemTime) -> bool {
        let tick = if self.modified.1 == 0 { SLOW_TICK } else { TICK };
        [self.modified, self.changed].into_iter().all(|(seconds, nanos)| {
            let (Ok(seconds), Ok(nanos)) = (u64::try_from(seconds), u32::try_from(nanos)) else {
                return false;
            };
            let at = SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos);
            now.duration_since(at).is_ok_and(|age| age > tick)
        })
    }

    /// The same in words.
    pub(super) fn text(&self) -> String {
        let (modified, changed) = (self.modified, self.changed);
        format!("{} {} {:?}", self.inode, self.size, (modified.0, modified.1, changed.0, changed.1))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_rests_only_when_its_last_change_is_some_time_ago() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "x").unwrap();
        let stamp = Stamp::of(&fs::symlink_metadata(&path).unwrap());
        assert!(!stamp.rests(SystemTime::now()));
        assert!(stamp.rests(SystemTime::now() + Duration::from_secs(4)));
        // A time that was set back does not hide the change.
        fs::File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        let back = Stamp::of(&fs::symlink_metadata(&path).unwrap());
        assert!(!back.rests(SystemTime::now()));
        assert_ne!(back, stamp);
    }
}
