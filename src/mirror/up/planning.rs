//! Making a plan: build, describe, look at it as the guard does, and keep it.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::error::{Exit, fault, misuse};
use crate::git::transfer::Wire;
use crate::mirror::guard::check::{Report, check_beyond};
use crate::mirror::guard::destination::Destination;
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::update::Update;
use crate::mirror::policy::file::{Approval, Up};
use crate::mirror::policy::terms::Policy;
use crate::mirror::strip::history::Hear;
use crate::mirror::up::build::build;
use crate::mirror::up::checks;
use crate::mirror::up::describe::describe;
use crate::mirror::up::ground::Ground;
use crate::mirror::up::kept::Kept;
use crate::mirror::up::offer::{Built, Offer, Outcome, Withheld};
use crate::mirror::up::plan::{Mode, Plan};
use crate::mirror::up::proposal;
use crate::mirror::up::wanted::{Clash, Wanted};
use crate::model::object::ObjectId;
use crate::model::upload::shown;

/// What came of planning.
#[derive(Debug)]
pub struct Planned {
    /// The plan; nothing where there is nothing to publish.
    pub plan: Option<Plan>,
    /// What stays private, where there is no plan that says so.
    pub withheld: Vec<Withheld>,
    /// Why it may not be published.
    pub reasons: Vec<String>,
    /// What somebody should look at.
    pub cautions: Vec<String>,
    /// What the guard found.
    pub report: Report,
    /// Who must have agreed before it is published.
    pub approval: Approval,
    /// Whether it could not look, in a clone that has left files on the other side.
    pub lacks_files: bool,
    /// How long it took to build what would be published.
    pub build: Duration,
    /// How long it took to look at it.
    pub look: Duration,
}

impl Planned {
    /// What the command ends with.
    pub fn exit(&self) -> Exit {
        if self.reasons.is_empty() { self.report.exit() } else { Exit::Blocked.max(self.report.exit()) }
    }
}

/// What came of trying to plan.
#[derive(Debug)]
pub enum Attempt {
    /// There is something to look at.
    Planned(Box<Planned>),
    /// Somebody has to decide first.
    Clash(Box<Clash>),
}

/// Whether a plan is kept for a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It is.
    Yes,
    /// It is only shown.
    No,
}

/// Plans; what is blocked is not kept, so that nobody can push it.
///
/// # Errors
/// It cannot be built, or the other side cannot be reached.
pub fn plan(
    ground: &Ground<'_>,
    wanted: &Wanted,
    keep: Keep,
    wire: &mut Wire,
    hear: &mut Hear<'_>,
) -> Result<Attempt> {
    let mode = wanted.mode.unwrap_or_else(|| ground.mirror.policy.up());
    let began = Instant::now();
    let built = match build(ground, wanted, mode, hear)? {
        Outcome::Built(built) => built,
        Outcome::Clash(clash) => return Ok(Attempt::Clash(Box::new(clash))),
    };
    plan_built(ground, wanted, keep, wire, Work { built, mode, began })
        .map(|planned| Attempt::Planned(Box::new(planned)))
}

/// What was built, how, and since when.
struct Work {
    built: Built,
    mode: Up,
    began: Instant,
}

fn plan_built(
    ground: &Ground<'_>,
    wanted: &Wanted,
    keep: Keep,
    wire: &mut Wire,
    work: Work,
) -> Result<Planned> {
    let Work { built, mode, began } = work;
    let (took, began) = (began.elapsed(), Instant::now());
    let Some(tip) = built.tip else {
        return Ok(Planned {
            plan: None,
            withheld: built.withheld,
            reasons: Vec::new(),
            cautions: Vec::new(),
            report: Report::default(),
            approval: Approval::None,
            lacks_files: false,
            build: took,
            look: Duration::ZERO,
        });
    };
    let commits = commits(&built);
    let plan = describe_plan(ground, wanted, mode, wire, &Content { built: &built, tip, commits: &commits })?;
    let reasons = checks::reasons(ground, &commits, &plan.branch)?;
    let cautions = checks::cautions(ground, &commits)?;
    let report = guard(ground, &plan)?;
    let lacks_files = report.exit() == Exit::Unchecked && ground.repo.is_partial()?;
    let (plan, withheld, look) = (Some(plan), Vec::new(), began.elapsed());
    let approval = ground.mirror.policy.approval();
    let planned =
        Planned { plan, withheld, reasons, cautions, report, approval, lacks_files, build: took, look };
    if keep == Keep::Yes
        && planned.exit() == Exit::Done
        && let Some(plan) = &planned.plan
    {
        Kept::write(ground.repo, plan, &built)?;
    }
    Ok(planned)
}

