//! `gx ls`

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::cli::input;
use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::model::query;
use crate::model::status::Status;
use crate::process::{interrupt, wait};
use crate::report::export;
use crate::report::list::{Choice, Direction, List};
use crate::ui::live::Live;

/// How many experiments fit on a screen without being asked for.
const SCREEN: usize = 30;

/// What else stands on it: the heads, the line that says how many more there are, and the next prompt.
const FRAME: usize = 3;

/// List experiments
#[derive(Debug, Args)]
pub struct Ls {
    /// Only those of this run tag
    #[arg(long)]
    tag: Option<String>,
    /// Only those with one of these states, such as `keep,near-miss`
    #[arg(long, value_delimiter = ',')]
    status: Vec<Status>,
    /// Only those of this category
    #[arg(long, value_name = "WORD")]
    category: Option<String>,
    /// At most so many, 0 for all (default: a screen of at most 30, all in --json and --csv)
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Sort by a field or metric; `-KEY` downwards
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Only those that match, such as "val_bpb < 0.98 and category = 'attention'"
    #[arg(long = "where", value_name = "EXPR")]
    condition: Option<String>,
    /// Answer as comma separated values
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Look again every so many seconds until Ctrl-C; in a pipe, whenever something has changed
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2", conflicts_with = "csv",
          value_parser = input::pause)]
    watch: Option<Duration>,
}

impl Ls {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        // Whoever watches wants to see what comes: a screen of it, in every form.
        let is_data = (self.csv || scene.output.is_json()) && self.watch.is_none();
        let rows = scene.output.rows().map_or(SCREEN, |rows| rows.saturating_sub(FRAME));
        let limit = self.limit.unwrap_or(if is_data { 0 } else { rows.clamp(1, SCREEN) });
        let sort = self.sort.as_deref().map(|key| match key.strip_prefix('-') {
            Some(key) => (key.to_owned(), Direction::Down),
            None => (key.to_owned(), Direction::Up),
        });
        let choice = Choice {
            tag: self.tag.clone(),
            status: self.status.clone(),
            category: self.category.clone(),
            condition: self.condition.as_deref().map(query::parse).transpose()?,
            sort,
            limit: (limit > 0).then_some(limit),
        };
        if let Some(pause) = self.watch {
            return watch(scene, &choice, pause);
        }
        let list = List::of(&scene.store(), &choice, scene.goal())?;
        if self.csv {
            scene.output.whole(export::csv(&list.experiments).as_bytes())?;
        } else {
            scene.output.show(&list)?;
        }
        Ok(Exit::Done)
    }
}

fn watch(scene: &Scene, choice: &Choice, pause: Duration) -> Result<Exit> {
    interrupt::listen()?;
    let mut live = Live::new(scene.output)?;
    while live.has_reader() {
        let list = List::of(&scene.store(), choice, scene.goal())?;
        if interrupt::count() > 0 {
            break;
        }
        let standing = list.standing();
        // A clock that goes on is no news to a program.
        live.show(if scene.output.is_json() { &standing } else { &list }, &standing)?;
        wait::for_any(&[], Some(pause));
    }
    Ok(Exit::Done)
}
