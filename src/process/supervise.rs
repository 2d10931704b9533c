//! Watching over a running child and its group until the last of them is gone.

use std::io;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use crate::process::family;
use crate::process::group::Group;
use crate::process::output::Ended;
use crate::process::wait::{Pause, Watch};

/// How long at most until a limit, an interrupt or a tick is noticed.
const BEAT: Duration = Duration::from_millis(100);

/// How a supervised child came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChildEnd {
    /// The end of the leader, the process that was started.
    pub ended: Ended,
    /// Who wanted it.
    pub cause: Cause,
    /// From the start to the end of the leader.
    pub took: Duration,
}

/// Who wanted a child to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// The child itself.
    ByItself,
    /// gx, as its time was over.
    TimeLimit,
    /// The user, see [`super::interrupt`].
    Interrupt,
}

/// What a supervised child is held to.
pub struct Terms<'a> {
    /// How long it may run; `None` is for ever.
    pub limit: Option<Duration>,
    /// How long it may take to end once it has been asked to.
    pub grace: Duration,
    /// How often the user has asked to stop: once asks the child, twice kills it.
    pub interrupts: &'a dyn Fn() -> usize,
    /// Who is to be gone with it.
    pub kin: Kin,
    /// Called about every 100 ms with the time since the start.
    pub tick: &'a mut dyn FnMut(Duration),
}

/// Who is cleared away with a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kin {
    /// Its group.
    Group,
    /// All descendants of this process, which must have [founded](family::found) a family and have no other child.
    Family,
}

/// Waits for a child that leads `group`, ends it when its time is over or the user says so, and clears
/// its kin away.
///
/// Kin that outlive a leader which ended by itself have the grace to end too.
/// Whoever is to be stopped gets SIGTERM, the grace, then SIGKILL. The call comes back when the
/// leader is reaped and none of its kin runs any more.
///
/// # Errors
/// When the system cannot tell about the child any more, or when gx may not signal it.
pub fn supervise(leader: Child, group: Group, began: Instant, terms: Terms<'_>) -> io::Result<ChildEnd> {
    let mut supervision = Supervision { leader, group, began, terms, end: None };
    let cause = supervision.wait_for_leader()?;
    if cause == Cause::ByItself {
        // Stragglers are under the time limit too.
        let left =
            supervision.terms.limit.map_or(Duration::MAX, |limit| limit.saturating_sub(began.elapsed()));
        let grace = supervision.terms.grace.min(left);
        supervision.wait_for_all(grace, 1)?;
    }
    let (ended, took) = supervision.stop()?;
    Ok(ChildEnd { ended, cause, took })
}

struct Supervision<'a> {
    leader: Child,
    group: Group,
    began: Instant,
    terms: Terms<'a>,
    end: Option<(Ended, Duration)>,
}

