//! The tree of commands and the switch between them.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::inside::Inside;
use crate::cli::scene::Scene;
use crate::cli::{agent_guide, candidates, cards, completions, demo, gpus, hook, input, man};
use crate::config::ui::Paging;
use crate::error::{Exit, misuse};
use crate::lab::Lab;
use crate::ui::output::{Form, Output};

/// Record every machine-learning experiment of this repository, kept or discarded, in Git
#[derive(Debug, Parser)]
#[command(name = "gx", version, max_term_width = 100, after_help = AFTER)]
pub struct App {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const AFTER: &str = "Exit codes: 0 done or kept, 1 failed, 2 usage, 3 blocked, 4 no card, 5 no such experiment, 6 unchecked, 10 discard, \
11 near miss, 12 crash, 13 timeout, 15 tainted, 20 crash streak, 24 still running, 130 interrupted (docs/exit-codes.md).";

#[derive(Debug, clap::Args)]
struct Global {
    /// Answer with one JSON object
    #[arg(long, global = true)]
    json: bool,
    /// Work as if started in this folder
    #[arg(short = 'C', value_name = "DIR", global = true)]
    folder: Option<PathBuf>,
    /// Set a configuration key for this command, such as `metric.goal=higher`
    #[arg(long, value_name = "KEY=VALUE", global = true, value_parser = input::pair)]
    config: Vec<(String, String)>,
    /// Show no answer through a pager
    #[arg(long, global = true)]
    no_pager: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[command(flatten)]
    Inside(Inside),
    #[command(flatten)]
    Anywhere(Anywhere),
}

/// What needs no repository.
#[derive(Debug, Subcommand)]
enum Anywhere {
    Gpus(gpus::Gpus),
    AgentGuide(agent_guide::AgentGuide),
    Demo(demo::Demo),
    Completions(completions::Completions),
    #[command(hide = true)]
    Man(man::Man),
    #[command(hide = true)]
    Candidates(candidates::Candidates),
    #[command(hide = true)]
    Cards(cards::Cards),
    #[command(hide = true)]
    Hook(hook::Hook),
}

/// A command line that was understood.
#[derive(Debug)]
pub struct Call {
    app: App,
    /// How its answer is written.
    pub output: Output,
}

/// Reads a command line.
///
/// # Errors
/// What clap has to say, help and version among it.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Call, clap::Error> {
    let app = App::try_parse_from(arguments)?;
    let form = if app.global.json { Form::Json } else { Form::Text };
    Ok(Call { app, output: Output::new(form) })
}

/// The tree of commands, for help, man pages and completions.
pub fn tree() -> clap::Command {
    App::command()
}

/// The same with what clap adds to it, such as which arguments are global.
fn built() -> clap::Command {
    let mut tree = tree();
    tree.build();
    tree
}

impl Call {
    /// Does what the command line says; the exit code is one of [`Exit`], or that of a program that was run for it.
    pub fn run(self) -> Result<u8> {
        let output = self.output;
        self.change_folder()?;
        match &self.app.command {
            Command::Inside(command) => {
                let scene = self.scene(command)?;
                command.run(&scene).map(Exit::code)
            }
            Command::Anywhere(command) => command.run(&self.app.global, output),
        }
    }

    /// Goes where `-C` says, for every command alike.
    fn change_folder(&self) -> Result<()> {
        let Some(dir) = &self.app.global.folder else { return Ok(()) };
        env::set_current_dir(dir).map_err(|error| {
            misuse(format!("cannot work in {}: {error}", dir.display()))
                .hint("`-C` takes a folder that exists")
                .into()
        })
    }

    fn scene(&self, command: &Inside) -> Result<Scene> {
        let dir = env::current_dir().context("the current folder is gone")?;
        let lab = Lab::open(&dir, &self.app.global.config)?;
        let is_paged = command.is_read() && !self.app.global.no_pager;
        let paging = if is_paged { lab.settings.config.ui.pager } else { Paging::Never };
        Ok(Scene { output: self.output.paged(paging), lab, dir, flags: self.app.global.config.clone() })
    }
}

impl Anywhere {
    fn run(&self, global: &Global, output: Output) -> Result<u8> {
        let exit = match self {
            Self::Gpus(command) => return command.run(&global.config, output),
            Self::Hook(command) => return command.run(output),
            Self::AgentGuide(command) => command.run(output),
            Self::Demo(command) => command.run(output),
            Self::Completions(command) => command.run(&mut tree(), output),
            Self::Man(command) => command.run(tree(), output),
            Self::Candidates(command) => command.run(&built(), &global.config, output),
            Self::Cards(command) => command.run(output),
        };
        exit.map(Exit::code)
    }
}
