//! `gx sql`

use anyhow::Result;
use clap::Args;

use crate::cli::input;
use crate::cli::scene::Scene;
use crate::error::Exit;
use crate::ui::grid::{Form, Grid};

/// Ask the experiments in SQL: the views are experiments, metrics, params and events (docs/sql.md)
#[derive(Debug, Args)]
pub struct Sql {
    /// The question, such as "SELECT id, value FROM experiments WHERE status = 'keep' ORDER BY value LIMIT 5"
    question: String,
    /// How the rows are written
    #[arg(long, value_enum, conflicts_with = "json")]
    format: Option<input::Form>,
}

impl Sql {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        let form = match self.format {
            _ if scene.output.is_json() => Form::Json,
            Some(form) => form.into(),
            None => Form::Table,
        };
        let mut grid = Grid::new(form, scene.output, scene.output.writer());
        scene.store().sql(&self.question, &mut grid)?;
        grid.end()?;
        Ok(Exit::Done)
    }
}