impl Supervision<'_> {
    fn wait_for_leader(&mut self) -> io::Result<Cause> {
        let mut watch = Watch::on(self.leader.id());
        loop {
            if self.leader_has_ended()? {
                return Ok(Cause::ByItself);
            }
            let elapsed = self.began.elapsed();
            if (self.terms.interrupts)() > 0 {
                return Ok(Cause::Interrupt);
            }
            let left = self.terms.limit.map_or(BEAT, |limit| limit.saturating_sub(elapsed));
            if left.is_zero() {
                return Ok(Cause::TimeLimit);
            }
            (self.terms.tick)(elapsed);
            watch.wait(left.min(BEAT));
        }
    }

    /// Reaps the leader as soon as it has ended: then an empty group is seen without a search.
    fn leader_has_ended(&mut self) -> io::Result<bool> {
        if self.end.is_none() {
            let status = self.leader.try_wait()?;
            self.end = status.map(|status| (status.into(), self.began.elapsed()));
        }
        Ok(self.end.is_some())
    }

    /// What became of the leader, once it and every member of its group are gone.
    fn end_of_all(&mut self) -> io::Result<Option<(Ended, Duration)>> {
        Ok(if self.leader_has_ended()? && !self.is_kin_left() { self.end } else { None })
    }

    /// To be asked only once the leader has been reaped: looking for others would take its end away.
    fn is_kin_left(&self) -> bool {
        match self.terms.kin {
            Kin::Group => self.group.is_alive(),
            Kin::Family => family::is_left() || self.group.is_alive(),
        }
    }

    fn signal(&self, signal: Signal) -> io::Result<()> {
        self.group.signal(signal)?;
        match self.terms.kin {
            Kin::Group => Ok(()),
            // Who has left the group is found by his parents.
            Kin::Family => family::signal(signal, self.group.number()),
        }
    }

    /// Waits until all are gone, at most this long and only while there are fewer interrupts than `patience`.
    fn wait_for_all(&mut self, at_most: Duration, patience: usize) -> io::Result<Option<(Ended, Duration)>> {
        let (began, mut pause) = (Instant::now(), Pause::new());
        loop {
            let left = at_most.saturating_sub(began.elapsed());
            let end = self.end_of_all()?;
            if end.is_some() || left.is_zero() || (self.terms.interrupts)() >= patience {
                return Ok(end);
            }
            (self.terms.tick)(self.began.elapsed());
            pause.wait(left);
        }
    }

    /// Asks all to end, then makes them; returns at once when they already have.
    fn stop(&mut self) -> io::Result<(Ended, Duration)> {
        if let Some(end) = self.end_of_all()? {
            return Ok(end);
        }
        self.signal(Signal::TERM)?;
        // A stopped process notices SIGTERM only when it goes on.
        self.signal(Signal::CONT)?;
        if let Some(end) = self.wait_for_all(self.terms.grace, 2)? {
            return Ok(end);
        }
        loop {
            self.signal(Signal::KILL)?;
            // A leader that has moved to another group still is this child.
            self.leader.kill()?;
            if let Some(end) = self.wait_for_all(Duration::from_secs(1), usize::MAX)? {
                return Ok(end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::identity::{Identity, group_is_alive};
    use crate::process::wait::wait_until;
    use std::os::unix::process::CommandExt;
    use std::path::Path;
    use std::process::Command;

    const LONG: Duration = Duration::from_secs(60);
    const NEVER: &dyn Fn() -> usize = &|| 0;

    /// Runs a script; one that writes `ready` is supervised only once it has set its traps.
    fn run(
        script: &str,
        limit: Option<Duration>,
        grace: Duration,
        interrupts: &dyn Fn() -> usize,
    ) -> ChildEnd {
        let dir = tempfile::tempdir().unwrap();
        run_in(dir.path(), script, Terms { limit, grace, interrupts, kin: Kin::Group, tick: &mut |_| {} })
    }

    fn run_in(dir: &Path, script: &str, terms: Terms<'_>) -> ChildEnd {
        let mut command = Command::new("sh");
        let mut child = command.args(["-c", script]).current_dir(dir).process_group(0).spawn().unwrap();
        let (pid, began) = (child.id(), Instant::now());
        let waits_for_ready = script.contains("ready");
        wait_until(|| !waits_for_ready || dir.join("ready").exists() || child.try_wait().unwrap().is_some());
        let end = supervise(child, Group::led_by(Identity::of(pid).unwrap()), began, terms).unwrap();
        assert!(!group_is_alive(pid), "somebody of the group was left");
        end
    }

    #[test]
    fn a_child_that_ends_by_itself_is_told_with_its_code() {
        let end = run("exit 7", Some(LONG), LONG, NEVER);
        assert_eq!((end.ended, end.cause), (Ended::Exit(7), Cause::ByItself));
        let end = run("kill -SEGV $$", None, LONG, NEVER);
        assert_eq!((end.ended, end.cause), (Ended::Signal(11), Cause::ByItself));
    }

    #[test]
    fn a_child_past_its_limit_is_asked_to_end_and_may_save() {
        let script = "trap 'exit 4' TERM; touch ready; while :; do sleep 0.01; done";
        let end = run(script, Some(Duration::ZERO), LONG, NEVER);
        assert_eq!((end.ended, end.cause), (Ended::Exit(4), Cause::TimeLimit));
        assert!(end.took < LONG);
    }

    #[test]
    fn a_member_that_ignores_term_is_killed_after_the_grace_though_its_leader_ended() {
        let script = "sh -c 'trap \"\" TERM; touch ready; while :; do sleep 1; done' & wait";
        let grace = Duration::from_millis(300);
        let began = Instant::now();
        let end = run(script, Some(Duration::ZERO), grace, NEVER);
        assert_eq!((end.ended, end.cause), (Ended::Signal(15), Cause::TimeLimit));
        assert!(began.elapsed() >= grace && end.took < LONG);
    }

    #[test]
    fn a_stopped_child_still_hears_that_its_time_is_over() {
        let script = "trap 'exit 4' TERM; touch ready; kill -STOP $$; sleep 60";
        let end = run(script, Some(Duration::from_millis(200)), LONG, NEVER);
        assert_eq!((end.ended, end.cause), (Ended::Exit(4), Cause::TimeLimit));
    }

    #[test]
    fn stragglers_may_finish_their_work_within_the_grace() {
        let dir = tempfile::tempdir().unwrap();
        let script = "(sleep 0.2; touch saved) >/dev/null 2>&1 & exit 0";
        let terms = Terms { limit: None, grace: LONG, interrupts: NEVER, kin: Kin::Group, tick: &mut |_| {} };
        let end = run_in(dir.path(), script, terms);
        assert_eq!((end.ended, end.cause), (Ended::Exit(0), Cause::ByItself));
        assert!(dir.path().join("saved").exists());
    }

    #[test]
    fn stragglers_that_stay_longer_are_stopped_and_the_end_stays_that_of_the_leader() {
        let began = Instant::now();
        let end = run("sleep 60 & exit 0", None, Duration::from_millis(100), NEVER);
        assert_eq!((end.ended, end.cause), (Ended::Exit(0), Cause::ByItself));
        assert!(began.elapsed() < LONG);
    }

    #[test]
    fn the_first_interrupt_asks_and_the_second_kills_without_grace() {
        let saves = "trap 'exit 4' TERM; touch ready; while :; do sleep 0.01; done";
        let end = run(saves, None, LONG, &|| 1);
        assert_eq!((end.ended, end.cause), (Ended::Exit(4), Cause::Interrupt));
        let stubborn = "trap '' TERM; touch ready; while :; do sleep 0.01; done";
        let end = run(stubborn, None, LONG, &|| 2);
        assert_eq!((end.ended, end.cause), (Ended::Signal(9), Cause::Interrupt));
    }

    #[test]
    fn time_goes_by_in_ticks() {
        let (dir, mut ticks) = (tempfile::tempdir().unwrap(), Vec::new());
        let tick = &mut |elapsed| ticks.push(elapsed);
        let limit = Some(Duration::from_millis(350));
        run_in(
            dir.path(),
            "sleep 60",
            Terms { limit, grace: LONG, interrupts: NEVER, kin: Kin::Group, tick },
        );
        assert!(ticks.len() >= 3 && ticks.is_sorted(), "{ticks:?}");
    }

    #[test]
    fn a_short_command_is_told_promptly() {
        let took = (0..20).map(|_| {
            let began = Instant::now();
            run("exit 0", Some(LONG), LONG, NEVER);
            began.elapsed()
        });
        let best = took.min().unwrap();
        assert!(best < BEAT / 5, "20 runs of nothing took {best:?} at the least");
    }
}
