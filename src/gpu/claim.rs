//! Who has a card: what is written into its lock file for people to read. The lock itself is the truth.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use serde::{Deserialize, Serialize};

use crate::process::identity::Identity;

/// Longer ones are not read; a claim has a few hundred bytes.
const LONGEST: usize = 64 << 10;

/// What a holder writes into the lock files of its cards.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Claim {
    /// The experiment, once it has a name.
    pub experiment: Option<String>,
    /// The path of its repository.
    pub repository: String,
    /// The name of the user.
    pub user: String,
    /// The process that holds the lock.
    pub pid: u32,
    /// When that started, see [`Identity`].
    pub start: u64,
    /// The boot that it belongs to.
    pub boot_id: String,
    /// Since when it has the card, RFC 3339.
    pub since: String,
    /// What runs.
    pub command: Option<String>,
}

impl Claim {
    /// Reads the claim of a lock file; `None` where there is none, or half of one.
    pub fn read(file: &File) -> Option<Self> {
        serde_json::from_str(text(file).ok()?.trim()).ok()
    }

    /// Writes itself into a lock file.
    ///
    /// # Errors
    /// When the file may only be read: the lock holds all the same.
    pub fn write(&self, file: &File) -> io::Result<()> {
        over(file, &serde_json::to_string(self)?)
    }

    /// Whether the very process that wrote it still runs.
    ///
    /// When it does not and the card is locked all the same, its trainer lives on.
    pub fn is_alive(&self) -> bool {
        Identity { pid: self.pid, start: self.start, boot: self.boot_id.clone() }.is_alive()
    }

    /// What a person calls the holder.
    pub fn holder(&self) -> String {
        self.experiment.clone().unwrap_or_else(|| format!("{} (process {})", self.user, self.pid))
    }
}

/// Takes the claim out of a lock file.
///
/// # Errors
/// When the file may only be read.
pub fn clear(file: &File) -> io::Result<()> {
    over(file, "")
}

fn text(file: &File) -> io::Result<String> {
    let mut bytes = vec![0; 1024];
    let mut length = 0;
    loop {
        match file.read_at(&mut bytes[length..], length as u64)? {
            0 => break,
            read => length += read,
        }
        if length == bytes.len() && length < LONGEST {
            bytes.resize(2 * length, 0);
        }
    }
    bytes.truncate(length);
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Writes over what is there and fills the rest with blanks. The file is never cut: some file systems write a
/// file that was cut to the disk at once, which costs milliseconds under the mutex.
fn over(file: &File, text: &str) -> io::Result<()> {
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(0).min(LONGEST);
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(bytes.len().max(length.saturating_sub(1)), b' ');
    bytes.push(b'\n');
    file.write_all_at(&bytes, 0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A claim of this very process.
    pub fn claim(experiment: Option<&str>) -> Claim {
        let me = Identity::me();
        Claim {
            experiment: experiment.map(str::to_owned),
            repository: "/repo".to_owned(),
            user: "anna".to_owned(),
            pid: me.pid,
            start: me.start,
            boot_id: me.boot,
            since: "2026-03-08T02:41:09.000000Z".to_owned(),
            command: None,
        }
    }

    #[test]
    fn a_claim_is_read_back_and_a_shorter_one_leaves_nothing_of_a_longer_one() {
        let file = tempfile::tempfile().unwrap();
        let long = Claim { command: Some("train.py ".repeat(1000)), ..claim(Some("exp-1")) };
        for claim in [long, claim(None)] {
            claim.write(&file).unwrap();
            assert_eq!(Claim::read(&file), Some(claim));
        }
        clear(&file).unwrap();
        assert_eq!(Claim::read(&file), None);
    }

    #[test]
    fn a_claim_does_not_grow_its_file_for_ever() {
        let file = tempfile::tempfile().unwrap();
        for _ in 0..20 {
            claim(Some("exp-1")).write(&file).unwrap();
            clear(&file).unwrap();
        }
        assert!(file.metadata().unwrap().len() < 400);
    }

    #[test]
    fn spoilt_claims_are_none() {
        for body in [&b"\xff\xff"[..], b"{\"experiment\":", b"[]"] {
            let file = tempfile::tempfile().unwrap();
            file.write_all_at(body, 0).unwrap();
            assert_eq!(Claim::read(&file), None);
        }
    }

    #[test]
    fn the_same_process_number_in_another_boot_is_not_alive() {
        assert!(claim(None).is_alive());
        assert!(!Claim { boot_id: "earlier".to_owned(), ..claim(None) }.is_alive());
        assert!(!Claim { start: 1, ..claim(None) }.is_alive());
    }

    #[test]
    fn a_holder_without_a_name_is_told_by_user_and_process() {
        assert_eq!(claim(Some("exp-3")).holder(), "exp-3");
        let nameless = Claim { pid: 4711, ..claim(None) };
        assert_eq!(nameless.holder(), "anna (process 4711)");
    }
}
