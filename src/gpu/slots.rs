//! The lock files of the cards: one for each experiment that a card has room for.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::gpu::claim::Claim;
use crate::gpu::folder::{Folder, Guard};

/// The name of the lock file of a slot; the first has no number, so that a card's name alone is enough to find it.
pub fn name(uuid: &str, slot: usize) -> String {
    if slot == 0 { format!("gpu-{uuid}.lock") } else { format!("gpu-{uuid}.{slot}.lock") }
}

/// The lock files of some cards, open to look at.
#[derive(Debug)]
pub struct Slots {
    cards: Vec<Vec<Slot>>,
}

#[derive(Debug)]
struct Slot {
    name: String,
    file: File,
}

impl Slots {
    /// Opens the `count` slots of each of these cards.
    ///
    /// # Errors
    /// When a file can neither be opened nor made.
    pub fn open(folder: &Folder, uuids: &[String], count: usize) -> Result<Self> {
        let open = |uuid: &str, slot: usize| {
            let name = name(uuid, slot);
            Ok(Slot { file: folder.open_to_look(&name)?, name })
        };
        let card = |uuid: &String| (0..count).map(|slot| open(uuid, slot)).collect();
        Ok(Self { cards: uuids.iter().map(card).collect::<Result<_>>()? })
    }

    /// The slots that are free, card by card.
    ///
    /// # Errors
    /// When the file system has no locks.
    pub fn free(&self, _mutex: &Guard<'_>) -> Result<Vec<Vec<usize>>> {
        self.cards.iter().map(|slots| free_of(slots)).collect()
    }

    /// Locks a free slot.
    ///
    /// # Errors
    /// When it cannot be had although it is free: somebody does not keep to the protocol.
    pub fn take(&self, folder: &Folder, card: usize, slot: usize) -> Result<File> {
        let name = &self.cards[card][slot].name;
        let file = folder.open_to_hold(name)?;
        file.try_lock().with_context(|| format!("cannot lock {name}, which was free"))?;
        Ok(file)
    }

    /// What the holders of the slots of a card wrote that are not free, `None` for those who wrote nothing.
    pub fn holders(&self, card: usize, free: &[usize]) -> Vec<Option<Claim>> {
        let taken = self.cards[card].iter().enumerate().filter(|(slot, _)| !free.contains(slot));
        taken.map(|(_, slot)| Claim::read(&slot.file)).collect()
    }

    /// Where the lock files lie.
    pub fn paths(&self, folder: &Folder) -> Vec<PathBuf> {
        self.cards.iter().flatten().map(|slot| folder.path().join(&slot.name)).collect()
    }
}

/// The lock is given back at once: under the mutex nobody else can take it, so that it stays free.
fn free_of(slots: &[Slot]) -> Result<Vec<usize>> {
    let mut free = Vec::new();
    for (number, slot) in slots.iter().enumerate() {
        match slot.file.try_lock() {
            Ok(()) => {
                slot.file.unlock()?;
                free.push(number);
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", slot.name));
            }
        }
    }
    Ok(free)
}
