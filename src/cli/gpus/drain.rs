//! `gx gpus drain` and `gx gpus undrain`

use anyhow::Result;
use clap::Args;

use crate::config::schema::Gpu;
use crate::gpu::choice::find;
use crate::gpu::drain::{drain, undrain};
use crate::gpu::inventory::inventory;
use crate::model::gpu::Card;
use crate::report::done::Done;
use crate::ui::output::Output;

/// Take a card out of service for everybody; who has it keeps it
#[derive(Debug, Args)]
pub struct Drain {
    /// Its index, its UUID, or the beginning of that
    card: String,
    /// Why, for those who wait
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    reason: String,
}

/// Put a card back into service
#[derive(Debug, Args)]
pub struct Undrain {
    /// Its index, its UUID, or the beginning of that
    card: String,
}

impl Drain {
    /// Runs it.
    pub fn run(&self, config: &Gpu, output: Output) -> Result<()> {
        let card = meant(config, &self.card)?;
        let drained = drain(config, &card, &self.reason)?;
        output.show(&Done {
            done: format!("GPU {} ({}) is {}", card.index, card.uuid, drained.words()),
            next: Some(format!("gx gpus undrain {}", card.index)),
            ..Done::default()
        })
    }
}

impl Undrain {
    /// Runs it.
    pub fn run(&self, config: &Gpu, output: Output) -> Result<()> {
        let card = meant(config, &self.card)?;
        let done = match undrain(config, &card)? {
            Some(_) => format!("GPU {} ({}) is in service again", card.index, card.uuid),
            None => format!("GPU {} ({}) was in service", card.index, card.uuid),
        };
        output.show(&Done { done, ..Done::default() })
    }
}

/// The card of the machine that a person means, also one that is not offered to this process.
fn meant(config: &Gpu, name: &str) -> Result<Card> {
    let inventory = inventory(config, None)?;
    Ok(find(&inventory.cards, name)?.clone())
}
