//! Whose turn it is to bring the index up to date, and whom that spares the same work.
//!
//! Whoever has the turn takes the next number before it looks at the repository, and writes it down as done when the
//! index holds what it saw. A question that knows the number from before its own look, and finds a higher one done, is
//! answered by an index that is no older than that look: of many that wait, one catches up for all.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::store::patience::pause;

/// How long another process that brings the index up to date is waited for.
const PATIENCE: Duration = Duration::from_millis(1500);

/// Where the number of the last one that is done stands in the file; that of the last one begun stands before it.
const DONE: u64 = 8;

/// The number of the last turn that had begun at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Number(u64);

impl Number {
    /// That of now; to be asked for before the repository is looked at.
    pub(super) fn of_now(gx_dir: &Path) -> Self {
        match File::open(path(gx_dir)) {
            Ok(file) => Self(read(&file, 0)),
            // Nobody has begun yet.
            Err(error) if error.kind() == ErrorKind::NotFound => Self(0),
            // Then nobody spares it anything.
            Err(_) => Self(u64::MAX),
        }
    }
}

/// What waiting for the turn came to.
pub(super) enum Turn {
    /// This process is to catch up.
    Own(Hold),
    /// Somebody has, after the question was put.
    Spared,
}

/// The right to catch up, or after a long wait the attempt beside somebody who hangs: SQLite's own lock keeps that right.
pub(super) struct Hold {
    file: File,
    number: Option<u64>,
}

impl Turn {
    /// Waits for it, or until the index has caught up after `seen`.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn take(gx_dir: &Path, seen: Number) -> Result<Self> {
        let path = path(gx_dir);
        let open = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let file = open.with_context(|| format!("cannot write {}", path.display()))?;
        let began = Instant::now();
        loop {
            let is_held = file.try_lock().is_ok();
            if read(&file, DONE) > seen.0 {
                return Ok(Self::Spared);
            }
            if is_held {
                let number = 1 + read(&file, 0).max(read(&file, DONE));
                file.write_all_at(&number.to_le_bytes(), 0)?;
                return Ok(Self::Own(Hold { file, number: Some(number) }));
            }
            if began.elapsed() > PATIENCE {
                return Ok(Self::Own(Hold { file, number: None }));
            }
            thread::sleep(pause(began.elapsed()));
        }
    }
}

impl Hold {
    /// Says that the index holds what the repository held after the turn began.
    ///
    /// # Errors
    /// The file cannot be written: then the others catch up by themselves.
    pub(super) fn done(self) -> Result<()> {
        // Who has waited in vain has no number of its own.
        let Some(number) = self.number else { return Ok(()) };
        Ok(self.file.write_all_at(&number.to_le_bytes(), DONE)?)
    }
}

fn path(gx_dir: &Path) -> PathBuf {
    gx_dir.join("index.turn")
}

fn read(file: &File, at: u64) -> u64 {
    let mut number = [0; 8];
    match file.read_exact_at(&mut number, at) {
        Ok(()) => u64::from_le_bytes(number),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(turn: Turn) -> Hold {
        match turn {
            Turn::Own(hold) => hold,
            Turn::Spared => panic!("nobody has caught up"),
        }
    }

    #[test]
    fn only_a_turn_that_began_after_the_look_and_is_done_spares_another() {
        let folder = tempfile::tempdir().unwrap();
        let gx_dir = folder.path();
        let early = Number::of_now(gx_dir);
        let first = own(Turn::take(gx_dir, early).unwrap());
        let during = Number::of_now(gx_dir);
        assert!(early < during);
        first.done().unwrap();
        assert!(matches!(Turn::take(gx_dir, early), Ok(Turn::Spared)), "it began after the look");
        // What it saw may be from before this look, although it was done after it.
        let second = own(Turn::take(gx_dir, during).unwrap());
        drop(second);
        assert!(matches!(Turn::take(gx_dir, during), Ok(Turn::Own(_))), "killed, it has caught nothing up");
    }

    #[test]
    fn whoever_waits_is_spared_by_the_one_in_front() {
        let folder = tempfile::tempdir().unwrap();
        let gx_dir = folder.path();
        let seen = Number::of_now(gx_dir);
        let hold = own(Turn::take(gx_dir, seen).unwrap());
        thread::scope(|scope| {
            let waiting: Vec<_> = (0..8).map(|_| scope.spawn(|| Turn::take(gx_dir, seen))).collect();
            hold.done().unwrap();
            for waited in waiting {
                assert!(matches!(waited.join().unwrap(), Ok(Turn::Spared)));
            }
        });
    }
}
