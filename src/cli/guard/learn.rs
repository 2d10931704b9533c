//! `gx guard learn`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::cli::share::wire;
use crate::error::{Exit, misuse};
use crate::mirror::guard::known::{Asking, Learned, learn};
use crate::model::upload::shown;
use crate::report::done::Done;
use crate::ui::number::count;

/// Ask a remote what it has already, and let that stop no push there any more
///
/// What is out is out: a file that everybody has is no reason to stop what comes after it. `gx guard scan --published`
/// tells of it all the same. Asks over the network, and fetches nothing.
#[derive(Debug, Args)]
pub struct Learn {
    /// The remote, or an address
    remote: String,
}

impl Learn {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        if self.remote.starts_with('-') {
            return Err(misuse(format!("`{}` is no remote", self.remote)).into());
        }
        let asking = Asking::Wait { may_ask: wire(scene).may_ask };
        let learned = learn(&scene.lab.repo, &self.remote, asking)?;
        let told: Vec<String> = learned.iter().map(told).collect();
        let next = learned.iter().find_map(|one| next(&self.remote, one));
        scene.output.show(&Done { done: told.join("; "), next, ..Done::default() })?;
        let is_known = learned.iter().all(|one| one.is_kept || one.known == 0);
        Ok(if is_known { Exit::Done } else { Exit::Unchecked })
    }
}

/// What was learned, in words.
pub fn told(learned: &Learned) -> String {
    let Learned { place, known, unknown, findings, is_kept } = learned;
    let mut told = match (known, is_kept) {
        (0, _) => format!("nothing of {place} is known here"),
        (_, true) => format!("{} of {place} taken down as out already", count(*known, "ref")),
        (_, false) => format!("what {place} has cannot be looked through here, and nothing is taken down"),
    };
    if *is_kept && *findings > 0 {
        told.push_str(&format!(", with {} that the policy forbids", count(*findings, "path")));
    }
    if *unknown > 0 {
        told.push_str(&format!(", {} there not fetched yet", count(*unknown, "ref")));
    }
    told
}

/// What to do then.
pub fn next(remote: &str, learned: &Learned) -> Option<String> {
    let remote = shown(remote);
    match learned {
        Learned { known, is_kept: false, .. } if *known > 0 => {
            Some(format!("git fetch --unshallow {remote} && gx guard learn {remote}"))
        }
        Learned { unknown, .. } if *unknown > 0 => {
            Some(format!("git fetch {remote} && gx guard learn {remote}"))
        }
        Learned { findings, .. } if *findings > 0 => Some("gx guard scan --published".to_owned()),
        _ => None,
    }
}
