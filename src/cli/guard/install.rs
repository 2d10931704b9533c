//! `gx guard install`

use anyhow::Result;
use clap::Args;

use crate::cli::guard::learn::{next, told};
use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::git::hooks::{HookFolder, Reach};
use crate::mirror::guard::known::{Asking, learn};
use crate::mirror::hook::install::{Deed, Done, Sharing, install, outdated, this_program, uninstall};
use crate::mirror::hook::passed;
use crate::mirror::hook::probe::{Fires, fires, hears};
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
        let is_first = !passed::is_begun(&repo.gx_dir());
        let (folder, done) = if self.check {
            (repo.hook_folder()?, Vec::new())
        } else if self.uninstall {
            uninstall(repo)?
        } else {
            let sharing = if self.shared { Sharing::Agreed } else { Sharing::Refused };
            install(repo, &this_program()?, sharing)?
        };
        let proofs = if self.uninstall { None } else { Some((fires(repo)?, hears(repo)?)) };
        let outdated = outdated(&folder.path);
        let mut answer = answer(&folder, &done, proofs, &outdated);
        if is_first && !self.check && !self.uninstall {
            learn_all(scene, &mut answer);
        }
        scene.output.show(&answer)?;
        let is_whole = answer.fires != Some(false)
            && answer.hears != Some(false)
            && (self.uninstall || outdated.is_empty());
        Ok(if is_whole { Exit::Done } else { Exit::Failed })
    }
}

/// Learns what the remotes have already, when the guard is new here: nobody can have gone by it yet. A remote that does
/// not answer is looked into by the first push there.
fn learn_all(scene: &Scene, answer: &mut Installed) {
    let repo = &scene.lab.repo;
    for remote in repo.configured_remotes().unwrap_or_default() {
        for learned in learn(repo, &remote, Asking::Glance).unwrap_or_default() {
            if learned.known + learned.unknown > 0 {
                answer.notes.push(told(&learned));
                answer.next = answer.next.take().or_else(|| next(&remote, &learned));
            }
        }
    }
}

fn answer(
    folder: &HookFolder,
    done: &[Done],
    proofs: Option<(Fires, Fires)>,
    outdated: &[&str],
) -> Installed {
    let mut notes = Vec::new();
    let other = outdated.iter().map(|hook| format!("{hook} is not as this gx would write it"));
    notes.extend(other);
    if folder.reach == Reach::WorkTree && !done.is_empty() {
        notes.push(format!(
            "{} lies in the work tree: where it is tracked, leave the hooks of gx out of commits, since they name gx on this machine",
            folder.path.display()
        ));
    }
    let foreign = done.iter().filter(|done| done.deed == Deed::Foreign);
    notes.extend(foreign.map(|done| format!("{} is not of gx, and stays", done.hook)));
    let mut proved = |fires| match fires {
        Fires::Yes => true,
        Fires::No(why) => {
            notes.push(why);
            false
        }
    };
    let (fires, hears) = proofs.map(|(first, second)| (proved(first), proved(second))).unzip();
    let is_silent = fires == Some(false) || hears == Some(false) || !outdated.is_empty();
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
    Installed { folder: folder.path.display().to_string(), hooks, fires, hears, notes, next }
}
