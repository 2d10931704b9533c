//! The commands that work in a repository: their tree, the switch between them, and what each of them needs.

use anyhow::Result;
use clap::Subcommand;

use crate::cli::scene::Scene;
use crate::cli::{
    archive, attach, best, complete, config, crash, diff, discard, doctor, export, feed, gc, guard, import,
    init, keep, logs, ls, mirror, near, note, pull, push, recover, register, remote, restore, rm, run, shim,
    show, sql, stop, store, sync, sync_down, sync_up, tags, undo, upkeep, wait, worktree,
};
use crate::error::Exit;
use crate::mirror::hook::alarm::all;
use crate::ui::number::count;
use crate::ui::style::Label;

/// What works in a repository.
#[derive(Debug, Subcommand)]
pub(super) enum Inside {
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
    Feed(feed::Feed),
    Export(export::Export),
    Import(import::Import),
    Push(push::Push),
    Pull(pull::Pull),
    Remote(remote::Remote),
    Mirror(mirror::Mirror),
    SyncDown(sync_down::SyncDown),
    SyncUp(sync_up::SyncUp),
    Sync(sync::Sync),
    Guard(guard::Guard),
    Config(config::Config),
    #[command(hide = true)]
    Shim(shim::Shim),
    #[command(hide = true)]
    Upkeep(upkeep::Upkeep),
}

impl Inside {
    /// Does what the command line says.
    pub(super) fn run(&self, scene: &Scene) -> Result<Exit> {
        if self.needs_work_tree() {
            scene.lab.repo.check_work_tree()?;
        }
        if self.is_settled_first() {
            scene.settle();
        }
        self.tell_alarms(scene);
        let exit = self.switch(scene);
        if self.writes_much() {
            upkeep::start_if_due(scene);
        }
        exit
    }

    fn switch(&self, scene: &Scene) -> Result<Exit> {
        match self {
            Self::Init(command) => command.run(scene),
            Self::Run(command) => command.run(scene),
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
            Self::Register(command) => command.run(scene),
            Self::Complete(command) => command.run(scene),
            Self::Crash(command) => command.run(scene),
            Self::Feed(command) => command.run(scene),
            Self::Export(command) => command.run(scene),
            Self::Import(command) => command.run(scene),
            Self::Push(command) => command.run(scene),
            Self::Pull(command) => command.run(scene),
            Self::Remote(command) => command.run(scene),
            Self::Mirror(command) => command.run(scene),
            Self::SyncDown(command) => command.run(scene),
            Self::SyncUp(command) => command.run(scene),
            Self::Sync(command) => command.run(scene),
            Self::Guard(command) => command.run(scene),
            Self::Config(command) => command.run(scene),
            Self::Shim(command) => command.run(scene),
            Self::Upkeep(command) => command.run(scene),
        }
    }

    /// Says that something has gone by the guard, until somebody looks into it.
    fn tell_alarms(&self, scene: &Scene) {
        let tells_itself = match self {
            Self::Shim(_) | Self::Upkeep(_) | Self::Doctor(_) => true,
            Self::Guard(command) => command.tells_alarms(),
            _ => false,
        };
        let alarms =
            if tells_itself { Vec::new() } else { all(&scene.lab.repo.gx_dir()).unwrap_or_default() };
        if let Some(last) = alarms.last() {
            let alarms = count(alarms.len(), "alarm");
            let told =
                format!("something went to `{}` past the guard ({alarms}): `gx guard audit`", last.remote);
            scene.output.note("alarm", Label::Bad, &told);
        }
    }

    /// Whether people read its answer and nothing waits for its end, so that a pager may hold it up.
    pub(super) fn is_read(&self) -> bool {
        if let Self::Mirror(command) = self {
            return command.is_read();
        }
        matches!(
            self,
            Self::Ls(_)
                | Self::Best(_)
                | Self::Show(_)
                | Self::Diff(_)
                | Self::Near(_)
                | Self::Sql(_)
                | Self::Logs(_)
                | Self::Tags(_)
                | Self::Store(_)
                | Self::Doctor(_)
                | Self::Remote(_)
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
                | Self::Feed(_)
                | Self::Import(_)
                | Self::Archive(_)
                | Self::Gc(_)
                | Self::Upkeep(_)
                | Self::Push(_)
                | Self::Pull(_)
                | Self::SyncDown(_)
                | Self::SyncUp(_)
                | Self::Sync(_)
        )
    }

    /// Most bring the records up to date before they look. Some do so by themselves, with the work tree in hand, some
    /// have nothing to settle, and the doctor is to see what is left unsettled.
    fn is_settled_first(&self) -> bool {
        !matches!(
            self,
            Self::Run(_)
                | Self::Shim(_)
                | Self::Recover(_)
                | Self::Init(_)
                | Self::Config(_)
                | Self::Doctor(_)
                | Self::Guard(_)
        )
    }

    /// Whether refs and objects may have gathered by it; the supervisor of a run stands for `gx run`.
    fn writes_much(&self) -> bool {
        matches!(
            self,
            Self::Shim(_)
                | Self::Import(_)
                | Self::Pull(_)
                | Self::Register(_)
                | Self::Complete(_)
                | Self::Crash(_)
                | Self::Feed(_)
                | Self::Archive(_)
        )
    }
}
