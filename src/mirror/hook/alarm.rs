//! The alarm: something reached a public place and the guard had not let it pass.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::git::repo::Repo;
use crate::mirror::guard::destination::{Class, Destination};
use crate::mirror::guard::frontier::Frontier;
use crate::mirror::hook::passed::{self, folder};
use crate::model::object::ObjectId;
use crate::process::file;

/// A push that went by the guard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// When it was noticed.
    pub at: Timestamp,
    /// The remote.
    pub remote: String,
    /// What this clone calls the ref that moved there.
    pub reference: String,
    /// What it points to since.
    pub new: ObjectId,
}

/// Looks at the refs that a transaction has moved, `OLD-ID NEW-ID REF` a line, and takes down what nobody let pass.
///
/// A fetch moves the same refs and brings what is out already; the reflog tells the two apart.
///
/// # Errors
/// The settings cannot be read, or the alarm cannot be written.
pub fn heed(repo: &Repo, lines: &[u8]) -> Result<Vec<Alarm>> {
    let text = String::from_utf8_lossy(lines);
    let moved: Vec<(ObjectId, &str)> = text.lines().filter_map(moved).collect();
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let (passed, remotes) = (passed::all(&repo.gx_dir()), repo.remotes()?);
    let mut raised = Vec::new();
    for (new, reference) in moved {
        let is_of = |name: &&String| reference["refs/remotes/".len()..].starts_with(&format!("{name}/"));
        let Some(remote) = remotes.iter().filter(is_of).max_by_key(|name| name.len()) else { continue };
        let is_push = repo.last_move(reference).is_some_and(|how| how.starts_with("update by push"));
        if is_push && !passed.contains(&new) && is_public(repo, remote)? {
            let (remote, reference) = (remote.clone(), reference.to_owned());
            raised.push(Alarm { at: Timestamp::now(), remote, reference, new });
        }
    }
    raise(&repo.gx_dir(), &raised)?;
    Ok(raised)
}

/// What was pushed to public places though the guard has not let it pass, and no alarm was raised: all hooks were
/// switched off then, as by `git -c core.hooksPath=/dev/null push`.
///
/// # Errors
/// The refs or the settings cannot be read.
pub fn unheard(repo: &Repo) -> Result<Vec<Alarm>> {
    let gx_dir = repo.gx_dir();
    if !passed::is_begun(&gx_dir) {
        return Ok(Vec::new());
    }
    let told = read(&path(&gx_dir))?.into_iter().chain(read(&seen(&gx_dir))?);
    let mut known = passed::all(&gx_dir);
    known.extend(told.map(|alarm| alarm.new));
    let mut found = Vec::new();
    for remote in repo.configured_remotes()? {
        for (name, new) in repo.known_branches(&remote)? {
            let reference = format!("refs/remotes/{remote}/{}", name.trim_start_matches("refs/heads/"));
            let is_push = || repo.last_move(&reference).is_some_and(|how| how.starts_with("update by push"));
            if !known.contains(&new)
                && is_push()
                && is_public(repo, &remote)?
                && !is_let_pass(repo, &remote, new)?
            {
                found.push(Alarm { at: Timestamp::now(), remote: remote.clone(), reference, new });
            }
        }
    }
    Ok(found)
}

/// Whether a commit is part of what was ever let pass to a remote, or was learned to be there.
fn is_let_pass(repo: &Repo, remote: &str, id: ObjectId) -> Result<bool> {
    for place in Destination::all(repo, remote)? {
        let all = Frontier::read(repo, &place, String::new()).ever();
        if all.contains(&id) || all.iter().any(|tip| repo.is_ancestor(id, *tip).unwrap_or(false)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// All alarms that nobody has looked into.
///
/// # Errors
/// The file is there and cannot be read.
pub fn all(gx_dir: &Path) -> Result<Vec<Alarm>> {
    read(&path(gx_dir))
}

fn read(path: &Path) -> Result<Vec<Alarm>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Puts alarms that were looked into to those of earlier times; what was raised meanwhile stays.
///
/// # Errors
/// The folder cannot be written.
pub fn lay_aside(gx_dir: &Path, looked_into: &[Alarm]) -> Result<()> {
    if looked_into.is_empty() {
        return Ok(());
    }
    let (path, seen) = (path(gx_dir), seen(gx_dir));
    let failed = || format!("cannot write {}", seen.display());
    let _lock = lock(gx_dir).with_context(failed)?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(failed),
    };
    let is_looked_into =
        |line: &&str| serde_json::from_str::<Alarm>(line).is_ok_and(|alarm| looked_into.contains(&alarm));
    let (aside, left): (Vec<&str>, Vec<&str>) = text.split_inclusive('\n').partition(is_looked_into);
    append(&seen, aside.concat().as_bytes()).with_context(failed)?;
    if left.is_empty() {
        return fs::remove_file(&path).with_context(failed);
    }
    file::replace(&path, left.concat().as_bytes())
}

/// Whether a push to a remote goes anywhere that nobody has declared private.
///
/// # Errors
/// The settings cannot be read.
pub fn is_public(repo: &Repo, remote: &str) -> Result<bool> {
    Ok(Destination::all(repo, remote)?.iter().any(|place| place.class == Class::Public))
}

fn moved(line: &str) -> Option<(ObjectId, &str)> {
    let mut words = line.splitn(3, ' ');
    let (_, new, reference) = (words.next()?, words.next()?, words.next()?);
    let new: ObjectId = new.parse().ok()?;
    let is_there = new.as_bytes().iter().any(|byte| *byte != 0);
    (is_there && reference.starts_with("refs/remotes/")).then_some((new, reference))
}

fn raise(gx_dir: &Path, raised: &[Alarm]) -> Result<()> {
    if raised.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(folder(gx_dir))?;
    let mut text = String::new();
    for alarm in raised {
        text.push_str(&serde_json::to_string(alarm)?);
        text.push('\n');
    }
    let written = lock(gx_dir).and_then(|_lock| append(&path(gx_dir), text.as_bytes()));
    written.context("cannot write down the alarm")
}

/// Keeps an alarm from being raised into a file that is just being laid aside.
fn lock(gx_dir: &Path) -> Result<File> {
    let file =
        File::options().create(true).truncate(false).write(true).open(folder(gx_dir).join("alarms.lock"))?;
    file.lock()?;
    Ok(file)
}

fn append(path: &Path, text: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(text)?;
    Ok(file.sync_all()?)
}

fn seen(gx_dir: &Path) -> PathBuf {
    folder(gx_dir).join("alarms.seen")
}

fn path(gx_dir: &Path) -> PathBuf {
    folder(gx_dir).join("alarms")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_that_is_raised_while_others_are_looked_into_stays() {
        let folder = tempfile::tempdir().unwrap();
        let alarm = |name: &str| Alarm {
            at: Timestamp::from_micros(1),
            remote: "public".to_owned(),
            reference: format!("refs/remotes/public/{name}"),
            new: ObjectId::from_bytes(&[1; 20]).unwrap(),
        };
        raise(folder.path(), &[alarm("a"), alarm("b")]).unwrap();
        let looked_into = all(folder.path()).unwrap();
        raise(folder.path(), &[alarm("c")]).unwrap();
        lay_aside(folder.path(), &looked_into).unwrap();
        assert_eq!(all(folder.path()).unwrap(), [alarm("c")]);
        let seen = fs::read_to_string(folder.path().join("guard/alarms.seen")).unwrap();
        assert_eq!(seen.lines().count(), 2);
        lay_aside(folder.path(), &[alarm("c")]).unwrap();
        assert!(!path(folder.path()).exists());
    }
}
