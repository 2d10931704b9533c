//! `gx ls`

use std::time::Duration;

use anyhow::Result;
use clap::Args;

use crate::cli::input;
use crate::cli::scene::Scene;
use crate::error::{Exit, misuse};
use crate::model::query;
use crate::model::status::Status;
use crate::process::{interrupt, wait};
use crate::report::columns;
use crate::report::list::{List, Listing, Rows};
use crate::store::choice::{Choice, Direction};
use crate::store::index::sql::Answer;
use crate::ui::grid::{Form, Grid, Lines};
use crate::ui::live::Live;
use crate::ui::render::long_list::{self, LONG};

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
    /// At most so many, 0 for all (default: a screen of at most 30 in a table, else all)
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Sort by a field or metric; `-KEY` downwards
    #[arg(long, value_name = "KEY", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Only those that match, such as "val_bpb < 0.98 and category = 'attention'"
    #[arg(long = "where", value_name = "EXPR")]
    condition: Option<String>,
    /// How the experiments are written
    #[arg(long, value_enum, conflicts_with = "json")]
    format: Option<input::Form>,
    /// The same as `--format csv`
    #[arg(long, conflicts_with_all = ["json", "format"])]
    csv: bool,
    /// Look again every so many seconds until Ctrl-C; in a pipe, whenever something has changed
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2", conflicts_with_all = ["csv", "format", "columns"],
          value_parser = input::pause)]
    watch: Option<Duration>,
    /// Only these fields, metrics or parameters, such as `id,val_bpb,params.lr`; not with JSON
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with = "json")]
    columns: Vec<String>,
}

impl Ls {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let rows = scene.output.rows().map_or(SCREEN, |rows| rows.saturating_sub(FRAME)).clamp(1, SCREEN);
        if let Some(pause) = self.watch {
            // Whoever watches wants to see what comes: a screen of it, in every form.
            return watch(scene, &self.choice(rows)?, pause);
        }
        let form = match self.format {
            _ if scene.output.is_json() => Form::Json,
            _ if self.csv => Form::Csv,
            Some(form) => form.into(),
            None => Form::Table,
        };
        let choice = self.choice(if form == Form::Table { rows } else { 0 })?;
        let (store, goal) = (scene.store(), scene.goal());
        columns::check(&store, &self.columns)?;
        match form {
            Form::Json | Form::Jsonl if !self.columns.is_empty() => {
                return Err(misuse("`--columns` is for tables: JSON has every field")
                    .hint("take one of `--format csv`, `tsv` and `table`")
                    .into());
            }
            Form::Json => scene.output.json(&Listing::of(&store, &choice, goal)?)?,
            Form::Jsonl => {
                let rows = Rows::of(&store, store.choose(&choice)?.found, goal)?;
                let mut lines = Lines::new(scene.output.writer());
                rows.each(&mut |row| lines.line(&row))?;
                lines.end()?;
            }
            Form::Table if self.columns.is_empty() => {
                let listing = Listing::of(&store, &choice, goal)?;
                match listing.experiments.len() > LONG {
                    true => long_list::show(&listing, scene.output)?,
                    false => scene.output.show(&List::read(&listing)?)?,
                }
            }
            Form::Table | Form::Tsv | Form::Csv => {
                let found = store.choose(&choice)?.found;
                let names = match self.columns.is_empty() {
                    true => columns::usual(&store, &found)?,
                    false => self.columns.clone(),
                };
                let mut grid = Grid::new(form, scene.output, scene.output.writer());
                grid.begin(&names)?;
                columns::each(&store, &found, &names, &mut |row| grid.row(row).map(drop))?;
                grid.end()?;
            }
        }
        Ok(Exit::Done)
    }

    fn choice(&self, limit: usize) -> Result<Choice> {
        let limit = self.limit.unwrap_or(limit);
        let sort = self.sort.as_deref().map(|key| match key.strip_prefix('-') {
            Some(key) => (key.to_owned(), Direction::Down),
            None => (key.to_owned(), Direction::Up),
        });
        Ok(Choice {
            tag: self.tag.clone(),
            status: self.status.clone(),
            category: self.category.clone(),
            condition: self.condition.as_deref().map(query::parse).transpose()?,
            sort,
            limit: (limit > 0).then_some(limit),
        })
    }
}

fn watch(scene: &Scene, choice: &Choice, pause: Duration) -> Result<Exit> {
    interrupt::listen()?;
    let mut live = Live::new(scene.output)?;
    while live.has_reader() {
        let store = scene.store();
        // Others may leave what they record in the journal; where this user may write nothing, that is not shown.
        let _ = store.flush();
        let list = List::of(&store, choice, scene.goal())?;
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
