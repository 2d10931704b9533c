//! `gx worktree`

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::cli::scene::Scene;
use crate::error::{Exit, misuse};
use crate::report::done::Done;
use crate::report::worktrees::{AddedWorktrees, Kind, Worktree as Row, Worktrees};
use crate::run::trees::Standing;

/// Give each of several agents on one tag a work tree of its own
#[derive(Debug, Args)]
pub struct Worktree {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, Subcommand)]
enum Deed {
    Add(Add),
    Ls(Ls),
    Rm(Rm),
}

/// Make a work tree at the tip of a tag, ignored paths of `run.link` linked
#[derive(Debug, Args)]
struct Add {
    /// The folder; with --count, DIR-1, DIR-2 and so on
    dir: PathBuf,
    /// The run tag, instead of this work tree's
    #[arg(long)]
    tag: Option<String>,
    /// Make so many, all or none
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    count: Option<u32>,
}

/// List the work trees, and how they stand to the tips of their tags
#[derive(Debug, Args)]
struct Ls {
    /// Also the checkouts that gx makes for isolated runs
    #[arg(long)]
    all: bool,
}

/// Remove a work tree in which nothing runs and nothing is that is nowhere else
#[derive(Debug, Args)]
struct Rm {
    /// The folder
    dir: PathBuf,
}

impl Worktree {
    /// Runs it.
    pub fn run(&self, scene: &Scene) -> Result<Exit> {
        match &self.deed {
            Deed::Add(add) => add.run(scene),
            Deed::Ls(ls) => ls.run(scene),
            Deed::Rm(rm) => rm.run(scene),
        }
    }
}

impl Add {
    fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let added = scene.runner(&store).add_trees(&self.dirs()?, self.tag.as_deref())?;
        let dirs: Vec<String> = added.iter().map(|tree| tree.dir.display().to_string()).collect();
        let (Some(first), Some(dir)) = (added.first(), dirs.first()) else { return Ok(Exit::Done) };
        let next = format!("cd {dir}, edit, then gx run --hypothesis \"…\"");
        scene.output.show(&AddedWorktrees {
            tag: first.tag.clone(),
            head: first.head,
            linked: first.linked.clone(),
            dirs,
            next,
        })?;
        Ok(Exit::Done)
    }

    fn dirs(&self) -> Result<Vec<PathBuf>> {
        let Some(count) = self.count else { return Ok(vec![self.dir.clone()]) };
        let Some(name) = self.dir.file_name() else {
            return Err(misuse(format!("{} names no new folder", self.dir.display()))
                .hint("such as `gx worktree add ../agent --count 8`")
                .into());
        };
        let numbered = (1..=count).map(|number| {
            let mut name = name.to_os_string();
            name.push(format!("-{number}"));
            self.dir.with_file_name(name)
        });
        Ok(numbered.collect())
    }
}

impl Ls {
    fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let standings = scene.runner(&store).trees()?;
        let shown = standings.into_iter().filter(|standing| self.all || !standing.tree.is_checkout);
        scene.output.show(&Worktrees { worktrees: shown.map(row).collect() })?;
        Ok(Exit::Done)
    }
}

fn row(standing: Standing) -> Row {
    let Standing { tree, tag, tip, apart, missing, edited, running } = standing;
    let (ahead, behind) = apart.unzip();
    Row {
        dir: tree.dir.display().to_string(),
        kind: match () {
            () if tree.is_checkout => Kind::Checkout,
            () if tree.name == "main" => Kind::Main,
            () => Kind::Linked,
        },
        tag,
        branch: tree.branch,
        head: tree.head,
        tip,
        ahead,
        behind,
        keeps_behind: missing,
        edited,
        running,
        is_gone: tree.is_gone,
    }
}

impl Rm {
    fn run(&self, scene: &Scene) -> Result<Exit> {
        let store = scene.store();
        let dir = scene.runner(&store).remove_tree(&self.dir)?;
        let done = format!("removed {}", dir.display());
        scene.output.show(&Done { done, ..Done::default() })?;
        Ok(Exit::Done)
    }
}
