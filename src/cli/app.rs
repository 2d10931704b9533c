//! The tree of commands and the switch between them.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{CommandFactory, Parser, Subcommand};

use crate::cli::scene::Scene;
use crate::cli::{
    agent_guide, archive, attach, best, candidates, cards, complete, completions, config, crash, demo, diff,
    discard, doctor, export, gc, gpus, import, init, input, keep, logs, ls, man, near, note, pull, push,
    recover, register, remote, restore, rm, run, shim, show, sql, stop, store, tags, undo, upkeep, wait,
    worktree,
};
use crate::config::schema::Paging;
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

const AFTER: &str = "Exit codes: 0 done or kept, 1 failed, 2 usage, 3 blocked, 4 no card, 5 no such experiment, 10 discard, \
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
    Init(init::Init),
    Run(run::Run),
    Wait(wait::Wait),
    Attach(attach::Attach),
    Stop(stop::Stop),
    Recover(recover::Recover),
    Ls(ls::Ls),
    Best(best::Best),
    Show(show::Show),
    Diff(diff::Diff),
    Near(near::Near),
    Sql(sql::Sql),
    Logs(logs::Logs),
    Tags(tags::Tags),
    Keep(keep::Keep),
    Discard(discard::Discard),
    Note(note::Note),
    Restore(restore::Restore),
    Rm(rm::Rm),
    Worktree(worktree::Worktree),
    Undo(undo::Undo),
    Archive(archive::Archive),
    Gc(gc::Gc),
    Store(store::Store),
    Doctor(doctor::Doctor),
    Register(register::Register),
    Complete(complete::Complete),
    Crash(crash::Crash),
    Export(export::Export),
    Import(import::Import),
    Push(push::Push),
    Pull(pull::Pull),
    Remote(remote::Remote),
    Config(config::Config),
    Gpus(gpus::Gpus),
    AgentGuide(agent_guide::AgentGuide),
    Demo(demo::Demo),
    Completions(completions::Completions),
    #[command(hide = true)]
    Shim(shim::Shim),
    #[command(hide = true)]
    Upkeep(upkeep::Upkeep),
    #[command(hide = true)]
    Man(man::Man),
    #[command(hide = true)]
    Candidates(candidates::Candidates),
    #[command(hide = true)]
    Cards(cards::Cards),
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
        let exit = match &self.app.command {
            Command::Gpus(command) => return command.run(&self.app.global.config, output),
            Command::AgentGuide(command) => command.run(output),
            Command::Demo(command) => command.run(output),
            Command::Completions(command) => command.run(&mut tree(), output),
            Command::Man(command) => command.run(tree(), output),
            Command::Candidates(command) => command.run(&built(), &self.app.global.config, output),
            Command::Cards(command) => command.run(output),
            command => return command.run_in(&self.scene()?),
        };
        exit.map(Exit::code)
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

    fn scene(&self) -> Result<Scene> {
        let dir = env::current_dir().context("the current folder is gone")?;
        let lab = Lab::open(&dir, &self.app.global.config)?;
        let is_paged = self.app.command.is_read() && !self.app.global.no_pager;
        let paging = if is_paged { lab.settings.config.ui.pager } else { Paging::Never };
        Ok(Scene { output: self.output.paged(paging), lab, dir, flags: self.app.global.config.clone() })
    }
}

impl Command {
    /// Whether people read its answer and nothing waits for its end, so that a pager may hold it up.
    fn is_read(&self) -> bool {
        matches!(
            self,
            Self::Ls(_)
                | Self::Best(_)
                | Self::Show(_)
                | Self::Diff(_)
                | Self::Near(_)
                | Self::Logs(_)
                | Self::Tags(_)
                | Self::Export(_)
        )
    }

    /// Whether it changes or runs something: a bare repository is only read.
    fn needs_work_tree(&self) -> bool {
        matches!(
            self,
            Self::Init(_)
                | Self::Run(_)
                | Self::Shim(_)
                | Self::Wait(_)
                | Self::Attach(_)
                | Self::Stop(_)
                | Self::Recover(_)
                | Self::Keep(_)
                | Self::Discard(_)
                | Self::Note(_)
                | Self::Restore(_)
                | Self::Rm(_)
                | Self::Worktree(_)
                | Self::Undo(_)
                | Self::Register(_)
                | Self::Complete(_)
                | Self::Crash(_)
                | Self::Import(_)
        )
    }

    fn run_in(&self, scene: &Scene) -> Result<u8> {
        if self.needs_work_tree() {
            scene.lab.repo.check_work_tree()?;
        }
        // These settle by themselves, with the work tree in hand, or have nothing to settle.
        // The doctor is to see what is left unsettled.
        if !matches!(
            self,
            Self::Run(_)
                | Self::Shim(_)
                | Self::Recover(_)
                | Self::Init(_)
                | Self::Config(_)
                | Self::Doctor(_)
        ) {
            scene.settle();
        }
        let exit = match self {
            Self::Gpus(command) => return command.run(&scene.flags, scene.output),
            Self::Init(command) => command.run(scene),
            Self::Run(command) => command.run(scene),
            Self::Shim(command) => command.run(scene),
            Self::Wait(command) => command.run(scene),
            Self::Attach(command) => command.run(scene),
            Self::Stop(command) => command.run(scene),
            Self::Recover(command) => command.run(scene),
            Self::Ls(command) => command.run(scene),
            Self::Best(command) => command.run(scene),
            Self::Show(command) => command.run(scene),
            Self::Diff(command) => command.run(scene),
            Self::Near(command) => command.run(scene),
            Self::Sql(command) => command.run(scene),
            Self::Logs(command) => command.run(scene),
            Self::Tags(command) => command.run(scene),
            Self::Keep(command) => command.run(scene),
            Self::Discard(command) => command.run(scene),
            Self::Note(command) => command.run(scene),
            Self::Restore(command) => command.run(scene),
            Self::Rm(command) => command.run(scene),
            Self::Worktree(command) => command.run(scene),
            Self::Undo(command) => command.run(scene),
            Self::Archive(command) => command.run(scene),
            Self::Gc(command) => command.run(scene),
            Self::Store(command) => command.run(scene),
            Self::Doctor(command) => command.run(scene),
            Self::Upkeep(command) => command.run(scene),
            Self::Register(command) => command.run(scene),
            Self::Complete(command) => command.run(scene),
            Self::Crash(command) => command.run(scene),
            Self::Export(command) => command.run(scene),
            Self::Import(command) => command.run(scene),
            Self::Push(command) => command.run(scene),
            Self::Pull(command) => command.run(scene),
            Self::Remote(command) => command.run(scene),
            Self::Config(command) => command.run(scene),
            Self::AgentGuide(command) => command.run(scene.output),
            Self::Demo(command) => command.run(scene.output),
            Self::Completions(command) => command.run(&mut tree(), scene.output),
            Self::Man(command) => command.run(tree(), scene.output),
            Self::Candidates(command) => command.run(&built(), &scene.flags, scene.output),
            Self::Cards(command) => command.run(scene.output),
        };
        if self.writes_much() {
            upkeep::start_if_due(scene);
        }
        exit.map(Exit::code)
    }

    /// Whether refs and objects may have gathered by it; the supervisor of a run stands for `gx run`.
    fn writes_much(&self) -> bool {
        matches!(
            self,
            Self::Shim(_)
                | Self::Import(_)
                | Self::Register(_)
                | Self::Complete(_)
                | Self::Crash(_)
                | Self::Archive(_)
        )
    }
}
