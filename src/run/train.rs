//! The command of an experiment, from its start to the moment when nothing of it is left.

use std::ffi::OsString;
use std::fs::{self, File};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::clock::Timestamp;
use crate::model::id::ExperimentId;
use crate::process::child::{Child, ChildEnd, Kin, Launch};
use crate::process::identity::Identity;
use crate::process::{fail, interrupt, log, priority};
use crate::run::begun::Begun;
use crate::run::cards::Hand;
use crate::run::event::{Event, Listener};
use crate::run::judge::{Ending, Seen};
use crate::run::runner::Runner;
use crate::run::site::Site;
use crate::store::aside::Aside;
use crate::store::pending::Task;

impl Runner<'_> {
    /// Notes that this process looks after the run, for those who want to wait for it or to stop it.
    pub(super) fn look_after(&self, begun: &Begun) -> Result<()> {
        begun.held.aside().write(Aside::SHIM, &Identity::me())
    }

    /// Runs the command to its end; its cards are free again when this returns.
    pub(super) fn train(
        &self,
        begun: &Begun,
        site: &Site<'_>,
        mut hand: Hand,
        listen: &mut Listener<'_>,
    ) -> Result<Seen> {
        let task = begun.pending().task.as_ref().context("a run without a command")?;
        let launch = self.launch(begun, site, &hand, task)?;
        let (id, command) = (begun.id.clone(), task.command.join(" "));
        listen(Event::Started { id, command, limit: task.limit, gpus: hand.indices() });
        fail::point("starting");
        let child = match launch.start() {
            Ok(child) => child,
            // Found a moment ago and not startable now: the record exists, so this is its end.
            Err(error) => {
                let ending = Ending::ReportedCrash(format!("{error:#}"));
                return Ok(Seen {
                    ending,
                    finished: Timestamp::now(),
                    cards: hand.observed(),
                    is_wish: false,
                });
            }
        };
        fail::point("started");
        if let Err(error) = begun.held.trainer(child.identity()) {
            // No later command could tell that it runs, so it must not.
            child.supervise(Some(Duration::ZERO), Duration::ZERO, Kin::Family, &mut |_| {})?;
            return Err(error);
        }
        // The journal says `running` already; the notes can follow while it trains.
        if task.isolated
            && let Err(error) = self.store.flush()
        {
            listen(Event::Warning(format!("{error:#}")));
        }
        // It may take hours; whatever is asked next starts its programs anew.
        self.repo.rest();
        fail::point("training");
        let end = match self.accompany(begun, child, &mut hand, listen) {
            Ok(end) => end,
            Err(error) => {
                // It may train on: what it has inherited stays its own until it ends.
                hand.leave_to_heirs();
                site.leave_to_heirs();
                return Err(error);
            }
        };
        let ending = Ending::Supervised { ended: end.ended, cause: end.cause };
        let is_wish = interrupt::is_wish();
        let seen = Seen { ending, finished: Timestamp::now(), cards: hand.observed(), is_wish };
        let result = begun.held.aside().write_whole(Aside::RESULT, &seen)?;
        fail::point("seen");
        // The next one trains while the disk takes its time.
        let is_awaited = !hand.indices().is_empty();
        let warning = hand.give_back();
        if is_awaited {
            priority::step_back();
        }
        result.sync()?;
        if let Some(warning) = warning {
            listen(Event::Warning(warning));
        }
        listen(Event::Ended);
        Ok(seen)
    }

    fn launch<'a>(
        &self,
        begun: &'a Begun,
        site: &'a Site<'_>,
        hand: &'a Hand,
        task: &Task,
    ) -> Result<Launch<'a>> {
        let cards = hand.variables().into_iter().map(|(name, value)| (name.into(), value.into()));
        // All locks live as long as the trainer: nobody runs beside it, nobody takes its run for dead.
        let mut keep_open = vec![site.as_fd(), begun.held.as_fd()];
        keep_open.extend(hand.as_fds());
        Ok(Launch {
            command: task.command.iter().map(OsString::from).collect(),
            dir: site.folder(task),
            log: self.open_log(&begun.id)?,
            env: begun.variables().into_iter().chain(cards).collect(),
            without: site.foreign_variables(),
            keep_open,
        })
    }

    fn accompany(
        &self,
        begun: &Begun,
        child: Child,
        hand: &mut Hand,
        listen: &mut Listener<'_>,
    ) -> Result<ChildEnd> {
        let path = self.store.log_file(&begun.id);
        let limit = begun.pending().task.as_ref().and_then(|task| task.limit);
        let mut tick = |elapsed: Duration| {
            hand.look_around(elapsed);
            let left = limit.map(|limit| limit.saturating_sub(elapsed));
            listen(Event::Progress { elapsed, left, line: log::last_progress(&path) });
        };
        child.supervise(limit, self.config.run.grace, Kin::Family, &mut tick)
    }

    /// Opens the log of a run for appending.
    pub(super) fn open_log(&self, id: &ExperimentId) -> Result<File> {
        let path = self.store.log_file(id);
        let open = || {
            fs::create_dir_all(path.parent().expect("a log lies in a folder of its run"))?;
            File::options().create(true).append(true).open(&path)
        };
        open().with_context(|| format!("cannot write {}", path.display()))
    }
}
