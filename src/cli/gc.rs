//! `gx gc`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::gc::{Collected, Share};
use crate::store::upkeep::Upkeep;
use crate::ui::work::Steps;

/// Give up what the policy names (old trash, logs beyond their budget, leftovers), then pack
///
/// The policy is the table `[store]` of the configuration: what `gx rm` threw away more than `keep_trash` ago goes for
/// good, its record aside; whole logs go beyond `max_logs` and `keep_logs`, head and tail stay in their notes; kept
/// results go beyond `max_artifacts`. Besides, what killed processes have left. Experiments are never given up.
#[derive(Debug, Args)]
pub struct Gc {
    /// Show what would go, with sizes
    #[arg(long)]
    dry_run: bool,
}

impl Gc {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let (store, rules) = (scene.store(), &scene.lab.settings.config.store);
        let steps = Steps::begin();
        steps.next("looking for what can go");
        let plan = store.plan_expiry(rules)?;
        let mut upkeep = None;
        if !self.dry_run {
            steps.next("giving it up");
            store.expire(&plan)?;
            steps.next("packing refs and objects");
            upkeep = Some(store.upkeep(rules)?.map_or_else(at_it, |done| told(&done)));
        }
        drop(steps);
        let expired: Vec<Share> = plan
            .shares
            .into_iter()
            .map(|share| Share {
                kind: share.kind.word(),
                count: share.names.len(),
                bytes: share.bytes,
                names: share.names,
                why: share.why,
            })
            .collect();
        let next = (self.dry_run && !expired.is_empty()).then(|| "gx gc   (nothing was changed)".to_owned());
        let bytes = expired.iter().map(|share| share.bytes).sum();
        scene.output.show(&Collected { expired, bytes, is_plan: self.dry_run, upkeep, next })?;
        Ok(Exit::Done)
    }
}

fn at_it() -> String {
    "another process is at it".to_owned()
}

/// An upkeep in words.
pub fn told(done: &Upkeep) -> String {
    if let Some(trouble) = &done.trouble {
        return format!("failed after {:.1} s: {trouble}", done.seconds);
    }
    format!(
        "in {:.1} s; loose refs {} → {}, loose objects about {} → {}",
        done.seconds, done.refs.0, done.refs.1, done.objects.0, done.objects.1
    )
}
