//! Adding an exception to the policy file, whose other content stays byte for byte.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::clock::Timestamp;
use crate::error::misuse;
use crate::git::repo::Repo;
use crate::mirror::guard::finding::DIGITS;
use crate::mirror::keys;
use crate::mirror::policy::file::{File, PATH};
use crate::process::file;

/// What is let pass.
#[derive(Clone, Copy, Debug)]
pub struct Exception<'a> {
    /// What it is.
    pub fingerprint: &'a str,
    /// Why.
    pub reason: &'a str,
    /// The last day, `2027-01-31`.
    pub until: Option<&'a str>,
}

/// Where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub path: PathBuf,
    /// Whether it was not there before.
    pub is_new: bool,
    /// The private remote and its branch, on which the file must be to count.
    pub private_remote: Option<(String, String)>,
}

/// The file in which a loosening counts, in words: what stands anywhere else has no effect.
pub fn deciding(repo: &Repo) -> String {
    match keys::set(repo, keys::PRIVATE_REMOTE) {
        Some(remote) => format!("{PATH} at the tip of {remote}/{}", keys::private_branch(repo)),
        None => repo.gx_dir().join("policy.toml").display().to_string(),
    }
}

/// Adds an exception.
///
/// # Errors
/// What is given makes no sense, the file cannot be understood, or it cannot be written.
pub fn allow(repo: &Repo, exception: &Exception<'_>) -> Result<Written> {
    let is_print = |text: &str| {
        text.len() == DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    if !is_print(exception.fingerprint) {
        return Err(misuse(format!("`{}` is no fingerprint", exception.fingerprint))
            .hint("each finding is shown with its own: `gx guard scan`")
            .into());
    }
    if exception.reason.trim().is_empty() {
        return Err(misuse("an exception needs a reason").hint("--reason 'a test key, revoked'").into());
    }
    if let Some(day) = exception.until.filter(|day| !is_day(day)) {
        return Err(misuse(format!("`{day}` is no day")).hint("write it as 2027-01-31").into());
    }
    if let Some(day) = exception.until.filter(|day| *day < &Timestamp::now().to_string()[..10]) {
        return Err(misuse(format!("{day} is over")).hint("name the last day on which it may leave").into());
    }
    let private_remote =
        keys::set(repo, keys::PRIVATE_REMOTE).map(|remote| (remote, keys::private_branch(repo)));
    let path = match private_remote {
        Some(_) => {
            repo.check_work_tree()?;
            repo.work_dir().join(PATH)
        }
        None => repo.gx_dir().join("policy.toml"),
    };
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let name = path.display().to_string();
    let there = File::read(&name, &before)?;
    let same = |allowed: &crate::mirror::policy::file::Allowed| {
        allowed.fingerprint == exception.fingerprint && allowed.until.as_deref() == exception.until
    };
    if there.allow.iter().any(same) {
        return Ok(Written { path, is_new: false, private_remote });
    }
    let after = before.clone() + &entry(&before, exception);
    File::read(&name, &after)?;
    file::write(&path, after.as_bytes())?;
    Ok(Written { path, is_new: true, private_remote })
}

/// The entry, as it follows what is there.
fn entry(before: &str, exception: &Exception<'_>) -> String {
    let gap = match before {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut entry = format!("{gap}[[allow]]\nfingerprint = {}\n", text(exception.fingerprint));
    entry.push_str(&format!("reason = {}\n", text(exception.reason)));
    if let Some(day) = exception.until {
        entry.push_str(&format!("until = {}\n", text(day)));
    }
    entry
}

/// Whether there is such a day in the calendar.
fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_file_stays_byte_for_byte_and_what_is_added_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let repo = Repo::create(folder.path(), "start").unwrap();
        let path = repo.gx_dir().join("policy.toml");
        fs::create_dir_all(repo.gx_dir()).unwrap();
        let before = "# mine\r\n[paths]\nprivate = [ 'x/' ]   # why";
        fs::write(&path, before).unwrap();
        let exception = Exception {
            fingerprint: "00ff00ff00ff00ff",
            reason: "a \"test\"\nkey",
            until: Some("9000-02-28"),
        };
        assert!(allow(&repo, &exception).unwrap().is_new);
        let after = fs::read_to_string(&path).unwrap();
        assert!(after.starts_with(before), "{after}");
        let read = File::read("policy", &after).unwrap();
        assert_eq!(read.allow[0].reason, exception.reason);
        assert!(!allow(&repo, &exception).unwrap().is_new);
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
        for day in ["9000-02-30", "tomorrow", "9000-1-3", "2001-01-01"] {
            assert!(allow(&repo, &Exception { until: Some(day), ..exception }).is_err(), "{day}");
        }
        for fingerprint in ["00ff00ff", "00FF00FF00FF00FF", "00ff00ff00ff00ff0"] {
            assert!(allow(&repo, &Exception { fingerprint, ..exception }).is_err(), "{fingerprint}");
        }
    }
}
