//! The file of the journal that one process goes on adding its lines to: to make a file costs more than to make one longer.
//!
//! Whoever brings what waits into the notes ends such a file first. Then its lines are all that it will ever have, and
//! the process goes on with another.

use std::cell::RefCell;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::store::durably::{made_in, unique_name};
use crate::store::journal::entry::whole_lines;

/// How the name of such a file ends.
const GROWING: &str = ".growing.jsonl";

/// The line that ends one; it says nothing of any snapshot.
const END: &[u8] = b"ended\n";

/// Whether a file is one that its process may still add to.
pub(super) fn is_growing(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().ends_with(GROWING.as_bytes()))
}

/// The file that this process adds to, once it has added something.
#[derive(Default)]
pub(super) struct Growing {
    open: RefCell<Option<Open>>,
}

struct Open {
    file: File,
    path: PathBuf,
    length: u64,
}

impl Growing {
    /// Adds whole lines to this process's file in `folder`; they are on the disk when it returns.
    pub(super) fn add(&self, folder: &Path, lines: &[u8]) -> io::Result<()> {
        loop {
            let held = self.open.borrow_mut().take();
            let mut open = match held {
                Some(open) => open,
                None => Open::new(folder)?,
            };
            // A file that another process has in its hand is being ended there.
            match open.file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => return Err(error),
            }
            let is_new = open.length == 0;
            if !open.is_ended() {
                open.write(lines)?;
                open.file.unlock()?;
                // Whoever takes the lines meanwhile has them on the disk before this file goes.
                open.file.sync_data()?;
                if is_new {
                    File::open(folder)?.sync_all()?;
                }
                *self.open.borrow_mut() = Some(open);
                return Ok(());
            }
        }
    }
}

impl Open {
    fn new(folder: &Path) -> io::Result<Self> {
        let path = folder.join(format!("{}{GROWING}", unique_name()));
        let file = made_in(folder, || File::options().create_new(true).append(true).open(&path))?;
        Ok(Self { file, path, length: 0 })
    }

    /// Whether somebody else has written to it, which is how it is ended, or has taken it away.
    fn is_ended(&self) -> bool {
        let (Ok(own), Ok(named)) = (self.file.metadata(), fs::metadata(&self.path)) else { return true };
        own.len() != self.length || (own.dev(), own.ino()) != (named.dev(), named.ino())
    }

    /// Half a line, as a full disk leaves it, is taken back: nothing must follow it.
    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.write_all(lines).inspect_err(|_| {
            let _ = self.file.set_len(self.length);
        })?;
        self.length += lines.len() as u64;
        Ok(())
    }
}

/// Ends a file, and gives what it holds.
///
/// # Errors
/// It has gone, or cannot be written.
pub(super) fn end(path: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::options().read(true).append(true).open(path)?;
    // Its process holds this for one `write` at a time.
    file.lock()?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    let whole = whole_lines(&text).len();
    if whole < text.len() {
        // Of a process that was killed: the end must not become a part of its last line.
        file.set_len(whole as u64)?;
        text.truncate(whole);
    }
    if !text.ends_with(END) {
        file.write_all(END)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread;

    use super::*;

    fn files(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().flatten().map(|file| file.path()).collect()
    }

    #[test]
    fn one_file_takes_line_after_line_until_somebody_ends_it() {
        let folder = tempfile::tempdir().unwrap();
        let waiting = folder.path().join("waiting");
        let mine = Growing::default();
        mine.add(&waiting, b"a 1\n").unwrap();
        mine.add(&waiting, b"a 2\n").unwrap();
        let [first] = &files(&waiting)[..] else { panic!("more than one file") };
        assert!(is_growing(first));
        assert_eq!(end(first).unwrap(), b"a 1\na 2\n");
        mine.add(&waiting, b"a 3\n").unwrap();
        let others: Vec<PathBuf> = files(&waiting).into_iter().filter(|path| path != first).collect();
        assert_eq!(fs::read(&others[0]).unwrap(), b"a 3\n");
        assert_eq!(end(first).unwrap(), b"a 1\na 2\nended\n", "ended once, and nothing came since");
        assert_eq!(fs::read(first).unwrap(), b"a 1\na 2\nended\n");
    }

    #[test]
    fn a_file_that_is_taken_away_or_in_another_hand_gets_nothing_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let mine = Growing::default();
        mine.add(folder.path(), b"a 1\n").unwrap();
        let first = files(folder.path()).remove(0);
        fs::rename(&first, folder.path().join("elsewhere")).unwrap();
        mine.add(folder.path(), b"a 2\n").unwrap();
        assert_eq!(fs::read(folder.path().join("elsewhere")).unwrap(), b"a 1\n");
        let second = files(folder.path()).into_iter().find(|path| is_growing(path)).unwrap();
        let hand = File::open(&second).unwrap();
        hand.lock().unwrap();
        mine.add(folder.path(), b"a 3\n").unwrap();
        assert_eq!((fs::read(&second).unwrap(), files(folder.path()).len()), (b"a 2\n".to_vec(), 3));
    }

    #[test]
    fn half_a_line_is_cut_off_where_a_file_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.growing.jsonl");
        fs::write(&path, "a 1\na {\"half").unwrap();
        assert_eq!(end(&path).unwrap(), b"a 1\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "a 1\nended\n");
    }

    #[test]
    fn no_line_is_lost_between_one_that_adds_and_one_that_ends() {
        let folder = tempfile::tempdir().unwrap();
        let mut taken = Vec::new();
        thread::scope(|scope| {
            let adding = scope.spawn(|| {
                let mine = Growing::default();
                (0..500)
                    .for_each(|number| mine.add(folder.path(), format!("a {number}\n").as_bytes()).unwrap());
            });
            let (mut is_over, mut ended) = (false, Vec::new());
            while !is_over || !ended.is_empty() {
                // What is added to one that was ended would go with it.
                while files(folder.path()) == ended && !adding.is_finished() {
                    thread::yield_now();
                }
                is_over = adding.is_finished();
                ended.drain(..).for_each(|path: PathBuf| fs::remove_file(path).unwrap());
                for path in files(folder.path()) {
                    taken.extend(end(&path).unwrap());
                    ended.push(path);
                }
            }
        });
        let mut lines: Vec<&str> = std::str::from_utf8(&taken).unwrap().lines().collect();
        lines.retain(|line| *line != "ended");
        let different: HashSet<&str> = lines.iter().copied().collect();
        assert_eq!((lines.len(), different.len()), (500, 500));
    }
}
