//! `gx guard check`

use anyhow::Result;
use clap::Args;

use crate::cli::guard::shown::Shown;
use crate::cli::scene::Scene;
use crate::error::{Exit, fault, misuse};
use crate::mirror::guard::ask::{ask_about, unchecked};
use crate::mirror::guard::destination::{Destination, is_same};
use crate::mirror::guard::limits::Limits;
use crate::mirror::guard::update::Update;
use crate::model::object::ObjectId;
use crate::report::guard::Guard;

/// Tell what the guard would say to a push, without pushing; the network is not touched
///
/// Ends with 0 where it may leave, 3 where it may not, 6 where that cannot be told.
#[derive(Debug, Args)]
pub struct Check {
    /// The remote, or an address (default: where a plain `git push` goes)
    remote: Option<String>,
    /// What is pushed, as for `git push` (default: what a plain `git push` sends)
    refspecs: Vec<String>,
    /// All branches
    #[arg(long)]
    all: bool,
    /// All tags too
    #[arg(long)]
    tags: bool,
    /// The annotated tags of what is pushed too
    #[arg(long)]
    follow_tags: bool,
    /// Every ref there is
    #[arg(long)]
    mirror: bool,
    /// Delete what is named
    #[arg(long)]
    delete: bool,
    #[command(flatten)]
    shown: Shown,
}

impl Check {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        let remote = match &self.remote {
            Some(remote) => remote.clone(),
            None => repo.push_remote()?,
        };
        if remote.starts_with('-') {
            return Err(misuse(format!("`{remote}` is no remote")).into());
        }
        let arguments = self.arguments(scene, &remote)?;
        let places = Destination::all(repo, &remote).map_err(unchecked)?;
        self.check_places(scene, &remote, &places)?;
        let updates = self.updates(scene, &remote, &places, &arguments)?;
        let asked: Result<Vec<_>> =
            places.into_iter().map(|place| ask_about(repo, place, &updates, &Limits::none())).collect();
        self.shown.show(scene, &Guard::of(&asked?))
    }

    /// What the push would bring, to whichever of the addresses.
    fn updates(
        &self,
        scene: &Scene,
        remote: &str,
        places: &[Destination],
        arguments: &[String],
    ) -> Result<Vec<Update>> {
        let repo = &scene.lab.repo;
        let rehearse = |known: &[(String, ObjectId)]| -> Result<Vec<Update>> {
            Update::read_pushed(&repo.rehearse_push(known, arguments)?).map_err(unchecked)
        };
        let mut updates = rehearse(&repo.known_branches(remote)?)?;
        // The refs of a remote tell of one address alone, and of several nobody knows of which.
        let is_told_of =
            |place: &Destination| repo.fetch_url(remote).is_ok_and(|url| is_same(repo, &url, &place.url));
        if !matches!(places, [only] if is_told_of(only)) {
            let deletes = self.delete || self.refspecs.iter().any(|spec| spec.starts_with(':'));
            match rehearse(&[]) {
                Ok(more) => {
                    let is_new = |one: &Update| !updates.iter().any(|known| known.target == one.target);
                    let more: Vec<Update> = more.into_iter().filter(is_new).collect();
                    updates.extend(more);
                }
                // Nothing can be deleted where nothing is.
                Err(_) if deletes => {}
                Err(error) => return Err(error),
            }
        }
        Ok(updates)
    }

    /// Refuses a word that is no remote, no address and no repository on the disk: nothing could be pushed there.
    fn check_places(&self, scene: &Scene, remote: &str, places: &[Destination]) -> Result<()> {
        let repo = &scene.lab.repo;
        let is_remote = repo.remotes()?.iter().any(|known| known == remote);
        let is_address =
            |place: &Destination| place.url.contains(':') || repo.work_dir().join(&place.url).exists();
        if is_remote || places.iter().all(is_address) {
            return Ok(());
        }
        Err(fault(format!("`{remote}` is no remote, no address, and no folder"))
            .hint("list the remotes with `git remote -v`")
            .into())
    }

    /// What follows the remote on the command line of `git push`.
    fn arguments(&self, scene: &Scene, remote: &str) -> Result<Vec<String>> {
        let flags = [
            (self.all, "--all"),
            (self.tags, "--tags"),
            (self.follow_tags, "--follow-tags"),
            (self.mirror, "--mirror"),
            (self.delete, "--delete"),
        ];
        let mut arguments: Vec<String> =
            flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| (*flag).to_owned()).collect();
        let names_all = self.all || self.mirror || self.tags;
        if self.refspecs.is_empty() && !names_all {
            arguments.extend(scene.lab.repo.push_arguments(remote)?);
        }
        arguments.extend(self.refspecs.iter().cloned());
        Ok(arguments)
    }
}
