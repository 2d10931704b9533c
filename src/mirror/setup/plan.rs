//! What `gx mirror init` would do, worked out before anything is changed.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::error::{misuse, tell};
use crate::git::hooks::Reach;
use crate::git::repo::Repo;
use crate::mirror::guard::destination::canonical;
use crate::mirror::hook::install::is_in;
use crate::mirror::hook::script::HOOKS;
use crate::mirror::keys;
use crate::mirror::policy::file::{File, PATH};
use crate::mirror::policy::sources::file_of;
use crate::mirror::setup::block::with_block;
use crate::mirror::setup::policy;
use crate::mirror::setup::remotes::{Names, is_declared, names};
use crate::model::upload::shown;

/// What a push to the public remote by its name goes to: nowhere, and git's error says what to do instead.
pub const DISABLED: &str = "DISABLED-publish-with-gx-sync-up";

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setup {
    /// Where the public repository lies.
    pub public: String,
    /// Where the private one lies.
    pub private: String,
    /// Where people without the right to write to the public one push to.
    pub fork: Option<String>,
    /// The public branch; else what the policy, then the repository itself, says.
    pub public_branch: Option<String>,
    /// The private branch; else what the policy says, else the public one's name.
    pub private_branch: Option<String>,
}

/// What would be done; nothing of it where all is so already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The two remotes.
    pub names: Names,
    /// Where the public repository lies.
    pub public_url: String,
    /// The branch of the public repository.
    pub public_branch: String,
    /// The branch of the private one.
    pub private_branch: String,
    /// What changes.
    pub changes: Vec<Change>,
    /// What could not be learned, and what is odd.
    pub warnings: Vec<String>,
}

/// One thing that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A setting of this clone gets these values, none where it goes.
    Setting {
        /// Its name.
        key: String,
        /// Its values before.
        before: Vec<String>,
        /// Its values from then on.
        values: Vec<String>,
    },
    /// The private address is declared private, as git resolves it.
    Declare,
    /// The policy file is written into the work tree.
    Policy {
        /// Its text.
        text: String,
    },
    /// The guard is put before every push.
    Hooks,
    /// Secret files are kept out of Git, in this clone's own list of ignored paths.
    Ignore {
        /// The file.
        file: PathBuf,
        /// Its text from then on.
        text: String,
    },
}

impl Setup {
    /// Works it out. The network is asked once, for the name of the public branch, where nobody has said it.
    ///
    /// # Errors
    /// What is asked for makes no sense here.
    pub fn plan(&self, repo: &Repo) -> Result<Plan> {
        repo.check_work_tree()?;
        self.check_words(repo)?;
        let names = names(repo, &self.public, &self.private)?;
        let mut warnings = Vec::new();
        let sync = said(repo)?.sync;
        let public_branch = match self.public_branch.clone().or(sync.public_branch) {
            Some(branch) => branch,
            None => self.learn_branch(repo, &mut warnings),
        };
        let private_branch = self.private_branch.clone().or(sync.private_branch);
        let private_branch = private_branch.unwrap_or_else(|| public_branch.clone());
        let mut plan = Plan {
            names,
            public_url: self.public.clone(),
            public_branch,
            private_branch,
            changes: Vec::new(),
            warnings,
        };
        for (key, values) in self.settings(repo, &plan)? {
            plan.changes.extend(settled(repo, key, values)?);
        }
        if plan.names.is_private_new || !is_declared(repo, &plan.names.private)? {
            plan.changes.push(Change::Declare);
        }
        if !repo.work_dir().join(PATH).exists() {
            let text = policy::text(&plan.public_branch, &plan.private_branch);
            plan.changes.push(Change::Policy { text });
        }
        plan_ignored(repo, &mut plan)?;
        plan_hooks(repo, &mut plan)?;
        if canonical(repo, &self.private).is_none() {
            plan.warnings.push(format!(
                "{} is of a form that cannot be told from others: the guard will take it for public",
                shown(&self.private)
            ));
        }
        warn_of_detours(repo, &mut plan)?;
        Ok(plan)
    }

    fn check_words(&self, repo: &Repo) -> Result<()> {
        for (flag, url) in [
            ("--public", Some(&self.public)),
            ("--private", Some(&self.private)),
            ("--fork", self.fork.as_ref()),
        ] {
            if url.is_some_and(|url| url.trim().is_empty() || url.starts_with('-')) {
                return Err(misuse(format!("{flag} wants the address of a repository")).into());
            }
        }
        for branch in [&self.public_branch, &self.private_branch].into_iter().flatten() {
            if !repo.is_branch_name(branch) {
                return Err(misuse(format!("`{branch}` cannot be the name of a branch")).into());
            }
        }
        Ok(())
    }

    fn learn_branch(&self, repo: &Repo, warnings: &mut Vec<String>) -> String {
        match repo.advertised_branch(&self.public) {
            Ok(Some(branch)) => return branch,
            Ok(None) => warnings.push(format!("{} has no branch yet; taken for `main`", shown(&self.public))),
            Err(error) => {
                let why = tell(&error).message;
                let why = why.lines().next().unwrap_or_default();
                warnings.push(format!(
                    "{} could not be asked for its branch, taken for `main` (else: --public-branch): {why}",
                    shown(&self.public)
                ));
            }
        }
        "main".to_owned()
    }

