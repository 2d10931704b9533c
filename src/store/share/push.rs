//! `gx push`: what this clone has and the remote lacks.

use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::error::{Fault, fault};
use crate::git::sending::{Lease, Sending};
use crate::git::transfer::Fate;
use crate::model::id::ExperimentId;
use crate::model::upload::UploadCheck;
use crate::process::fail;
use crate::store::experiments::{RECORDS, Stored};
use crate::store::logs::LOGS;
use crate::store::share::exchange::{Exchange, How, Rejected};
use crate::store::share::plan::{Plan, Wanted};
use crate::store::share::records::Gap;
use crate::store::share::site::{Claim, configured, write_claim};

/// How often it is tried again when others push at the same time.
const TRIES: u32 = 20;

/// What a push has done.
#[derive(Debug)]
pub struct Pushed {
    /// What was planned last.
    pub plan: Plan,
    /// The experiments that the remote has now and had not before.
    pub through: Vec<Stored>,
    /// How many records the remote took.
    pub records: usize,
    /// How many logs.
    pub logs: usize,
    /// How many artifacts.
    pub artifacts: usize,
    /// What it did not take.
    pub rejected: Vec<Rejected>,
}

impl Exchange<'_> {
    /// What a push would send, and how many commits of the branches would go along that the remote's branches lack.
    ///
    /// # Errors
    /// As [`Self::push`], but for the network, which is not touched.
    pub fn plan_push(&self, wanted: &Wanted) -> Result<(Plan, usize)> {
        let plan = self.plan(wanted, How::Look)?;
        let tips: Vec<_> = plan.new.iter().map(|stored| stored.snapshot).collect();
        let known = [format!("refs/remotes/{}/*", self.remote), format!("{}*", self.tracking.experiments())];
        let history = if tips.is_empty() { 0 } else { self.repo.unknown_history(&tips, &known)? };
        Ok((plan, history))
    }

    /// Sends it. Where others have pushed meanwhile, what they sent is taken in and it is tried again.
    ///
    /// # Errors
    /// The check refuses, this clone's name is taken there, or the connection was cut: running it again completes it.
    pub fn push(&mut self, wanted: &Wanted, check: &dyn UploadCheck) -> Result<Pushed> {
        let first = self.plan(wanted, How::Look)?;
        let is_new = self.is_unknown();
        // It holds as it is, unless the remote was new or the local records lack something.
        let holds = !is_new && first.is_level();
        if !holds || first.is_empty() || !matches!(first.here.claim, Claim::Own(_)) {
            // Asked before the first look at the remote, with what is known now. Else what is sent is that look, and is
            // asked about as it is.
            self.ask(self.outline(&first), check)?;
        }
        if is_new {
            self.fetch(wanted.extras)?;
        }
        let mut ready = holds.then_some(first);
        let (mut through, mut artifacts) = (Vec::new(), 0);
        let mut is_fresh = is_new;
        for attempt in 0..TRIES {
            let plan = match ready.take() {
                Some(plan) => plan,
                None => self.plan(wanted, How::Level)?,
            };
            if plan.is_empty() && !is_fresh {
                // By what is remembered of it; it may have been made anew, or have another address.
                self.fetch(wanted.extras)?;
                is_fresh = true;
                continue;
            }
            if plan.is_empty() {
                self.keep_even(&plan, &[], &[])?;
                return Ok(Pushed { plan, through, records: 0, logs: 0, artifacts, rejected: Vec::new() });
            }
            if !self.claim(&plan, check)? {
                self.again(attempt, wanted)?;
                continue;
            }
            let sending = self.sending(&plan)?;
            let fates = self.send(&sending, check)?;
            fail::point("sent");
            self.keep_even(&plan, &sending, &fates)?;
            let is_through = |fate: &Fate| *fate == Fate::Through;
            let new = plan.new.iter().zip(&fates).filter(|(_, fate)| is_through(fate));
            through.extend(new.map(|(stored, _)| stored.clone()));
            let files = &fates[plan.new.len()..plan.new.len() + plan.artifacts.len()];
            artifacts += files.iter().filter(|fate| is_through(fate)).count();
            if !fates.contains(&Fate::Moved) {
                let took = |name: &str| {
                    sending.iter().zip(&fates).any(|(one, fate)| one.name == name && is_through(fate))
                };
                let records = if took(RECORDS) { plan.records() } else { 0 };
                let logs = if took(LOGS) { plan.logs() } else { 0 };
                return Ok(Pushed {
                    plan,
                    through,
                    records,
                    logs,
                    artifacts,
                    rejected: rejected(&sending, &fates),
                });
            }
            self.again(attempt, wanted)?;
        }
        Err(self.outpaced().into())
    }

    /// Why no try has come through.
    fn outpaced(&self) -> Fault {
        let again = "nothing is lost: run the same command again";
        match self.wire.locked() {
            Some(why) => fault(format!("`{}` does not let go of a ref: {why}", self.remote))
                .hint(format!("if nobody pushes there, remove that lock at the remote; {again}")),
            None => fault(format!("others push to `{}` without a pause", self.remote)).hint(again),
        }
    }

    /// The refs of a plan, to be asked about; the commits that hold notes are not made yet, and the local ones stand
    /// for them.
    fn outline<'p>(&self, plan: &'p Plan) -> impl Iterator<Item = Sending> + use<'p> {
        let site = &plan.here.site;
        let snapshots = plan.new.iter().map(move |stored| Sending {
            name: ExperimentId::foreign(site.clone(), stored.id.number()).reference(),
            new: stored.snapshot,
            lease: Lease::Absent,
        });
        let notes = [(RECORDS, Some(&plan.records)), (LOGS, plan.logs.as_ref())].into_iter();
        let notes = notes.filter_map(|(name, gap)| {
            let gap = gap.filter(|gap| !gap.theirs.is_empty())?;
            Some(Sending { name: name.to_owned(), new: gap.at?, lease: Lease::Ancestor })
        });
        snapshots.chain(notes)
    }

    /// Looks at the remote again after others were faster.
    fn again(&mut self, attempt: u32, wanted: &Wanted) -> Result<()> {
        // Clones that collided once should not collide again.
        let spread = u64::from(std::process::id() % 7) * 5;
        thread::sleep(Duration::from_millis(u64::from(attempt.min(10)) * (10 + spread)));
        self.fetch(wanted.extras)
    }

    /// Claims this clone's name where it has not; false where somebody else was faster.
    fn claim(&mut self, plan: &Plan, check: &dyn UploadCheck) -> Result<bool> {
        let site = &plan.here.site;
        if plan.here.claim == Claim::Free {
            let new = write_claim(self.repo, site, None)?;
            let claim = Sending { name: format!("refs/gx/sites/{site}"), new, lease: Lease::Absent };
            match &self.send(&[claim], check)?[0] {
                Fate::Through => {}
                Fate::Moved => return Ok(false),
                Fate::Refused(why) => {
                    return Err(
                        fault(format!("`{}` refuses the claim of `{site}`: {why}", self.remote)).into()
                    );
                }
            }
            fail::point("site-claimed");
        }
        if configured(self.repo)?.is_none() {
            self.repo.set_setting("gx.site", site.as_str())?;
        }
        Ok(true)
    }

    /// Remembers what the remote has now.
    fn keep_even(&mut self, plan: &Plan, sending: &[Sending], fates: &[Fate]) -> Result<()> {
        let state = |name: &str, gap: &Gap| {
            let sent = sending.iter().zip(fates).find(|(one, _)| one.name == name);
            match sent {
                Some((one, Fate::Through)) => gap.even_at(Some(one.new)),
                Some(_) => gap.owing(),
                None => gap.even_at(gap.their_tip),
            }
        };
        self.memory.records = Some(state(RECORDS, &plan.records));
        if let Some(gap) = &plan.logs {
            self.memory.logs = Some(state(LOGS, gap));
        }
        self.memory.pushed = Some(Timestamp::now().to_string());
        self.remember()
    }
}

fn rejected(sending: &[Sending], fates: &[Fate]) -> Vec<Rejected> {
    let refused = sending.iter().zip(fates).filter_map(|(one, fate)| match fate {
        Fate::Refused(why) => Some(Rejected { name: one.name.clone(), why: why.clone() }),
        _ => None,
    });
    refused.collect()
}
