//! Fetching and pushing explicit refs, by the `git` program with its user's credentials and hooks.

use std::collections::HashMap;

use anyhow::Result;

use crate::error::{Fault, fault};
use crate::git::outgoing::Staged;
use crate::git::repo::Repo;
use crate::git::sending::{Lease, Sending};
use crate::git::sparing::{End, LARGE, SETTINGS};
use crate::process::command::Output;
use crate::process::log::sanitize;

/// Gets what git says of its progress, piece by piece.
pub type Hear = dyn FnMut(&[u8]);

/// How git talks to the other side.
pub struct Wire {
    /// Whether it may ask for a password on the terminal.
    pub may_ask: bool,
    /// Who hears its progress; nobody where there is nobody to see it.
    pub hear: Option<Box<Hear>>,
    /// What the other side said last of a lock that it found in its way.
    locked: Option<String>,
}

impl Wire {
    /// One that may ask and is heard so.
    pub fn new(may_ask: bool, hear: Option<Box<Hear>>) -> Self {
        Self { may_ask, hear, locked: None }
    }

    /// What the other side said of a lock that was in the way of the last push: somebody at work, or a file that a
    /// killed program has left there.
    pub fn locked(&self) -> Option<&str> {
        self.locked.as_deref()
    }
}

/// What became of a ref that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The other side has it now, or had it already.
    Through,
    /// It moved there meanwhile: fetch, and try again.
    Moved,
    /// It was refused, in the words of git or of the other side.
    Refused(String),
}

impl Repo {
    /// Fetches `refspecs` and nothing else; refs that the other side has no more go from their destinations.
    ///
    /// # Errors
    /// The other side cannot be reached, or the connection was cut: what had come whole is there.
    pub fn fetch(&self, remote: &str, refspecs: &[String], wire: &mut Wire) -> Result<()> {
        // What was read of the packs would stay in memory beside git's own.
        self.rest();
        let mut output = self.fetch_once(remote, refspecs, wire)?;
        // Git gives up at once, where a killed fetch has left the lock of a ref.
        let ours = format!("refs/gx/remotes/{remote}/");
        while !output.status.success() && self.outwait_left_locks_below(&ours)? {
            output = self.fetch_once(remote, refspecs, wire)?;
        }
        if output.status.success() { Ok(()) } else { Err(broken_off("fetch from", remote, &output).into()) }
    }

    fn fetch_once(&self, remote: &str, refspecs: &[String], wire: &mut Wire) -> Result<Output> {
        // Not for its git: what that starts to reach the other side may go on for long, and would have it all the time.
        let _flock = self.transaction_flock()?;
        let program = self
            .network_git(wire.may_ask)
            .args(SETTINGS)
            .args([
                "fetch",
                "--no-tags",
                "--prune",
                "--no-write-fetch-head",
                "--refmap=",
                "--no-auto-maintenance",
            ])
            .args(["--recurse-submodules=no", "--no-show-forced-updates"])
            .arg(if wire.hear.is_some() { "--progress" } else { "--quiet" })
            .args(self.sparing_end(remote, End::Sends))
            .args(["--", remote])
            .args(refspecs);
        match &mut wire.hear {
            Some(hear) => program.output_heard(hear),
            None => program.output(),
        }
    }

