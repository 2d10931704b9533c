//! `gx sync-up`

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::cli::scene::Scene;
use crate::cli::share::{Asking, wire};
use crate::error::{Exit, fault, misuse, tell};
use crate::mirror::configured::Mirror;
use crate::mirror::pause::rehearsal::rehearse;
use crate::mirror::policy::file::Up;
use crate::mirror::up::approval;
use crate::mirror::up::ground::Ground;
use crate::mirror::up::kept::Kept;
use crate::mirror::up::proposal;
use crate::mirror::up::publish::{Deed, publish, refresh, settle};
use crate::mirror::up::stop::{self, Came};
use crate::mirror::up::wanted::{Change, Wanted};
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::summary::Summary;
use crate::report::sync_up::{Approved, Planned as Answer, Published};
use crate::ui::commit_bar::CommitBar;
use crate::ui::style::Label;

/// Plan what goes to the public repository, without what is private; publish a plan with --push
///
/// A plan shows the commits, files, messages and names that would be public, and what is withheld and why. Nothing is
/// sent until gx sync-up --push DIGEST, which sends exactly that. Ends with 3 where the guard or the policy refuses, and
/// with 1 where somebody has to resolve conflicts: in a work tree made for that, then gx sync continue.
#[derive(Debug, Args)]
pub struct SyncUp {
    /// Commits, ranges such as main..topic, or experiments; of an experiment, its change against its base
    what: Vec<String>,
    /// Each change as a commit of its own on the public tip, the whole branch without what is private, or one commit
    #[arg(long, value_enum)]
    mode: Option<Mode>,
    /// What the commit says in public
    #[arg(long, short)]
    message: Option<String>,
    /// What the branch is to be called there (default: the public branch for a whole branch, else made of the message)
    #[arg(long)]
    branch: Option<String>,
    /// Put the changes on this public commit instead of the public tip
    #[arg(long)]
    onto: Option<String>,
    /// Publish the plan of this digest
    #[arg(long, value_name = "DIGEST", conflicts_with_all = ["what", "mode", "message", "branch", "onto"])]
    push: Option<String>,
    /// Open a pull request for it with the gh program
    #[arg(long, requires = "push")]
    open_pr: bool,
    /// Sign the plan of this digest, for others to publish it
    #[arg(long, value_name = "DIGEST", conflicts_with_all = ["what", "mode", "message", "branch", "onto", "push"])]
    approve: Option<String>,
    /// Sign with this key
    #[arg(long, requires = "approve")]
    key: Option<PathBuf>,
    /// Take this signature, made by ssh-keygen -Y sign -n gx-approval
    #[arg(long, requires = "approve", conflicts_with = "key")]
    signature: Option<PathBuf>,
    /// Show and check everything, keep and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// How changes go up.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mode {
    /// Each change as a commit of its own
    Pick,
    /// The whole branch without what is private
    Strip,
    /// All in one commit
    Squash,
}

