//! The list of the checks, and going through it.

use anyhow::Result;

use crate::store::doctor::finding::{Finding, Severity};
use crate::store::doctor::ground::Ground;
use crate::store::doctor::{
    cards, configuration, disk, git, hooks, index, journal, locks, notes, objects, pending, refs, snapshots,
    upkeep, worktrees,
};

/// So many findings of one check are told.
const MOST: usize = 10;

/// One check.
pub struct Check {
    /// What it is called.
    pub id: &'static str,
    /// What is as it should be where it finds nothing.
    pub about: &'static str,
    look: for<'a> fn(&'a Ground<'a>) -> Result<Vec<Finding<'a>>>,
}

/// All of them. The journal before the refs: what it puts back, they need not miss.
pub const CHECKS: &[Check] = &[
    Check { id: "git", about: "git is new enough", look: git::look },
    Check { id: "configuration", about: "Git's settings endanger nothing", look: configuration::look },
    Check { id: "disk", about: "there is room on the disk", look: disk::look },
    Check { id: "locks", about: "no lock was left behind", look: locks::look },
    Check { id: "notes", about: "every record can be read", look: notes::look },
    Check { id: "journal", about: "the notes hold every line of the journal", look: journal::look },
    Check {
        id: "refs",
        about: "every experiment has a record, every record an experiment",
        look: refs::look,
    },
    Check { id: "snapshots", about: "every record is about its own commit", look: snapshots::look },
    Check { id: "index", about: "the index says what the records say", look: index::look },
    Check { id: "objects", about: "git fsck finds every object", look: objects::look },
    Check { id: "runs", about: "every open run is looked after", look: pending::look },
    Check { id: "worktrees", about: "every checkout that Git knows is there", look: worktrees::look },
    Check { id: "hooks", about: "no hook stands in the way", look: hooks::look },
    Check { id: "cards", about: "the cards answer and their locks can be taken", look: cards::look },
    Check {
        id: "upkeep",
        about: "nothing has gathered that should be packed or given up",
        look: upkeep::look,
    },
];

/// What is done about findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// They are told.
    Tell,
    /// What can be put right without taking anything from anybody is put right.
    Fix,
}

/// A finding as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub found: String,
    /// Why it matters.
    pub why: String,
    /// The command that mends it.
    pub command: Option<String>,
    /// What was done about it.
    pub mended: Option<String>,
}

/// What a check came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What it is called.
    pub id: &'static str,
    /// What is as it should be where it found nothing.
    pub about: &'static str,
    /// What it found.
    pub findings: Vec<Told>,
}

impl Check {
    /// Looks, and where asked to, mends; what cannot be looked at is a finding too.
    pub fn run(&self, ground: &Ground<'_>, treatment: Treatment) -> Checked {
        let findings = (self.look)(ground).unwrap_or_else(|error| {
            let found = format!("it could not be looked at: {error:#}");
            vec![Finding::error(found, "what nobody can look at may be broken")]
        });
        let findings = findings.into_iter().map(|finding| tell(finding, treatment)).collect();
        // What it has read of the packs would stay in memory until the end.
        ground.repo.rest();
        Checked { id: self.id, about: self.about, findings: some(findings) }
    }
}

/// The worst of many, and how many more there are.
fn some(mut findings: Vec<Told>) -> Vec<Told> {
    findings.sort_by_key(|told| std::cmp::Reverse(told.severity));
    let more = findings.len().saturating_sub(MOST);
    findings.truncate(MOST);
    if more > 0
        && let Some(last) = findings.last().cloned()
    {
        findings.push(Told { found: format!("and {more} more, such as these"), ..last });
    }
    findings
}

fn tell(finding: Finding<'_>, treatment: Treatment) -> Told {
    let Finding { mut severity, mut found, why, command, fix } = finding;
    let mut mended = None;
    if let (Treatment::Fix, Some(fix)) = (treatment, fix) {
        match fix() {
            Ok(done) => mended = Some(done),
            Err(error) => {
                severity = Severity::Error;
                found = format!("{found}; it could not be mended: {error:#}");
            }
        }
    }
    Told { severity, found, why, command, mended }
}
