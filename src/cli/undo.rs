//! `gx undo`

use anyhow::Result;
use clap::Args;

use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::report::done::Done;

/// Bring back experiments that `gx rm` moved to the trash
#[derive(Debug, Args)]
pub struct Undo {
    /// The experiments (default: the last one removed)
    ids: Vec<String>,
}

impl Undo {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        // All are found before any is moved.
        let mut back = match &self.ids[..] {
            [] => vec![store.find_trashed(None)?],
            ids => ids.iter().map(|id| store.find_trashed(Some(id))).collect::<Result<_>>()?,
        };
        back.sort_by(|a, b| a.id.cmp(&b.id));
        back.dedup();
        back.iter().try_for_each(|stored| store.untrash(stored))?;
        let answer = match &back[..] {
            [only] => Done { id: Some(only.id.clone()), done: "is back".to_owned(), ..Done::default() },
            all => {
                let names: Vec<String> = all.iter().map(|stored| stored.id.to_string()).collect();
                Done { done: format!("{} are back", names.join(", ")), ..Done::default() }
            }
        };
        scene.output.show(&answer)?;
        Ok(Exit::Done)
    }
}
