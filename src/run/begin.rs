//! The beginning of an experiment: snapshot, claim, and the record that says `running`.

use std::cell::OnceCell;
use std::env;
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use crate::clock::Timestamp;
use crate::config::globs::Globs;
use crate::config::schema::Snapshot as Rules;
use crate::config::units::show_size;
use crate::error::{fault, misuse};
use crate::git::object::NewCommit;
use crate::git::repo::Head;
use crate::git::snapshot::Snapshot;
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::record::{Fields, Record, VERSION};
use crate::model::status::Status;
use crate::process::identity;
use crate::process::{fail, find, interrupt};
use crate::run::begun::Begun;
use crate::run::event::{Event, Listener};
use crate::run::runner::{Given, Request, Runner};
use crate::run::scope::{Found, Ground};
use crate::run::task::{Start, substituted};
use crate::run::{environment, mark, seal};
use crate::store::aside::Aside;
use crate::store::pending::{Mode, Pending};

impl Runner<'_> {
    /// Takes the snapshot, claims a number and writes the first line of the record, each durably.
    pub(super) fn begin(&self, start: Start<'_>, listen: &mut Listener<'_>) -> Result<Begun> {
        let since = SystemTime::now();
        let command = self.checked_command(start)?;
        let mut head = self.repo.head()?;
        self.repo.check_idle()?;
        let left_behind = self.ground(&head)?;
        head.commit = left_behind.unwrap_or(head.commit);
        let tag = self.tag(start.request.tag.as_deref(), &head)?;
        self.warn_of_made_up_author(listen);
        let found = match start.given {
            Some(Given { scope, others }) => {
                Found { scope: scope.clone(), others: others.clone(), left_out: Vec::new() }
            }
            None => self.found(&head, &self.snapshot(&head, listen)?, &tag)?,
        };
        if interrupt::count() > 0 {
            return Err(fault("interrupted").into());
        }
        let others = found.others.clone();
        let pending = self.pending(start, command, found, &tag)?;
        fail::point("snapshot");
        let held = self.store.announce(pending)?;
        if held.pending.is_isolated() {
            // Whoever starts it after a reboot has another environment.
            let variables: Vec<_> = env::vars_os().collect();
            held.aside().write_whole(Aside::ENVIRONMENT, &variables)?.sync()?;
        }
        fail::point("announced");
        let id = self.store.claim(held.pending.snapshot)?;
        fail::point("claimed");
        let begun = self.record_begin(&held.pending, &id);
        begun.with_context(|| format!("{id} has its number, but nothing could be begun"))?;
        fail::point("recorded");
        if held.pending.external {
            held.aside().mark(Aside::BEGUN)?;
        }
        Ok(Begun { held, id, others, since })
    }

    /// The words to run, parameters put in; none where the agent does it.
    fn checked_command(&self, start: Start<'_>) -> Result<Vec<String>> {
        let Start { request, job, .. } = start;
        if request.hypothesis.trim().is_empty() {
            return Err(misuse("the hypothesis is empty")
                .hint("say in a sentence what is tried and why")
                .into());
        }
        let command = substituted(job.map(|job| &job.command[..]).unwrap_or_default(), &request.params);
        if let (Some(job), Some(program)) = (job, command.first()) {
            find::program(program.as_ref(), &job.dir)?;
        }
        Ok(command)
    }

    fn warn_of_made_up_author(&self, listen: &mut Listener<'_>) {
        let author = self.repo.author();
        if author.is_made_up {
            listen(Event::Warning(format!(
                "Git knows no user.name; commits are by {} <{}>",
                author.name, author.email
            )));
        }
    }

    /// Everything that another process needs to finish the run, the snapshot written.
    fn pending(&self, start: Start<'_>, command: Vec<String>, found: Found, tag: &str) -> Result<Pending> {
        let (request, uuid) = (start.request, uuid());
        let mut begin = self.fields(request, &found, tag)?;
        start.tell(&command, &mut begin);
        let snapshot = self.snapshot_commit(request, &found, &uuid)?;
        begin.insert("uuid".into(), json!(uuid));
        begin.insert("snapshot".into(), json!(snapshot));
        begin.insert("left_out".into(), json!(found.left_out));
        Ok(Pending {
            uuid,
            machine: identity::machine_id(),
            worktree: self.repo.worktree_name(),
            external: start.job.is_none(),
            leave: request.leave,
            snapshot,
            begin,
            scope: found.scope,
            task: start.job.map(|job| self.task(start, job, command)).transpose()?,
            settings: self.settings.chosen(),
        })
    }

    /// Writes the first line of a record, which is known to be empty; also for a run that was killed before it could.
    pub(super) fn record_begin(&self, pending: &Pending, id: &ExperimentId) -> Result<()> {
        let mut fields = Fields::new();
        fields.insert("v".into(), json!(VERSION));
        fields.insert("id".into(), json!(id));
        fields.extend(pending.begin.clone());
        self.store.append_after(&Record::default(), pending.snapshot, fields)
    }

    fn snapshot(&self, head: &Head, listen: &mut Listener<'_>) -> Result<Snapshot> {
        let snapshot = self.repo.snapshot(head.commit, &leave_out(&self.config.snapshot))?;
        for out in &snapshot.left_out {
            listen(Event::Warning(format!("`{}` is not in the snapshot: {}", out.path, out.why)));
        }
        Ok(snapshot)
    }

    fn found(&self, head: &Head, snapshot: &Snapshot, tag: &str) -> Result<Found> {
        let editable = Globs::new(&self.config.run.editable)?;
        let ground =
            Ground { repo: self.repo, head, snapshot, mark: mark::read(self.repo)?, editable: &editable };
        let mut found = ground.scope(&|| self.last_kept(tag, head.commit))?;
        if head.commit != self.repo.head()?.commit {
            found.scope.tip = Some(head.reference().to_owned());
            found.scope.tip_at = Some(self.repo.head()?.commit);
        }
        if head.branch_name().is_none() && self.repo.has_branch(&format!("autoresearch/{tag}"))? {
            let tip = format!("refs/heads/autoresearch/{tag}");
            found.scope.tip_at = self.repo.read_ref(&tip)?;
            found.scope.tip = Some(tip);
        }
        Ok(found)
    }

    /// The newest kept commit of the tag that HEAD descends from.
    fn last_kept(&self, tag: &str, head: ObjectId) -> Result<Option<ObjectId>> {
        let kept = self.store.newest_kept(tag, &mut |kept| match kept.parse() {
            Ok(kept) => self.repo.is_ancestor(kept, head),
            Err(_) => Ok(false),
        })?;
        kept.map(|kept| kept.parse()).transpose()
    }

    fn fields(&self, request: &Request, found: &Found, tag: &str) -> Result<Fields> {
        let scope = &found.scope;
        let against = request.against.as_deref().map(|text| self.revision(text)).transpose()?;
        let compared = self.repo.tree_of(against.unwrap_or(scope.base))?;
        let params: Fields =
            request.params.iter().map(|(name, value)| (name.clone(), number_or_text(value))).collect();
        let mut fields = Fields::new();
        let mut set = |key: &str, value: Value| fields.insert(key.to_owned(), value);
        set("tag", json!(tag));
        set("status", json!(Status::Running));
        set("hypothesis", json!(request.hypothesis.trim()));
        if let Some(description) = &request.description {
            set("description", json!(description));
        }
        if let Some(category) = &request.category {
            set("category", json!(category));
        }
        if !params.is_empty() {
            set("params", Value::Object(params));
        }
        set("mode", json!(scope.mode));
        set("base", json!(scope.base));
        if let Some(against) = against {
            set("against", json!(against));
        }
        set("branch", json!(scope.reference));
        set("started", json!(Timestamp::now().to_string()));
        set("host", json!(identity::host()));
        set("user", json!(identity::user()));
        set("gx", json!(env!("CARGO_PKG_VERSION")));
        set("metric", json!(self.config.metric.name));
        set("env", Value::Object(environment::capture(unicode_environment())));
        set("diffstat", json!(self.repo.diffstat(compared, scope.tree, Some(&scope.candidates))?));
        set("changed", json!(scope.candidates));
        set("dirty", json!(found.others));
        set("protected", Value::Object(seal::hashes(self.repo, scope.tree, &self.config.run.protected)?));
        Ok(fields)
    }

    fn revision(&self, text: &str) -> Result<ObjectId> {
        if let Ok(id) = text.parse::<ExperimentId>() {
            return Ok(self.store.resolve(&id.to_string())?.snapshot);
        }
        self.repo.revision(text).ok_or_else(|| {
            fault(format!("`{text}` names no commit")).hint("name a branch, a commit or an experiment").into()
        })
    }

    fn snapshot_commit(&self, request: &Request, found: &Found, uuid: &str) -> Result<ObjectId> {
        let scope = &found.scope;
        let mut parents = vec![scope.base];
        if scope.mode == Mode::Committed {
            parents.push(scope.head);
        }
        let description = request.description.as_ref().map(|text| format!("{text}\n\n")).unwrap_or_default();
        let message = format!("{}\n\n{description}Gx-Uuid: {uuid}\n", request.hypothesis.trim());
        let new = NewCommit { tree: scope.tree, parents: &parents, message: &message, at: Timestamp::now() };
        let commit = self.repo.write_commit(&new).context("cannot write the snapshot")?;
        self.repo.sync_objects(&[commit])?;
        Ok(commit)
    }
}

