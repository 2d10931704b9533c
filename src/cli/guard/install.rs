//! `gx guard install`

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::git::hooks::{HookFolder, Reach};
use crate::mirror::hook::install::{Deed, Done, Sharing, install, uninstall};
use crate::mirror::hook::probe::{Fires, fires};
use crate::report::guard::{Hook, Installed};

/// Put the guard before every push from this clone, and prove that it is asked
///
/// The hook that was there before runs after the guard, with the same input. Ends with 1 where the hook does not fire.
#[derive(Debug, Args)]
pub struct Install {
    /// Only prove whether a push asks the guard
    #[arg(long, conflicts_with_all = ["uninstall", "shared"])]
    check: bool,
    /// Take it out again, and put back the hook that was there before
    #[arg(long, conflicts_with = "shared")]
    uninstall: bool,
    /// Also into a folder of hooks that other repositories share
    #[arg(long)]
    shared: bool,
}

impl Install {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let (folder, done) = if self.check {
            (repo.hook_folder()?, Vec::new())
        } else if self.uninstall {
            uninstall(repo)?
        } else {
            let sharing = if self.shared { Sharing::Agreed } else { Sharing::Refused };
            install(repo, &this_program()?, sharing)?
        };
        let fires = if self.uninstall { None } else { Some(fires(repo)?) };
        let answer = answer(&folder, &done, fires);
        scene.output.show(&answer)?;
        Ok(if answer.fires == Some(false) { Exit::Failed } else { Exit::Done })
    }
}

/// This gx, by the path that the hooks call it by.
///
/// # Errors
/// The system does not say where it is.
pub fn this_program() -> Result<PathBuf> {
    std::env::current_exe().context("gx does not find itself")
}

fn answer(folder: &HookFolder, done: &[Done], fires: Option<Fires>) -> Installed {
    let mut notes = Vec::new();
    if folder.reach == Reach::WorkTree && !done.is_empty() {
        notes.push(format!(
            "{} lies in the work tree: where it is tracked, leave the hooks of gx out of commits, since they name gx on this machine",
            folder.path.display()
        ));
    }
    let foreign = done.iter().filter(|done| done.deed == Deed::Foreign);
    notes.extend(foreign.map(|done| format!("{} is not of gx, and stays", done.hook)));
    let is_silent = matches!(fires, Some(Fires::No(_)));
    let fires = fires.map(|fires| match fires {
        Fires::Yes => true,
        Fires::No(why) => {
            notes.push(why);
            false
        }
    });
    let words = |deed: Deed| match deed {
        Deed::New => "put in",
        Deed::Renewed => "renewed",
        Deed::Unchanged => "as it was",
        Deed::Removed => "taken out",
        Deed::Foreign => "left",
    };
    let hooks = done
        .iter()
        .map(|done| Hook {
            hook: done.hook,
            done: words(done.deed),
            chained: done.kept.as_ref().map(|path| path.display().to_string()),
        })
        .collect();
    let next = is_silent.then(|| match done.is_empty() {
        true => "gx guard install".to_owned(),
        false => "git config --show-origin --get core.hooksPath".to_owned(),
    });
    Installed { folder: folder.path.display().to_string(), hooks, fires, notes, next }
}