    /// Pushes refs and says of each what became of it, in their order.
    ///
    /// # Errors
    /// The other side cannot be reached, or the connection was cut: some of them may have gone through.
    pub fn push(&self, remote: &str, sending: &[Sending], wire: &mut Wire) -> Result<Vec<Fate>> {
        if sending.len() >= LARGE {
            self.rest();
        }
        if !self.occupied(remote, sending, wire.may_ask)?.is_empty() {
            return Ok(vec![Fate::Moved; sending.len()]);
        }
        // All or nothing first: where one ref shows that somebody was faster, nothing goes.
        let output = self.push_once(remote, sending, wire, sending.len() > 1)?;
        let (told, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        wire.locked = lock_in_the_way(&said);
        let mut fates = fates(&told);
        if fates.values().any(|fate| *fate == Fate::Moved) {
            let held = fates.values_mut().filter(|fate| **fate != Fate::Through);
            held.for_each(|fate| *fate = Fate::Moved);
        } else if told.contains("atomic") || said.contains("does not support --atomic") {
            // What the other side does not refuse is to go through.
            let output = self.push_once(remote, sending, wire, false)?;
            wire.locked = lock_in_the_way(&String::from_utf8_lossy(&output.stderr));
            fates = self::fates(&String::from_utf8_lossy(&output.stdout));
            return in_order(fates, sending).ok_or_else(|| broken_off("push to", remote, &output).into());
        }
        in_order(fates, sending).ok_or_else(|| broken_off("push to", remote, &output).into())
    }

    fn push_once(
        &self,
        remote: &str,
        sending: &[Sending],
        wire: &mut Wire,
        is_atomic: bool,
    ) -> Result<Output> {
        let is_large = sending.len() >= LARGE;
        let mut program = self
            .network_git(wire.may_ask)
            .args(is_large.then_some(SETTINGS).into_iter().flatten())
            .args(["push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no"])
            .args(is_atomic.then_some("--atomic"))
            .args(is_large.then(|| self.sparing_end(remote, End::Receives)).flatten())
            .arg(if wire.hear.is_some() { "--progress" } else { "--no-progress" });
        let staged = Staged::put(self, remote, sending)?;
        for Sending { name, lease, .. } in sending.iter().filter(|one| staged.leases(one)) {
            program = match lease {
                Lease::Absent => program.arg(format!("--force-with-lease={name}:")),
                Lease::At(old) => program.arg(format!("--force-with-lease={name}:{old}")),
                Lease::Ancestor => program,
            };
        }
        program = program.args(["--", remote]).args(staged.refspecs());
        let alone = sending.iter().filter(|one| !staged.holds(one));
        program = program.args(alone.map(|one| format!("{}:{}", one.new, one.name)));
        match &mut wire.hear {
            Some(hear) => program.output_heard(hear),
            None => program.output(),
        }
    }
}

fn in_order(mut fates: HashMap<String, Fate>, sending: &[Sending]) -> Option<Vec<Fate>> {
    sending.iter().map(|one| fates.remove(&one.name)).collect()
}

/// What `git push --porcelain` says of each ref: the worst, where it went to several addresses.
fn fates(told: &str) -> HashMap<String, Fate> {
    let mut worst: HashMap<String, Fate> = HashMap::new();
    for line in told.lines() {
        let mut fields = line.split('\t');
        let (Some(flag), Some(pair), Some(summary)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let Some((_, name)) = pair.rsplit_once(':') else { continue };
        let fate = if flag == "!" { refusal(summary) } else { Fate::Through };
        let known = worst.entry(name.to_owned()).or_insert(Fate::Through);
        if *known == Fate::Through || matches!(fate, Fate::Refused(_)) {
            *known = fate;
        }
    }
    worst
}

/// Reads `[rejected] (fetch first)` or `[remote rejected] (hook declined)`.
fn refusal(summary: &str) -> Fate {
    let moved = [
        "fetch first",
        "non-fast-forward",
        "stale info",
        "already exists",
        "cannot lock ref",
        "failed to update ref",
        "incorrect old value",
        "reference already exists",
        "failed to lock",
        "needs force",
    ];
    if moved.iter().any(|sign| summary.contains(sign)) {
        return Fate::Moved;
    }
    let why = summary.split_once('(').map_or(summary, |(_, why)| why.trim_end_matches(')'));
    Fate::Refused(sanitize(why).trim().to_owned())
}

/// What the other side says of a lock, where it found one.
fn lock_in_the_way(said: &str) -> Option<String> {
    let line = said.lines().find(|line| line.contains(".lock': File exists"))?;
    let words = line.trim_start_matches("remote:").trim().trim_start_matches("error:");
    Some(sanitize(words).trim().trim_end_matches('.').to_owned())
}

/// What ended a transfer, in the words that matter of git's, and what helps.
fn broken_off(what: &str, remote: &str, output: &Output) -> Fault {
    let said = sanitize(&String::from_utf8_lossy(&output.stderr)).replace('\r', "\n");
    let is_news = |line: &&str| {
        let line = line.trim_start_matches("remote: ");
        ["fatal:", "error:", "ERROR", "Permission", "ssh:"].iter().any(|sign| line.starts_with(sign))
    };
    let mut news: Vec<&str> = said.lines().filter(is_news).collect();
    news.dedup();
    if what.starts_with("push") && news.iter().all(|line| line.contains("failed to push some refs")) {
        let told = String::from_utf8_lossy(&output.stdout);
        if let Some(words) = words_of_a_hook(&said, &told) {
            return fault(format!("cannot {what} `{remote}`: {words}"))
                .hint("your hook `pre-push` said so: do what it asks, then run the same command again");
        }
    }
    let why = match &news[..] {
        [] => said.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("git said nothing").to_owned(),
        news => news.join("; "),
    };
    let told = fault(format!("cannot {what} `{remote}` ({}): {why}", output.status));
    let hint = if why.contains(".lock': File exists") {
        "if no git is running here, remove the lock, then run the same command again".to_owned()
    } else if is_cut(&said) {
        "the connection was cut; nothing is lost: run the same command again".to_owned()
    } else if why.contains("No space left") || why.contains("file too large") {
        "make room on the disk, then run the same command again: nothing is half written".to_owned()
    } else {
        format!("try `git ls-remote {remote}`: gx reaches it as git does, with the same rights")
    };
    told.hint(hint)
}

/// Whether git says that the other side is gone; several processes write there, also into the middle of each other's lines.
fn is_cut(said: &str) -> bool {
    ["hung up", "early EOF", "disconnect"].iter().any(|sign| said.contains(sign))
}

/// What a hook of this side said before git gave up; git itself says of no ref what became of it then. Hooks may speak
/// on either stream.
fn words_of_a_hook(said: &str, told: &str) -> Option<String> {
    let is_gits = |line: &str| line.starts_with("To ") || line.contains('\t') || line == "Done";
    if is_cut(said) || told.lines().any(is_gits) {
        return None;
    }
    let told = sanitize(told);
    let lines = told.lines().chain(said.lines()).map(str::trim);
    let words: Vec<&str> =
        lines.filter(|line| !line.is_empty() && !line.contains("failed to push some refs")).collect();
    (!words.is_empty()).then(|| words.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_where_git_says_nothing_of_any_ref_a_hook_has_spoken() {
        let said = "no secrets\n\nask Ada\nerror: failed to push some refs to '/a'\n";
        assert_eq!(words_of_a_hook(said, "out\n").as_deref(), Some("out; no secrets; ask Ada"));
        assert_eq!(words_of_a_hook("error: failed to push some refs to '/a'\n", ""), None);
        assert_eq!(words_of_a_hook(said, TOLD), None);
        let cut = "Killed\nhooks/x: 3: kill: fatal: the remote end hung up unexpectedly\nNo such process\n";
        assert_eq!(words_of_a_hook(cut, ""), None, "lines of two processes in one");
    }

    const TOLD: &str = "To /a\n*\t1234:refs/experiments/lab/exp-1\t[new reference]\n\
        =\t1234:refs/experiments/lab/exp-2\t[up to date]\n\
        !\t1234:refs/notes/experiments\t[rejected] (fetch first)\n\
        !\t1234:refs/experiments/lab/exp-3\t[remote rejected] (hook declined)\nDone\n";

    #[test]
    fn each_ref_has_its_own_fate() {
        let told = fates(TOLD);
        assert_eq!(told["refs/experiments/lab/exp-1"], Fate::Through);
        assert_eq!(told["refs/experiments/lab/exp-2"], Fate::Through);
        assert_eq!(told["refs/notes/experiments"], Fate::Moved);
        assert_eq!(told["refs/experiments/lab/exp-3"], Fate::Refused("hook declined".into()));
        assert_eq!(told.len(), 4);
    }

    #[test]
    fn of_several_addresses_the_worst_fate_counts() {
        let twice = format!("{TOLD}To /b\n!\t1234:refs/experiments/lab/exp-1\t[remote rejected] (full)\n");
        assert_eq!(fates(&twice)["refs/experiments/lab/exp-1"], Fate::Refused("full".into()));
        let turned = TOLD.replace("!\t1234:refs/notes/experiments\t[rejected] (fetch first)", "")
            + "!\t1:refs/notes/experiments\t[rejected] (fetch first)\n \t1:refs/notes/experiments\t1..2\n";
        assert_eq!(fates(&turned)["refs/notes/experiments"], Fate::Moved);
    }
}
