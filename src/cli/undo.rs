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
        let mut back = Vec::new();
        if self.ids.is_empty() {
            back.push(store.untrash(None)?.id);
        }
        for id in &self.ids {
            back.push(store.untrash(Some(id))?.id);
        }
        let answer = match &back[..] {
            [only] => Done { id: Some(only.clone()), done: "is back".to_owned(), ..Done::default() },
            all => {
                let names: Vec<String> = all.iter().map(ToString::to_string).collect();
                Done { done: format!("{} are back", names.join(", ")), ..Done::default() }
            }
        };
        scene.output.show(&answer)?;
        Ok(Exit::Done)
    }
}
