//! `gx remote`

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::scene::Scene;
use crate::cli::share::wire;
use crate::error::{Exit, misuse};
use crate::model::upload::shown;
use crate::report::done::Done;
use crate::report::shared;
use crate::store::share::exchange::Exchange;
use crate::store::share::standing::standing;
use crate::store::share::trust::Declared;

/// Show the remotes, whether they were declared private, and what is ahead and behind
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Remote {
    #[command(subcommand)]
    deed: Option<Deed>,
    /// Look at them first; else what was known last is shown
    #[arg(long)]
    fetch: bool,
}

#[derive(Debug, Subcommand)]
enum Deed {
    Trust(Trust),
}

/// Declare where experiments may be pushed to
#[derive(Debug, Args)]
struct Trust {
    /// The remote
    remote: String,
    /// Nobody but those who may see this code can read it
    #[arg(long, conflicts_with = "forget")]
    private: bool,
    /// Take the declaration back
    #[arg(long)]
    forget: bool,
}

impl Remote {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        if let Some(Deed::Trust(trust)) = &self.deed {
            return trust.run(scene);
        }
        let store = scene.store();
        let mut remotes = Vec::new();
        for name in scene.lab.repo.remotes()? {
            if self.fetch {
                let mut exchange = Exchange::open(&store, &name, wire(scene))?;
                exchange.fetch(Default::default())?;
                exchange.remember()?;
            }
            remotes.push(shared::Remote::of(&name, standing(&store, &name)?));
        }
        scene.output.show(&shared::Remotes { remotes })?;
        Ok(Exit::Done)
    }
}

impl Trust {
    fn run(&self, scene: &Scene) -> Result<Exit> {
        let declared = Declared::new(&scene.lab.repo);
        let done = if self.private {
            let urls = scene.lab.repo.push_urls(&self.remote)?;
            declared.declare(&self.remote, &urls)?;
            let urls: Vec<String> = urls.iter().map(|url| shown(url)).collect();
            format!("{}: declared private, as {}", self.remote, urls.join(" and "))
        } else if !self.forget {
            return Err(misuse(format!("what about `{}`?", self.remote))
                .hint(format!(
                    "only those who may see this code can read it: `gx remote trust {} --private`",
                    self.remote
                ))
                .hint(format!("take that back: `gx remote trust {} --forget`", self.remote))
                .into());
        } else {
            scene.lab.repo.push_urls(&self.remote)?;
            declared.forget(&self.remote)?;
            format!("{}: no longer declared private", self.remote)
        };
        let next = self.private.then(|| format!("gx push {}", self.remote));
        scene.output.show(&Done { done, next, ..Done::default() })?;
        Ok(Exit::Done)
    }
}