impl SyncUp {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        match (&self.push, &self.approve) {
            (Some(digest), _) => self.publish(scene, digest),
            (None, Some(digest)) => self.approve(scene, digest),
            (None, None) => self.plan(scene),
        }
    }

    fn plan(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let came = match self.dry_run {
            true => rehearse(repo, &Mirror::needed(repo)?, || self.look(scene))?,
            false => self.look(scene)?,
        };
        show(scene, &Answer::came(&came, self.dry_run), &came)
    }

    fn look(&self, scene: &Scene) -> Result<Came> {
        let repo = &scene.lab.repo;
        let mut wire = wire(scene);
        let mut ground = Ground::look(repo, &mut wire)?;
        if !self.dry_run {
            for told in settle(&ground, &mut wire)? {
                scene.output.note("warning", Label::Near, &told);
            }
            ground.reload()?;
        }
        let wanted = self.wanted(scene, &ground)?;
        let mut bar = CommitBar::default();
        let hear = &mut |done, total| bar.show(done, total);
        // The lines on the terminal go before the answer comes.
        match self.dry_run {
            true => stop::look(&ground, &wanted, &mut wire, hear),
            false => stop::begin(&ground, wanted, &mut wire, hear),
        }
    }

    fn wanted(&self, scene: &Scene, ground: &Ground<'_>) -> Result<Wanted> {
        let mode = self.mode.map(|mode| match mode {
            Mode::Pick => Up::Pick,
            Mode::Strip => Up::Strip,
            Mode::Squash => Up::Squash,
        });
        let is_strip = mode.unwrap_or_else(|| ground.mirror.policy.up()) == Up::Strip;
        let commit = |text: &str| commit(scene, text);
        let onto = self.onto.as_deref().map(commit).transpose()?;
        let (mut changes, mut branch_tip) = (Vec::new(), None);
        if is_strip {
            if self.what.len() > 1 {
                return Err(misuse("one branch is stripped at a time").into());
            }
            branch_tip = self.what.first().map(|text| commit(text)).transpose()?;
        } else {
            for text in &self.what {
                match text.split_once("..") {
                    Some(ends) => changes.extend(range(scene, text, ends)?),
                    None => changes.push(change(scene, text)?),
                }
            }
        }
        let (message, branch) = (self.message.clone(), self.branch.clone());
        Ok(Wanted { changes, branch_tip, mode, message, branch, onto, decisions: Vec::new() })
    }

    fn publish(&self, scene: &Scene, digest: &str) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let deed = if self.dry_run { Deed::Look } else { Deed::Push };
        let mut wire = wire(scene);
        let published = publish(repo, digest, deed, &mut wire, &Asking::new(scene))?;
        drop(wire);
        if let Some(error) = &published.unsent {
            let told = tell(error).message;
            let told = format!("other clones do not know it yet ({told}); `gx sync-down` sends it");
            scene.output.note("warning", Label::Near, &told);
        }
        let mut answer = Published::of(&published, self.dry_run);
        if self.open_pr && !self.dry_run {
            let mirror = Mirror::needed(repo)?;
            answer.pull_request =
                Some(proposal::open(&published.plan, &mirror.public.url, &mirror.public.branch)?);
        }
        scene.output.show(&answer)?;
        Ok(Exit::Done)
    }

    fn approve(&self, scene: &Scene, digest: &str) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let (plan, mirror) = (Kept::find(repo, digest)?.plan, Mirror::needed(repo)?);
        if !self.dry_run {
            refresh(repo, &mirror, &mut wire(scene))?;
        }
        let sign = |key: &Path| approval::sign(repo, &mirror, &plan.digest, key);
        let approved_by = match (&self.signature, &self.key) {
            _ if self.dry_run => None,
            (Some(file), _) => Some(approval::take(repo, &mirror, &plan.digest, &scene.dir.join(file))?),
            (None, Some(key)) => Some(sign(&scene.dir.join(key))?),
            (None, None) => {
                let key = repo.setting("user.signingKey").ok_or_else(|| {
                    fault("no key to sign with is named").hint("name one: `--key ~/.ssh/id_ed25519`")
                })?;
                Some(sign(Path::new(&key))?)
            }
        };
        scene.output.show(&Approved::of(&plan, approved_by))?;
        Ok(Exit::Done)
    }
}

/// Shows what came of planning; the exit code.
///
/// # Errors
/// Nobody reads it.
pub fn show(scene: &Scene, answer: &Answer, came: &Came) -> Result<Exit> {
    scene.output.show(answer)?;
    Ok(match came {
        Came::Planned(planned) => planned.exit(),
        Came::Stopped(_) => Exit::Failed,
    })
}

/// What an argument means: an experiment, or a commit against its first parent.
fn change(scene: &Scene, text: &str) -> Result<Change> {
    let repo = &scene.lab.repo;
    if text.parse::<ExperimentId>().is_err() {
        let tip = commit(scene, text)?;
        return Ok(Change { name: text.to_owned(), tip, base: repo.parents(tip)?.first().copied() });
    }
    let stored = scene.resolve(text)?;
    let base = repo.parents(stored.snapshot)?.first().copied();
    // What was kept is the change alone; the snapshot holds besides what merely lay around.
    let kept = Summary::of(&scene.store().record(stored.snapshot)?).kept_commit;
    let kept = kept.and_then(|kept| kept.parse::<ObjectId>().ok()).filter(|kept| repo.has_object(*kept));
    let is_after =
        |kept: &ObjectId| base.is_some_and(|base| repo.is_ancestor(base, *kept).unwrap_or_default());
    let tip = kept.filter(is_after).unwrap_or(stored.snapshot);
    Ok(Change { name: stored.id.to_string(), tip, base })
}

/// The commits of a range such as `main..topic`, each a change of its own, parents first.
fn range(scene: &Scene, text: &str, (from, to): (&str, &str)) -> Result<Vec<Change>> {
    if to.starts_with('.') {
        return Err(misuse(format!("`{text}` has two sides, and it is not clear which is to go up"))
            .hint("name the commits of one side: `FROM..TO`")
            .into());
    }
    let repo = &scene.lab.repo;
    let end = |name: &str| commit(scene, if name.is_empty() { "HEAD" } else { name });
    let commits = repo.commits_between(&[end(to)?], &[end(from)?])?;
    if commits.is_empty() {
        return Err(misuse(format!("there is no commit in `{text}`")).into());
    }
    let change =
        |tip: ObjectId| Ok(Change { name: tip.short(), tip, base: repo.parents(tip)?.first().copied() });
    commits.into_iter().map(change).collect()
}

fn commit(scene: &Scene, text: &str) -> Result<ObjectId> {
    scene.lab.repo.revision(text).ok_or_else(|| {
        fault(format!("`{text}` is neither a commit nor an experiment"))
            .hint("look at what there is: `git log --oneline`, or `gx ls`")
            .into()
    })
}