/// What a plan is about.
struct Content<'a> {
    built: &'a Built,
    tip: ObjectId,
    commits: &'a [ObjectId],
}

/// The plan of what was built, with its digest.
fn describe_plan(
    ground: &Ground<'_>,
    wanted: &Wanted,
    mode: Up,
    wire: &mut Wire,
    content: &Content<'_>,
) -> Result<Plan> {
    let Content { built, tip, commits } = *content;
    let is_whole = wanted.changes.is_empty();
    let offers = describe(ground, built)?;
    let url = ground.destination()?;
    let branch = branch_name(ground, wanted, is_whole, &offers)?;
    let lease = lease(ground, &url, &branch, tip, wire)?;
    let (title, body) = proposal::words(&offers, built.pairs.len());
    let mode = match mode {
        Up::Pick => Mode::Pick,
        Up::Strip => Mode::Strip,
        Up::Squash => Mode::Squash,
    };
    let mut plan = Plan {
        digest: String::new(),
        mode,
        url,
        branch,
        lease,
        public: ground.public,
        private: is_whole.then(|| built.pairs.last().map(|(private, _)| *private)).flatten(),
        tip,
        count: commits.len(),
        offers,
        withheld: built.withheld.clone(),
        title,
        body,
    };
    plan.digest = plan.digest_of(commits);
    Ok(plan)
}

/// What the guard says of the push of a plan. What everybody can read already, as the other side has just said, is not
/// looked at again.
///
/// # Errors
/// The guard cannot look.
pub fn guard(ground: &Ground<'_>, plan: &Plan) -> Result<Report> {
    let repo = ground.repo;
    let destination = Destination::of(repo, &plan.url, &plan.url)?;
    let update =
        Update { source: plan.tip.to_string(), new: Some(plan.tip), target: plan.head(), old: plan.lease };
    let policy = Policy::of(repo, &[plan.tip])?;
    let out = [ground.public, plan.lease].into_iter().flatten().filter(|id| repo.has_object(*id));
    let out: Vec<ObjectId> = out.collect();
    check_beyond(repo, &destination, &[update], &policy, (&Limits::none(), &out))
}

fn commits(built: &Built) -> Vec<ObjectId> {
    let mut commits: Vec<ObjectId> = built.pairs.iter().map(|(_, public)| *public).collect();
    commits.dedup();
    commits
}

fn branch_name(ground: &Ground<'_>, wanted: &Wanted, is_whole: bool, offers: &[Offer]) -> Result<String> {
    let name = match &wanted.branch {
        Some(given) => given.clone(),
        None if is_whole => ground.mirror.public.branch.clone(),
        None => proposal::branch(offers),
    };
    if !ground.repo.is_branch_name(&name) {
        return Err(misuse(format!("`{name}` cannot be the name of a branch")).into());
    }
    Ok(name)
}

/// What the branch is over there; it may only move on, but for what was published from here before.
fn lease(
    ground: &Ground<'_>,
    url: &str,
    branch: &str,
    tip: ObjectId,
    wire: &mut Wire,
) -> Result<Option<ObjectId>> {
    let name = format!("refs/heads/{branch}");
    let there = ground.repo.advertised(url, &[&name], wire.may_ask)?.first().copied().flatten();
    let Some(there) = there else { return Ok(None) };
    if ground.repo.is_ancestor(there, tip)? || ground.pairs.private_of(there).is_some() {
        return Ok(Some(there));
    }
    Err(fault(format!(
        "`{branch}` is at {} on {} already, and this does not go on from there",
        there.short(),
        shown(url)
    ))
    .hint("choose another name: `--branch NAME`")
    .hint("or take in what upstream has: `gx sync-down`")
    .into())
}
