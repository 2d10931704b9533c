//! Taking a card out of service for all: it is given to nobody, and who has it keeps it.

use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::config::schema::Gpu;
use crate::error::fault;
use crate::gpu::folder::Folder;
use crate::model::gpu::Card;
use crate::process::identity;

/// Why a card is out of service; the file's being there is what counts, not what it says.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Drain {
    /// What the user said; may be empty.
    pub reason: String,
    /// Who took it out.
    pub user: String,
    /// Since when, RFC 3339.
    pub since: String,
}

impl Drain {
    /// Reads whether and why a card is out of service.
    pub fn read(folder: &Folder, uuid: &str) -> Option<Self> {
        let mut text = String::new();
        File::open(folder.path().join(name(uuid))).ok()?.read_to_string(&mut text).ok();
        Some(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Says it in words that follow "GPU 1 is ".
    pub fn words(&self) -> String {
        let by = if self.user.is_empty() { String::new() } else { format!(" by {}", self.user) };
        let reason = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        format!("out of service{by}{reason}")
    }
}

/// Whether a card is out of service: one system call, for those who only need to know that.
pub fn is_drained(folder: &Folder, uuid: &str) -> bool {
    folder.path().join(name(uuid)).exists()
}

/// Takes a card out of service; a second time only changes the reason.
///
/// # Errors
/// When the file cannot be written: another user took it out.
pub fn drain(config: &Gpu, card: &Card, reason: &str) -> Result<Drain> {
    let folder = Folder::open(config)?;
    let since = Timestamp::now().to_string();
    let drain = Drain { reason: reason.to_owned(), user: identity::user(), since };
    let path = folder.path().join(name(&card.uuid));
    // Renamed into its place whole, so that nobody reads half a reason.
    let fresh = folder.path().join(format!(".new-drain-{}", std::process::id()));
    fs::write(&fresh, serde_json::to_vec(&drain)?)
        .with_context(|| format!("cannot write {}", fresh.display()))?;
    let placed =
        fs::set_permissions(&fresh, Permissions::from_mode(0o644)).and_then(|()| fs::rename(&fresh, &path));
    if let Err(error) = placed {
        let _ = fs::remove_file(&fresh);
        return Err(not_mine(&folder, card, &error));
    }
    Ok(drain)
}

/// Puts a card back into service and wakes those who wait; `None` when it was in service.
///
/// # Errors
/// When another user took it out: only that user, or root, may put it back.
pub fn undrain(config: &Gpu, card: &Card) -> Result<Option<Drain>> {
    let Some(folder) = Folder::find(config)? else { return Ok(None) };
    let Some(drain) = Drain::read(&folder, &card.uuid) else { return Ok(None) };
    match fs::remove_file(folder.path().join(name(&card.uuid))) {
        Ok(()) => folder.ring(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(not_mine(&folder, card, &error)),
    }
    Ok(Some(drain))
}

fn name(uuid: &str) -> String {
    format!("drain-{uuid}")
}

fn not_mine(folder: &Folder, card: &Card, error: &std::io::Error) -> anyhow::Error {
    let who = Drain::read(folder, &card.uuid).unwrap_or_default();
    let file = folder.path().join(name(&card.uuid));
    fault(format!("GPU {} is {}, and gx may not change that: {error}", card.index, who.words()))
        .hint(format!("only that user or root may: `sudo rm {}`", file.display()))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::lease::tests::{config, inventory};

    #[test]
    fn a_card_is_out_of_service_until_it_is_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let config = config(dir.path(), 1);
        let card = &inventory(1).cards[0];
        assert_eq!(undrain(&config, card).unwrap(), None);
        drain(&config, card, "fan").unwrap();
        let drained = drain(&config, card, "new fan").unwrap();
        let folder = Folder::open(&config).unwrap();
        assert_eq!(Drain::read(&folder, &card.uuid), Some(drained.clone()));
        assert!(is_drained(&folder, &card.uuid));
        assert_eq!(undrain(&config, card).unwrap(), Some(drained));
        assert_eq!(Drain::read(&folder, &card.uuid), None);
    }

    #[test]
    fn a_file_that_says_nothing_drains_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::open(&config(dir.path(), 1)).unwrap();
        fs::write(dir.path().join("drain-x"), "").unwrap();
        assert_eq!(Drain::read(&folder, "x").unwrap().words(), "out of service");
        let named = Drain { reason: "fan".into(), user: "anna".into(), since: String::new() };
        assert_eq!(named.words(), "out of service by anna: fan");
    }
}
