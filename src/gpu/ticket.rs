//! The queue of those who wait: a file each, locked as long as its waiter lives.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::gpu::folder::{Folder, Guard};

const END: &str = ".ticket";

/// What a waiter says about itself; it never changes.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Ticket {
    /// How many cards it needs.
    pub need: usize,
    /// The UUIDs of the cards that it may have; `None` where it does not say.
    #[serde(default)]
    pub cards: Option<Vec<String>>,
    /// Since when it waits, RFC 3339.
    pub since: String,
    /// Its experiment, where that has a name already.
    pub experiment: Option<String>,
    /// The path of its repository.
    #[serde(default)]
    pub repository: String,
    /// The name of its user.
    pub user: String,
    /// Its process.
    #[serde(default)]
    pub pid: u32,
    /// What it wants to run.
    #[serde(default)]
    pub command: Option<String>,
}

impl Ticket {
    /// For how many seconds it has been waiting; nothing when its time cannot be read or lies ahead.
    pub fn age(&self, now: Timestamp) -> f64 {
        self.since.parse().map_or(0.0, |since| now.seconds_since(since).max(0.0))
    }

    /// Reads one; what cannot be read counts as the least that somebody can want.
    fn read(mut file: &File) -> Self {
        let mut text = String::new();
        let read = file.read_to_string(&mut text);
        read.ok().and_then(|_| serde_json::from_str(&text).ok()).unwrap_or(Self {
            need: 1,
            cards: None,
            since: String::new(),
            experiment: None,
            repository: String::new(),
            user: String::new(),
            pid: 0,
            command: None,
        })
    }
}

/// A place in the queue; leaves it when dropped.
#[must_use = "dropping it leaves the queue"]
#[derive(Debug)]
pub struct Place {
    folder: Arc<Folder>,
    file: File,
    path: PathBuf,
    number: u64,
    is_given_up: Cell<bool>,
}

impl Place {
    /// Joins the end of the queue.
    ///
    /// # Errors
    /// When the ticket cannot be written; nothing of it is left then.
    pub fn join(folder: &Arc<Folder>, ticket: &Ticket) -> Result<Self> {
        let guard = folder.lock()?;
        // The greater of both: the written number may be lost, tickets may be of users who cannot write it.
        let last = numbers(folder)?.last().copied().unwrap_or(0);
        let mut number = guard.last_number().max(last) + 1;
        let (file, path) = loop {
            let path = path(folder, number);
            match File::options().read(true).write(true).create_new(true).open(&path) {
                Ok(file) => break (file, path),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error).with_context(|| format!("cannot write {}", path.display())),
            }
        };
        let place = Self { folder: Arc::clone(folder), file, path, number, is_given_up: Cell::new(false) };
        guard.set_last_number(number);
        place.file.lock().context("cannot lock a ticket")?;
        place.file.set_permissions(Permissions::from_mode(0o644))?;
        place.file.write_all_at(&serde_json::to_vec(ticket)?, 0).context("cannot write a ticket")?;
        Ok(place)
    }

    /// The number of the ticket.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Leaves the queue because the cards are had: nobody is woken, since nothing became free.
    pub fn give_up(&self, _mutex: &Guard<'_>) {
        let _ = fs::remove_file(&self.path);
        self.is_given_up.set(true);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_given_up.get() {
            let _ = fs::remove_file(&self.path);
        }
        let _ = self.file.unlock();
        if !self.is_given_up.get() {
            self.folder.ring();
        }
    }
}

/// Where the ticket with this number lies.
pub fn path(folder: &Folder, number: u64) -> PathBuf {
    folder.queue().join(format!("{number:012}{END}"))
}

