//! Publishing exactly what was planned: looked at once more, leased, written down before and after.

use anyhow::Result;

use crate::error::{Exit, Fault, fault, tell};
use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::git::sending::{Lease, Sending};
use crate::git::transfer::{Fate, Wire};
use crate::mirror::configured::Mirror;
use crate::mirror::exchange;
use crate::mirror::guard::check::Report;
use crate::mirror::guard::finding::{Finding, Severity};
use crate::mirror::pairs::Pairs;
use crate::mirror::pause::rehearsal::rehearse;
use crate::mirror::policy::file::Approval;
use crate::mirror::strip::tree::Stripper;
use crate::mirror::up::approval;
use crate::mirror::up::ground::Ground;
use crate::mirror::up::kept::{Kept, Stage};
use crate::mirror::up::plan::Plan;
use crate::mirror::up::planning::guard;
use crate::model::upload::{UploadCheck, shown};
use crate::process::fail;

/// So many reasons are told with a refusal.
const TOLD: usize = 5;

/// What a push came to.
#[derive(Debug)]
pub struct Published {
    /// The plan.
    pub plan: Plan,
    /// Who has approved it, where somebody had to.
    pub approved_by: Option<String>,
    /// Whether it was public already: an earlier push of it came through.
    pub was_public: bool,
    /// Why the pairs, by which other clones know what is public, have not gone to the private repository.
    pub unsent: Option<anyhow::Error>,
}

/// Whether anything is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It is.
    Push,
    /// Everything is checked, and nothing is sent or written.
    Look,
}

/// Publishes a plan, and lets the private repository know. Cut short at any point, the same command completes it, with the
/// same commits. `check` is asked about what goes to the private repository.
///
/// # Errors
/// The guard refuses, nobody has approved it, the other side moved meanwhile or refuses: then nothing was published.
pub fn publish(
    repo: &Repo,
    digest: &str,
    deed: Deed,
    wire: &mut Wire,
    check: &dyn UploadCheck,
) -> Result<Published> {
    let mirror = Mirror::needed(repo)?;
    if deed == Deed::Look {
        return rehearse(repo, &mirror, || publish_here(repo, digest, deed, wire));
    }
    let mut published = publish_here(repo, digest, deed, wire)?;
    published.unsent = exchange::send(repo, &mirror, wire, check).err();
    Ok(published)
}

fn publish_here(repo: &Repo, digest: &str, deed: Deed, wire: &mut Wire) -> Result<Published> {
    let mut kept = Kept::find(repo, digest)?;
    refresh(repo, &Mirror::needed(repo)?, wire)?;
    let ground = Ground::look(repo, wire)?;
    let plan = kept.plan.clone();
    let there = repo.advertised(&plan.url, &[&plan.head()], wire.may_ask)?.first().copied().flatten();
    if there == Some(plan.tip) {
        if deed == Deed::Push {
            confirm(&ground, &mut kept)?;
        }
        return Ok(Published { plan, approved_by: None, was_public: true, unsent: None });
    }
    let (report, approved_by) = check(&ground, &kept, there)?;
    if deed == Deed::Look {
        return Ok(Published { plan, approved_by, was_public: false, unsent: None });
    }
    // The hook, which git runs in the push, need not look at all of it again.
    report.remember()?;
    fail::point("up-checked");
    kept.move_to(repo, Stage::Begun)?;
    fail::point("up-begun");
    let lease = plan.lease.map_or(Lease::Absent, Lease::At);
    let sending = [Sending { name: plan.head(), new: plan.tip, lease }];
    let fates = repo.push(&plan.url, &sending, wire)?;
    fail::point("up-pushed");
    match fates.into_iter().next() {
        Some(Fate::Through) => confirm(&ground, &mut kept)?,
        Some(Fate::Refused(why)) => {
            return Err(fault(format!("{} refuses `{}`: {why}", shown(&plan.url), plan.branch))
                .hint(format!("when that is cleared: `gx sync-up --push {}`", &plan.digest[..12]))
                .into());
        }
        Some(Fate::Moved) | None => return Err(moved(&plan)),
    }
    Ok(Published { plan, approved_by, was_public: false, unsent: None })
}

