//! `gx guard audit`

use anyhow::Result;
use clap::Args;

use crate::cli::guard::shown::Shown;
use crate::cli::scene::Scene;
use crate::cli::share::wire;
use crate::error::{Exit, misuse};
use crate::mirror::guard::ask::Asked;
use crate::mirror::guard::scan::{published, there};
use crate::mirror::hook::alarm::{self, Alarm};
use crate::mirror::hook::passed;
use crate::model::object::ObjectId;
use crate::model::upload::shown;
use crate::report::guard::{Guard, Verdict};
use crate::ui::number::count;

/// Look into what has reached public places without the guard, as by `git push --no-verify`
///
/// Where nothing is found that may not be there, the alarms are laid aside. A push to an address without a remote
/// leaves no trace here: name the address, and it is asked what it has.
#[derive(Debug, Args)]
pub struct Audit {
    /// Remotes or addresses to ask over the network what they have (default: what is known here of every remote)
    places: Vec<String>,
    /// Lay the alarms aside whatever is found: somebody has seen them
    #[arg(long)]
    acknowledge: bool,
    #[command(flatten)]
    shown: Shown,
}

impl Audit {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let repo = &scene.lab.repo;
        // Before what they are about is looked at: one that is raised meanwhile is for the next time.
        let raised = alarm::all(&repo.gx_dir())?;
        let unheard = alarm::unheard(repo)?;
        let alarms: Vec<Alarm> = raised.iter().chain(&unheard).cloned().collect();
        let mut asked = published(repo, &alarms)?;
        let unknown = self.ask_there(scene, &mut asked)?;
        let mut answer = Guard::of(&asked);
        if let Some(next) = unknown.filter(|_| answer.verdict == Verdict::Passed) {
            answer.next = Some(next);
        }
        answer.alarms = alarms;
        if self.acknowledge || answer.verdict == Verdict::Passed {
            alarm::lay_aside(&repo.gx_dir(), &raised)?;
            let ids: Vec<ObjectId> = unheard.iter().map(|alarm| alarm.new).collect();
            passed::add(&repo.gx_dir(), &ids)?;
        } else if !answer.alarms.is_empty() {
            answer.next = Some("gx guard audit --acknowledge   (when you have seen to it)".to_owned());
        }
        self.shown.show(scene, &answer)
    }

    /// Asks the places that were named; what to do where they have what is not known here.
    fn ask_there(&self, scene: &Scene, asked: &mut Vec<Asked>) -> Result<Option<String>> {
        let mut next = None;
        for place in &self.places {
            if place.starts_with('-') {
                return Err(misuse(format!("`{place}` is no remote")).into());
            }
            let (one, unknown) = there(&scene.lab.repo, place, wire(scene).may_ask)?;
            asked.extend(one);
            if unknown > 0 {
                let refs = count(unknown, "ref");
                next = Some(format!(
                    "git fetch {}   ({refs} there are by others, and not known here)",
                    shown(place)
                ));
            }
        }
        Ok(next)
    }
}
