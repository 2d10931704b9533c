//! The cards, and the folder of their locks.

use std::env;

use anyhow::Result;

use crate::error::tell;
use crate::gpu::folder::Folder;
use crate::gpu::inventory::inventory;
use crate::model::gpu::Source;
use crate::store::doctor::finding::Finding;
use crate::store::doctor::ground::Ground;

pub(super) fn look<'a>(ground: &'a Ground<'a>) -> Result<Vec<Finding<'a>>> {
    let config = &ground.config.gpu;
    if config.source == Source::None {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let visible = env::var("CUDA_VISIBLE_DEVICES").ok();
    let has_cards = match inventory(config, visible.as_deref()) {
        Ok(inventory) => !inventory.cards.is_empty(),
        Err(error) => {
            found.push(trouble(&error, "runs with `--gpus` cannot start"));
            true
        }
    };
    // On a machine without cards nobody needs the folder, and it is not made for a look.
    if has_cards && let Err(error) = Folder::open(config) {
        found.push(trouble(&error, "no card can be given to anybody"));
    }
    Ok(found)
}

fn trouble<'a>(error: &anyhow::Error, why: &str) -> Finding<'a> {
    let told = tell(error);
    let finding = Finding::error(told.message, why);
    match told.hints.into_iter().next() {
        Some(hint) => finding.mend(hint),
        None => finding,
    }
}