/// Looks after pushes that were cut short: those that came through are recorded. Sentences about those of which nobody
/// answers any more, such as a fork that is gone; they are asked about again with the next plan.
///
/// # Errors
/// A plan cannot be read, or recorded.
pub fn settle(ground: &Ground<'_>, wire: &mut Wire) -> Result<Vec<String>> {
    let mut unknown = Vec::new();
    for mut kept in Kept::begun(ground.repo)? {
        let plan = &kept.plan;
        match ground.repo.advertised(&plan.url, &[&plan.head()], wire.may_ask) {
            Ok(told) if told.first().copied().flatten() == Some(plan.tip) => confirm(ground, &mut kept)?,
            Ok(_) => {}
            Err(error) => unknown.push(format!(
                "whether the push of {} came through cannot be asked: {}",
                &plan.digest[..12],
                tell(&error).message
            )),
        }
    }
    Ok(unknown)
}

/// What the private branch says now decides who may approve, not what was last seen of it here.
///
/// # Errors
/// The private repository cannot be reached.
pub fn refresh(repo: &Repo, mirror: &Mirror, wire: &mut Wire) -> Result<()> {
    let side = &mirror.private;
    match repo.advertised(&side.remote, &[&side.head()], wire.may_ask) {
        Ok(told) if told.first().copied().flatten().is_none() => Ok(()),
        Ok(_) => repo.fetch(&side.remote, &[side.refspec()], wire),
        // Before the first push there may be nothing there to read.
        Err(_)
            if repo.read_ref(&side.tracking())?.is_none() && mirror.policy.approval() == Approval::None =>
        {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Everything that must hold before a push; what the guard has looked at, and who has approved it.
fn check(
    ground: &Ground<'_>,
    kept: &Kept,
    there: Option<crate::model::object::ObjectId>,
) -> Result<(Report, Option<String>)> {
    let plan = &kept.plan;
    if there != plan.lease || ground.public != plan.public {
        return Err(moved(plan));
    }
    if plan.url != ground.destination()? {
        return Err(fault(format!("the plan is for {}, which is not where plans go now", shown(&plan.url)))
            .hint("plan again: `gx sync-up`")
            .into());
    }
    let (repo, mirror) = (ground.repo, &ground.mirror);
    let approved_by = match mirror.policy.approval() {
        Approval::Signed => Some(approval::verify(repo, mirror, &plan.digest)?),
        Approval::None => None,
    };
    if let Some(private) = plan.private {
        let empty = repo.empty_tree()?;
        let left = Stripper::new(repo, &mirror.policy).strip(repo.tree_of(private)?)?.unwrap_or(empty);
        if left != repo.tree_of(plan.tip)? {
            return Err(fault("the policy withholds something else now than when this was planned")
                .hint("plan again: `gx sync-up`")
                .into());
        }
    }
    let reasons = crate::mirror::up::checks::reasons(ground, &kept.commits(), &plan.branch)?;
    let report = guard(ground, plan)?;
    if reasons.is_empty() && report.exit() == Exit::Done {
        return Ok((report, approved_by));
    }
    let exit = if reasons.is_empty() { report.exit() } else { Exit::Blocked };
    let found = report.findings.iter().filter(|finding| finding.severity != Severity::Warning);
    let told = fault("the guard lets this plan pass no more").exit(exit);
    let told = reasons.into_iter().chain(found.map(Finding::line)).take(TOLD).fold(told, Fault::hint);
    Err(told.hint("plan again, which says what to do about it: `gx sync-up`").into())
}

/// Records that a plan is public: its pairs are frozen from now on, and the branch is known here.
fn confirm(ground: &Ground<'_>, kept: &mut Kept) -> Result<()> {
    let (repo, mirror) = (ground.repo, &ground.mirror);
    Pairs::add(repo, &kept.pairs)?;
    fail::point("up-recorded");
    if kept.plan.url == repo.push_url_of(&mirror.public.url)? {
        let name = format!("refs/remotes/{}/{}", mirror.public.remote, kept.plan.branch);
        repo.set_refs(&[Ref { name, target: kept.plan.tip }])?;
    }
    kept.move_to(repo, Stage::Published)
}

fn moved(plan: &Plan) -> anyhow::Error {
    fault(format!("what is public moved since `{}` was planned; nothing was published", &plan.digest[..12]))
        .hint("plan again: `gx sync-up`, and look at the new plan")
        .into()
}
