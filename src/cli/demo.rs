//! `gx demo`

mod cards;
mod rounds;
mod stage;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::Args;

use crate::cli::demo::cards::Crowd;
use crate::cli::demo::stage::{Edit, Series, Stage};
use crate::error::{Exit, fault, misuse};
use crate::process::find;
use crate::ui::output::Output;

/// The edits that are tried one after another.
const SERIES: &str = include_str!("../../fixtures/demo/series.toml");

/// Make a small real lab and run a series of real experiments in it
///
/// The trainer is a character-level language model in plain Python 3; a run takes a few seconds.
/// With `--gpus N`, eight detached experiments share N made-up cards, and any gx process among them may be killed.
#[derive(Debug, Args)]
pub struct Demo {
    /// An empty or new folder (default: gx-demo in the current one)
    dir: Option<PathBuf>,
    /// Eight experiments at once on so many made-up cards, with a live view
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    gpus: Option<u32>,
}

impl Demo {
    /// Runs it.
    pub fn run(&self, output: Output) -> Result<Exit> {
        find::program("python3".as_ref(), Path::new("."))
            .map_err(|_| fault("the demo's trainer needs `python3`").hint("install Python 3.8 or newer"))?;
        match self.gpus {
            Some(cards) => Crowd::gather(&self.folder()?, cards, output)?.play()?,
            None => one_by_one(&Stage::build(&self.folder()?, "", output)?)?,
        }
        Ok(Exit::Done)
    }

    fn folder(&self) -> Result<PathBuf> {
        let Some(dir) = &self.dir else {
            let names =
                (1..).map(|number| if number == 1 { "gx-demo".into() } else { format!("gx-demo-{number}") });
            return names
                .map(PathBuf::from)
                .find(|dir| !dir.exists())
                .ok_or_else(|| anyhow!("no name is free"));
        };
        let is_taken = dir.exists() && fs::read_dir(dir).map_or(true, |mut inside| inside.next().is_some());
        if is_taken {
            return Err(misuse(format!("{} is not an empty folder", dir.display()))
                .hint("name a new one: `gx demo DIR`")
                .into());
        }
        Ok(dir.clone())
    }
}

/// One edit after another, each on what the last one left.
fn one_by_one(lab: &Stage) -> Result<()> {
    let series: Series = toml::from_str(SERIES).context("the series of the demo cannot be read")?;
    lab.say(&format!("# a new lab in {}", lab.dir.display()))?;
    lab.gx(&["init", "--tag", "demo"])?;
    for (number, edit) in series.edit.iter().enumerate() {
        lab.say(&format!("\n# {} of {}: {}", number + 1, series.edit.len(), edit.hypothesis))?;
        attempt(lab, edit)?;
    }
    for arguments in [&["ls"][..], &["best"], &["near"]] {
        lab.say("")?;
        lab.gx(arguments)?;
    }
    lab.compare()?;
    lab.part(&series.next)
}

fn attempt(lab: &Stage, edit: &Edit) -> Result<()> {
    if edit.find.is_some() {
        lab.edit(&edit.applied(&lab.trainer()?)?)?;
    }
    lab.gx(&edit.arguments(&[]))
}
