//! `gx guard`: what may not leave, where it is, and what is to be done about it.

use std::collections::HashSet;

use serde::Serialize;

use crate::error::Exit;
use crate::mirror::guard::ask::Asked;
use crate::mirror::guard::destination::{Class, Destination};
use crate::mirror::guard::finding::{self, Severity};
use crate::mirror::guard::rules::list::RULES;
use crate::mirror::hook::alarm::Alarm;
use crate::model::object::ObjectId;
use crate::model::path::RepoPath;
use crate::model::upload::shown;

/// What it comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It may leave.
    #[default]
    Passed,
    /// Something may not leave.
    Blocked,
    /// Something could not be looked at.
    Unchecked,
}

/// The answer of `gx guard check`, `scan`, `audit`, `ci` and of the hooks.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Guard {
    /// What it comes to.
    pub verdict: Verdict,
    /// Where it would go; none where only files were looked at.
    pub places: Vec<Place>,
    /// How many refs were looked at.
    pub refs: usize,
    /// How many commits.
    pub commits: usize,
    /// How many blobs or files.
    pub blobs: usize,
    /// Pushes that the guard was not asked about.
    pub alarms: Vec<Alarm>,
    /// How many findings somebody has let pass.
    pub allowed: usize,
    /// How many findings there were beyond those that are told.
    pub more: usize,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
    /// What to do next.
    pub next: Option<String>,
}

/// An address.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    /// The remote's name, or the address where there is none.
    pub remote: String,
    /// The address, without a password in it.
    pub url: String,
    /// Whether somebody has declared it private.
    pub is_private: bool,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// What the rule is called.
    pub name: &'static str,
    /// Whether it stops the upload.
    pub severity: Severity,
    /// What was found.
    pub what: String,
    /// The path, quoted as Git does; in an archive with `!` and the name inside.
    pub path: Option<String>,
    /// The path itself, for forms that quote in ways of their own.
    #[serde(skip)]
    pub raw_path: Option<RepoPath>,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The first commit that has it.
    pub commit: Option<ObjectId>,
    /// The blob, tag or tree.
    pub object: Option<ObjectId>,
    /// The ref of the other side.
    pub target: Option<String>,
    /// What it says there, the secret blanked out.
    pub excerpt: Option<String>,
    /// What `gx guard allow` takes.
    pub fingerprint: String,
    /// What to do about it.
    pub remedies: Vec<String>,
}

impl Guard {
    /// What the guard said of one or several addresses.
    pub fn of(asked: &[Asked]) -> Self {
        let (mut answer, mut known) = (Self::default(), HashSet::new());
        for one in asked {
            answer.places.push(Place::of(&one.destination));
            answer.refs = answer.refs.max(one.refs);
            answer.commits = answer.commits.max(one.report.commits);
            answer.blobs = answer.blobs.max(one.report.blobs);
            answer.more = answer.more.max(one.report.uncounted);
            answer.allowed = answer.allowed.max(one.report.allowed.len());
            let found = one.report.findings.iter().map(Finding::of);
            answer.findings.extend(found.filter(|finding| known.insert(finding.clone())));
        }
        answer.judged()
    }

    /// What was found in files on the disk, and in how many.
    pub fn of_files(looked: &(usize, Vec<finding::Finding>)) -> Self {
        let findings = looked.1.iter().map(Finding::of).collect();
        Self { blobs: looked.0, findings, ..Self::default() }.judged()
    }

    /// The same with a verdict, and with what to do next.
    pub fn judged(mut self) -> Self {
        self.findings.sort_by_key(|finding| match finding.severity {
            Severity::Blocked => 0,
            Severity::Unchecked => 1,
            Severity::Warning => 2,
        });
        self.verdict = match self.findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Unchecked) => Verdict::Unchecked,
            Some(Severity::Blocked) => Verdict::Blocked,
            Some(Severity::Warning) | None => Verdict::Passed,
        };
        let first = self.findings.first().filter(|finding| finding.severity == Severity::Blocked);
        self.next = first.map(|one| next(one.rule, &one.fingerprint));
        self
    }

    /// The exit code that says it.
    pub fn exit(&self) -> Exit {
        match self.verdict {
            Verdict::Passed => Exit::Done,
            Verdict::Unchecked => Exit::Unchecked,
            Verdict::Blocked => Exit::Blocked,
        }
    }
}

/// What to do about a finding: the page of its rule, or an exception.
pub fn next(rule: &str, fingerprint: &str) -> String {
    format!("gx guard rules {rule}   (to let it pass: gx guard allow {fingerprint} --reason WHY)")
}

impl Place {
    fn of(destination: &Destination) -> Self {
        Self {
            remote: shown(&destination.name),
            url: shown(&destination.url),
            is_private: destination.class == Class::Private,
        }
    }
}

impl Finding {
    /// A finding as it is told.
    pub fn of(finding: &finding::Finding) -> Self {
        let spot = &finding.spot;
        let fingerprint = finding.fingerprint();
        let filled = |remedy: &String| remedy.replace("FINGERPRINT", &fingerprint);
        Self {
            rule: finding.rule,
            name: RULES.iter().find(|rule| rule.id == finding.rule).map_or("", |rule| rule.name),
            severity: finding.severity,
            what: finding.what.clone(),
            path: spot.path.as_ref().map(RepoPath::c_quoted),
            raw_path: spot.path.clone(),
            line: spot.line,
            commit: spot.commit,
            object: spot.object,
            target: spot.target.clone(),
            excerpt: finding.excerpt.clone(),
            remedies: finding.remedies.iter().map(filled).collect(),
            fingerprint,
        }
    }
}

/// The answer of `gx guard install`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Installed {
    /// The folder of the hooks.
    pub folder: String,
    /// What became of each.
    pub hooks: Vec<Hook>,
    /// Whether a push asks the guard: proved by one; nothing where the hooks were taken out.
    pub fires: Option<bool>,
    /// Whether a push that goes by the guard is noticed: proved by a ref that was moved; nothing where the hooks were
    /// taken out.
    pub hears: Option<bool>,
    /// Why not, or what else is worth knowing.
    pub notes: Vec<String>,
    /// What to do next.
    pub next: Option<String>,
}

/// A hook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hook {
    /// What it is called.
    pub hook: &'static str,
    /// What was done.
    pub done: &'static str,
    /// Where the hook is that runs after it.
    pub chained: Option<String>,
}

/// The answer of `gx guard rules`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rules {
    /// By their ids.
    pub rules: Vec<Rule>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it looks for.
    pub about: String,
    /// Its page; only where it was asked for.
    pub page: Option<String>,
}