    /// Every setting, as it is to be.
    fn settings(&self, repo: &Repo, plan: &Plan) -> Result<Vec<(String, Vec<String>)>> {
        let (names, one) = (&plan.names, |value: &str| vec![value.to_owned()]);
        let of = |remote: &str, key: &str| format!("remote.{remote}.{key}");
        let (private, public) = (names.private.as_str(), names.public.as_str());
        let mut settings = Vec::new();
        if repo.local_settings(&of(private, "fetch"))?.is_empty() {
            settings.push((of(private, "fetch"), vec![format!("+refs/heads/*:refs/remotes/{private}/*")]));
        }
        // Before it has an address, so that there is no moment in which a push could go there.
        settings.push((of(public, "pushurl"), one(DISABLED)));
        if names.is_private_new {
            settings.push((of(private, "url"), one(&self.private)));
        }
        if names.is_public_new {
            settings.push((of(public, "url"), one(&self.public)));
        }
        let branch = &plan.public_branch;
        settings.extend([
            (of(public, "fetch"), vec![format!("+refs/heads/{branch}:refs/remotes/{public}/{branch}")]),
            (of(public, "tagOpt"), one("--no-tags")),
            // Neither may send everything there is, by accident.
            (of(public, "mirror"), Vec::new()),
            (of(public, "push"), Vec::new()),
            (of(private, "mirror"), Vec::new()),
            ("remote.pushDefault".to_owned(), one(private)),
            (keys::PRIVATE_REMOTE.to_owned(), one(private)),
            (keys::PRIVATE_BRANCH.to_owned(), one(&plan.private_branch)),
            (keys::PUBLIC_REMOTE.to_owned(), one(public)),
            (keys::PUBLIC_BRANCH.to_owned(), one(branch)),
            (keys::PUBLIC_URL.to_owned(), one(&self.public)),
            (format!("gx.remote.{public}.privateUrl"), Vec::new()),
        ]);
        if let Some(fork) = &self.fork {
            settings.push((keys::FORK_URL.to_owned(), one(fork)));
        }
        Ok(settings)
    }
}

/// What makes a setting so, where it is not: what somebody else has written there is kept under [`keys::REPLACED`] first.
fn settled(repo: &Repo, key: String, values: Vec<String>) -> Result<Vec<Change>> {
    let before = repo.local_settings(&key)?;
    if before == values {
        return Ok(Vec::new());
    }
    let mut changes = Vec::new();
    if !key.starts_with("gx.") {
        let kept = format!("{}.{key}", keys::REPLACED);
        let known = repo.local_settings(&kept)?;
        let is_lost =
            |value: &&String| !values.contains(value) && !known.contains(value) && *value != DISABLED;
        let lost: Vec<String> = before.iter().filter(is_lost).cloned().collect();
        if !lost.is_empty() {
            let values = [known.as_slice(), &lost].concat();
            changes.push(Change::Setting { key: kept, before: known, values });
        }
    }
    changes.push(Change::Setting { key, before, values });
    Ok(changes)
}

/// What a policy that is there already says, committed or not.
fn said(repo: &Repo) -> Result<File> {
    match fs::read_to_string(repo.work_dir().join(PATH)) {
        Ok(text) => return File::read(PATH, &text),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {PATH}")),
    }
    let committed = repo.head().ok().map(|head| file_of(repo, head.commit, "HEAD")).transpose()?.flatten();
    Ok(committed.map(|(_, file)| file).unwrap_or_default())
}

/// The list of ignored paths of this clone: the shared `.gitignore` is the public repository's too, and a change of it
/// would be a difference between the two.
fn plan_ignored(repo: &Repo, plan: &mut Plan) -> Result<()> {
    let file = repo.common_dir().join("info").join("exclude");
    let old = match fs::read(&file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    let Ok(old) = String::from_utf8(old) else {
        plan.warnings.push(format!(
            "{} is no UTF-8 text and stays as it is: ignore secret files yourself, `.env` among them",
            file.display()
        ));
        return Ok(());
    };
    let paths = File::built_in().paths;
    let allowed = paths.except.iter().map(|pattern| format!("!{pattern}"));
    let lines: Vec<String> = paths.never.iter().cloned().chain(allowed).collect();
    let text = with_block(&old, &lines);
    if text != old {
        plan.changes.push(Change::Ignore { file, text });
    }
    Ok(())
}

/// The hooks, where the folder that git runs them from is this repository's.
fn plan_hooks(repo: &Repo, plan: &mut Plan) -> Result<()> {
    let folder = repo.hook_folder()?;
    if HOOKS.iter().all(|hook| is_in(&folder.path, hook)) {
        return Ok(());
    }
    if folder.reach == Reach::Shared {
        plan.warnings.push(format!(
            "no push asks the guard yet, since other repositories run the hooks in {} too: gx guard install --shared",
            folder.path.display()
        ));
        return Ok(());
    }
    plan.changes.push(Change::Hooks);
    Ok(())
}

/// Settings of branches that lead a plain `git push` to the public remote all the same.
fn warn_of_detours(repo: &Repo, plan: &mut Plan) -> Result<()> {
    let public = plan.names.public.clone();
    for (key, value) in repo.all_settings()? {
        let branch = key.strip_prefix("branch.").and_then(|rest| rest.strip_suffix(".pushremote"));
        if let Some(branch) = branch.filter(|_| value == public) {
            plan.warnings.push(format!(
                "branch `{branch}` is pushed to `{public}` by its own setting: git config --unset branch.{branch}.pushRemote"
            ));
        }
    }
    Ok(())
}
