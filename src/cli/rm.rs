//! `gx rm`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::{Exit, fault};
use crate::report::done::Done;

/// Move experiments to the trash, from where `gx undo` brings them back
#[derive(Debug, Args)]
pub struct Rm {
    /// The experiments
    #[arg(required = true)]
    ids: Vec<String>,
}

impl Rm {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let mut chosen = self.ids.iter().map(|id| store.resolve(id)).collect::<Result<Vec<_>>>()?;
        chosen.sort_by(|a, b| a.id.cmp(&b.id));
        chosen.dedup();
        for stored in &chosen {
            if !store.record(stored.snapshot)?.status().is_final() {
                return Err(fault(format!("{} is not finished", stored.id))
                    .hint(format!("wait until it has its outcome, or stop it: `gx stop {}`", stored.id))
                    .hint(format!("or end it, where it was registered: `gx crash {}`", stored.id))
                    .into());
            }
        }
        for stored in &chosen {
            store.trash(stored)?;
        }
        let names: Vec<String> = chosen.iter().map(|stored| stored.id.to_string()).collect();
        let done = match &chosen[..] {
            [one] if one.id.site().is_some() => {
                "moved to the trash here; it stays where it came from".to_owned()
            }
            [_] => "moved to the trash".to_owned(),
            _ => format!("moved {} to the trash", names.join(", ")),
        };
        let id = if let [only] = &chosen[..] { Some(only.id.clone()) } else { None };
        scene.output.show(&Done {
            id,
            done,
            paths: Vec::new(),
            next: Some(format!("gx undo {}   (brings back)", names.join(" "))),
        })?;
        Ok(Exit::Done)
    }
}