/// The rule by which untracked files stay out of snapshots: secrets, and what is too large.
pub(super) fn leave_out(rules: &Rules) -> impl Fn(&RepoPath, u64) -> Option<String> {
    // Made when there is a file to ask about: it takes longer than the rest of a snapshot without any.
    let never = OnceCell::new();
    move |path: &RepoPath, size: u64| match never.get_or_init(|| Globs::new(&rules.never)) {
        Ok(never) if never.matches(path.as_bytes()) => {
            Some("it looks like a secret (`snapshot.never`)".to_owned())
        }
        Ok(_) => {
            (size > rules.max_file).then(|| format!("{} is more than `snapshot.max_file`", show_size(size)))
        }
        // Settings are checked when they are read; should one pass, nothing is let through.
        Err(error) => Some(format!("`snapshot.never` {error}")),
    }
}

fn number_or_text(text: &str) -> Value {
    text.parse::<serde_json::Number>().map_or_else(|_| json!(text), Value::Number)
}

fn unicode_environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// A random name (RFC 9562, version 4).
pub(super) fn uuid() -> String {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|error| anyhow!("no randomness: {error}"))
        .expect("the system has randomness");
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_placeholders_are_filled_in() {
        let command = ["--lr={lr}", "{\"a\":{b}}", "{}"].map(str::to_owned);
        let filled = substituted(&command, &[("lr".into(), "3e-4".into())]);
        assert_eq!(filled, ["--lr=3e-4", "{\"a\":{b}}", "{}"]);
    }
}