/// The numbers of all tickets, dead ones too, in order.
///
/// # Errors
/// When the folder cannot be read.
pub fn numbers(folder: &Folder) -> Result<Vec<u64>> {
    let queue = folder.queue();
    let entries = fs::read_dir(&queue).with_context(|| format!("cannot read {}", queue.display()))?;
    let mut numbers: Vec<u64> = entries.flatten().filter_map(|entry| number(&entry.file_name())).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

fn number(name: &std::ffi::OsStr) -> Option<u64> {
    name.to_str()?.strip_suffix(END)?.parse().ok()
}

/// The tickets of others, each opened and read once.
#[derive(Debug, Default)]
pub struct Others {
    known: BTreeMap<u64, (File, Ticket)>,
}

impl Others {
    /// The living tickets among `numbers`, in order; removes the dead ones.
    pub fn living(&mut self, folder: &Folder, numbers: &[u64], guard: &Guard<'_>) -> Vec<(u64, &Ticket)> {
        self.known.retain(|number, _| numbers.binary_search(number).is_ok());
        for &number in numbers {
            if self.is_dead(folder, number) {
                self.known.remove(&number);
                bury(&path(folder, number), guard);
            }
        }
        self.known.iter().map(|(&number, (_, ticket))| (number, ticket)).collect()
    }

    /// Whether nobody holds this ticket any more. It asks the lock of a descriptor that stays open: opening and
    /// closing the file each time would wake whoever watches it.
    pub fn is_dead(&mut self, folder: &Folder, number: u64) -> bool {
        if let Some((file, _)) = self.known.get(&number) {
            return is_unlocked(file);
        }
        let Ok(file) = File::open(path(folder, number)) else { return true };
        let (ticket, is_dead) = (Ticket::read(&file), is_unlocked(&file));
        self.known.insert(number, (file, ticket));
        is_dead
    }

    /// Forgets all but these.
    pub fn keep_only(&mut self, numbers: &[u64]) {
        self.known.retain(|number, _| numbers.binary_search(number).is_ok());
    }

    /// Whether a ticket that was looked at is still in the queue.
    pub fn is_there(&self, number: u64) -> bool {
        let file = self.known.get(&number).map(|(file, _)| file);
        file.is_some_and(|file| file.metadata().is_ok_and(|data| data.nlink() > 0))
    }
}

/// Removes the ticket of a dead waiter.
pub fn bury(path: &Path, _mutex: &Guard<'_>) {
    // Looked at once more by its name: numbers are given again where nobody could write the last one down,
    // and what we had open may be an older ticket.
    if File::open(path).is_ok_and(|file| is_unlocked(&file)) {
        let _ = fs::remove_file(path);
    }
}

fn is_unlocked(file: &File) -> bool {
    match file.try_lock_shared() {
        Ok(()) => file.unlock().is_ok(),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::lease::tests::config;

    fn ticket(need: usize) -> Ticket {
        let since = "2026-03-08T02:41:09.000000Z".to_owned();
        let user = "anna".to_owned();
        let (repository, experiment, cards, command) = (String::new(), None, None, None);
        Ticket { need, cards, since, experiment, repository, user, pid: 7, command }
    }

    fn folder(dir: &tempfile::TempDir) -> Arc<Folder> {
        Arc::new(Folder::open(&config(dir.path(), 1)).unwrap())
    }

    #[test]
    fn tickets_count_up_even_when_the_last_number_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(&dir);
        let first = Place::join(&folder, &ticket(1)).unwrap();
        drop(Place::join(&folder, &ticket(1)).unwrap());
        assert_eq!(first.number(), 1);
        fs::write(dir.path().join("mutex"), "").unwrap();
        let second = Place::join(&folder, &ticket(1)).unwrap();
        assert_eq!(second.number(), 2);
        assert_eq!(numbers(&folder).unwrap(), [1, 2]);
    }

    #[test]
    fn a_dead_ticket_is_removed_and_a_living_one_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(&dir);
        fs::write(path(&folder, 1), "{\"need\":4}").unwrap();
        let place = Place::join(&folder, &ticket(3)).unwrap();
        let mut others = Others::default();
        let guard = folder.lock().unwrap();
        assert!(others.is_dead(&folder, 1) && !others.is_dead(&folder, place.number()));
        let living: Vec<Ticket> =
            others.living(&folder, &[1, 2], &guard).into_iter().map(|(_, ticket)| ticket.clone()).collect();
        assert_eq!(living, [ticket(3)]);
        assert_eq!(numbers(&folder).unwrap(), [place.number()]);
        drop(guard);
        drop(place);
        assert!(!others.is_there(2));
        assert!(numbers(&folder).unwrap().is_empty());
    }

    #[test]
    fn a_number_that_is_given_again_is_not_taken_for_the_dead_ticket_before_it() {
        let dir = tempfile::tempdir().unwrap();
        let folder = folder(&dir);
        let mut others = Others::default();
        drop({
            let place = Place::join(&folder, &ticket(1)).unwrap();
            assert!(!others.is_dead(&folder, 1));
            place
        });
        fs::write(dir.path().join("mutex"), "").unwrap();
        let again = Place::join(&folder, &ticket(2)).unwrap();
        assert_eq!(again.number(), 1);
        others.living(&folder, &[1], &folder.lock().unwrap());
        assert!(path(&folder, 1).exists());
    }
}
