//! DVC's experiments, which are commits below `refs/exps/<baseline>/<name>`.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::{Value, json};

use crate::error::fault;
use crate::git::dated::Dated;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::record::{Fields, Record};
use crate::model::verdict::{Policy, Verdict, judge};
use crate::process::identity;
use crate::research::dvc::{Files, Values, values};
use crate::research::ranking;
use crate::run::import::{Code, Imported};
use crate::run::runner::Runner;
use crate::run::tag::check_tag;
use crate::store::experiments::Stored;

/// Where DVC keeps its experiments; beside them are its stash and what it is just doing.
const EXPERIMENTS: &str = "refs/exps/";

/// An experiment of DVC's.
struct Found {
    name: String,
    baseline: ObjectId,
    at: Dated,
}

impl Runner<'_> {
    /// Makes an experiment of each of DVC's, oldest first; those that an earlier import brought are left alone.
    ///
    /// DVC has no verdicts: they are found by the policy of now, in the order of the commits' dates.
    ///
    /// # Errors
    /// The repository has no experiments of DVC's.
    pub fn import_dvc(&self, tag: &str) -> Result<Imported> {
        check_tag(tag)?;
        let head = self.repo.head()?;
        let mut all: Vec<Found> =
            self.repo.dated_refs(EXPERIMENTS)?.into_iter().filter_map(Found::of).collect();
        all.sort_by(|a, b| (a.at.committed, &a.name).cmp(&(b.at.committed, &b.name)));
        if all.is_empty() {
            return Err(fault("the repository has no experiments of DVC's")
                .hint("fetch them first: `dvc exp pull --rev HEAD origin`, then `dvc exp list`")
                .into());
        }
        let known = self.dvc_before()?;
        let (old, new): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|found| known.contains(&found.at.target.to_string()));
        let mut count = Imported { skipped: old.len(), ..Imported::default() };
        let new: Vec<(Values, Found)> =
            new.into_iter().map(|found| Ok((self.values_of(&found)?, found))).collect::<Result<_>>()?;
        self.check_metric(&new)?;
        let policy = &self.config.policy;
        let policy = Policy {
            goal: self.config.metric.goal,
            min_delta: policy.min_delta,
            near_miss: policy.near_miss,
        };
        let leaders = self.store.leaders(policy.goal, Some(tag))?;
        let mut best = ranking::own_best(&leaders, tag).map(|best| best.value);
        let mut unread = BTreeSet::new();
        for (values, found) in new {
            let value = values.metrics.get(&self.config.metric.name).and_then(Value::as_f64);
            let verdict = value.map(|value| judge(&policy, value, best));
            if verdict == Some(Verdict::Keep) {
                best = value;
            }
            let code = self.code_of(&found)?;
            let mut fields = self.fields_of(&found, &values, verdict);
            fields.insert("tag".into(), json!(tag));
            fields.insert("hypothesis".into(), json!(code.text));
            self.take_over(&head, &code, fields)?;
            unread.extend(values.unread);
            count.added += 1;
            count.found += 1;
        }
        count.unread = unread.into_iter().collect();
        Ok(count)
    }

    /// The commits that are experiments here already.
    fn dvc_before(&self) -> Result<BTreeSet<String>> {
        let commit = |_: &Stored, record: &Record| {
            let import = record.fields().get("import")?;
            (import.get("from")? == "dvc")
                .then(|| import.get("commit")?.as_str().map(str::to_owned))
                .flatten()
        };
        let mut known = BTreeSet::new();
        self.store.each_record(&commit, &mut |commit| {
            known.extend(commit);
            Ok(())
        })?;
        Ok(known)
    }

    fn values_of(&self, found: &Found) -> Result<Values> {
        let files = self.repo.files(self.repo.tree_of(found.at.target)?)?;
        let paths: Vec<String> = files.iter().map(|(path, _)| path.to_string()).collect();
        let read = |wanted: &str| {
            let is_it = |(path, _): &&(RepoPath, _)| path.to_string() == wanted;
            let Some((_, entry)) = files.iter().find(is_it) else { return Ok(Vec::new()) };
            self.repo.blob(entry.id)
        };
        values(&Files { paths: &paths, read: &read })
    }

    fn code_of(&self, found: &Found) -> Result<Code> {
        // The baseline is the base, whatever commits lie between; DVC's own commit stays reachable as well.
        let parents = if self.repo.has_object(found.baseline) {
            vec![found.baseline, found.at.target]
        } else {
            vec![found.at.target]
        };
        Ok(Code { tree: self.repo.tree_of(found.at.target)?, parents, text: self.words(found)? })
    }

    /// What it was about: the name, and what its author wrote where that isn't DVC's own sentence.
    fn words(&self, found: &Found) -> Result<String> {
        let message = self.repo.message(found.at.target)?;
        let first = message.lines().next().unwrap_or_default().trim();
        let is_own = first.is_empty() || first.starts_with("dvc: commit experiment");
        Ok(if is_own { found.name.clone() } else { format!("{}: {first}", found.name) })
    }

    /// Refuses to take over what would all be without a result.
    fn check_metric(&self, new: &[(Values, Found)]) -> Result<()> {
        let metric = &self.config.metric.name;
        let has =
            |name: &str| new.iter().any(|(values, _)| values.metrics.get(name).is_some_and(Value::is_number));
        if new.is_empty() || has(metric) {
            return Ok(());
        }
        let names: BTreeSet<&String> = new.iter().flat_map(|(values, _)| values.metrics.keys()).collect();
        let told = fault(format!("none of DVC's experiments has the metric `{metric}`"));
        Err(match names.first() {
            Some(first) => {
                let names: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
                told.hint(format!("they have {}", names.join(", ")))
                    .hint(format!("say which one decides: `git config gx.metric.name {first}`"))
            }
            None => told.hint("their `dvc.yaml` names no metrics that are in Git"),
        }
        .into())
    }

    fn fields_of(&self, found: &Found, values: &Values, verdict: Option<Verdict>) -> Fields {
        let metric = &self.config.metric.name;
        let status = verdict.map_or_else(|| "crash".to_owned(), |verdict| verdict.to_string());
        let reason = match verdict {
            Some(_) => "imported".to_owned(),
            None => format!("imported; it has no metric `{metric}`"),
        };
        let value = values.metrics.get(metric).filter(|_| verdict.is_some());
        let kept = (verdict == Some(Verdict::Keep)).then_some(found.at.target);
        let fields = [
            ("status", Some(json!(status))),
            ("reason", Some(json!(reason))),
            ("params", (!values.params.is_empty()).then(|| json!(values.params))),
            ("metric", Some(json!(metric))),
            ("value", value.cloned()),
            ("metrics", Some(json!(values.metrics))),
            ("finished", Some(json!(found.at.committed.to_string()))),
            ("code", Some(json!("found"))),
            ("kept_commit", kept.map(|commit| json!(commit))),
            ("import", Some(json!({"from": "dvc", "name": found.name, "commit": found.at.target}))),
            ("host", Some(json!(identity::host()))),
            ("user", Some(json!(identity::user()))),
            ("gx", Some(json!(env!("CARGO_PKG_VERSION")))),
        ];
        fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }
}

impl Found {
    /// Reads the name of a ref: `refs/exps/ab/cdef…/name`, with the baseline cut after two digits.
    fn of(at: Dated) -> Option<Self> {
        let mut parts = at.name.strip_prefix(EXPERIMENTS)?.splitn(3, '/');
        let (start, rest, name) = (parts.next()?, parts.next()?, parts.next()?);
        let baseline = (start.len() == 2).then(|| format!("{start}{rest}").parse().ok()).flatten()?;
        Some(Self { name: name.to_owned(), baseline, at })
    }
}
