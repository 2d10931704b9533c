//! Talking to one remote: what is fetched and sent, and what is then known of it.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fs::File;

use anyhow::Result;

use crate::clock::Timestamp;
use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::git::sending::{Lease, Sending};
use crate::git::transfer::{Fate, Wire};
use crate::model::id::ExperimentId;
use crate::model::object::ObjectId;
use crate::model::record::Record;
use crate::model::upload::{Leaving, Upload, UploadCheck};
use crate::process::fail;
use crate::store::experiments::{RECORDS, Store, Stored};
use crate::store::logs::LOGS;
use crate::store::share::join::Join;
use crate::store::share::memory::Memory;
use crate::store::share::records::{Gap, Levelling};
use crate::store::share::tracking::{Extras, Tracked, Tracking};

/// From this many experiments on a remote everybody's `git push` feels them, since it lists every ref.
pub const HEAVY: usize = 5000;

/// Fewer records than this are looked up one by one.
const FEW: usize = 64;

/// One remote, which no other gx of this clone talks to meanwhile.
pub struct Exchange<'a> {
    pub(super) store: &'a Store<'a>,
    pub(super) repo: &'a Repo,
    /// Its name.
    pub remote: String,
    pub(super) tracking: Tracking,
    pub(super) memory: Memory,
    pub(super) wire: Wire,
    urls: OnceCell<Vec<String>>,
    _lock: Option<File>,
}

/// A ref that the other side did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its name there.
    pub name: String,
    /// Why, in the words of git or of the other side.
    pub why: String,
}

impl<'a> Exchange<'a> {
    /// Takes the remote in hand.
    ///
    /// # Errors
    /// There is no such remote.
    pub fn open(store: &'a Store<'a>, remote: &str, wire: Wire) -> Result<Self> {
        store.repo.check_remote(remote)?;
        let lock = Memory::lock(&store.repo.gx_dir(), remote)?;
        store.repo.clear_outgoing(remote)?;
        Ok(Self { _lock: Some(lock), ..Self::look(store, remote, wire) })
    }

    /// Only looks at what is known of it.
    pub(super) fn look(store: &'a Store<'a>, remote: &str, wire: Wire) -> Self {
        let repo = store.repo;
        Self {
            store,
            repo,
            remote: remote.to_owned(),
            tracking: Tracking::of(remote),
            memory: Memory::read(&repo.gx_dir(), remote),
            wire,
            urls: OnceCell::new(),
            _lock: None,
        }
    }

    /// Looks at the remote: everything that gx shares comes, and only here is it known of then.
    ///
    /// # Errors
    /// The remote cannot be reached.
    pub fn fetch(&mut self, extras: Extras) -> Result<()> {
        self.repo.fetch(&self.remote, &self.tracking.refspecs(extras), &mut self.wire)?;
        fail::point("fetched");
        self.memory.pulled = Some(Timestamp::now().to_string());
        Ok(())
    }

    /// Whether it was never looked at.
    pub(super) fn is_unknown(&self) -> bool {
        self.memory.pulled.is_none()
    }

    /// Asks whether these may leave; nothing has touched the network before.
    pub(super) fn ask(
        &self,
        sending: impl IntoIterator<Item = Sending>,
        check: &dyn UploadCheck,
    ) -> Result<()> {
        let refs = sending.into_iter().map(|one| self.leaving(one)).collect::<Result<_>>()?;
        check.check(&Upload { remote: self.remote.clone(), urls: self.urls()?, refs })
    }

    fn leaving(&self, Sending { name, new, lease }: Sending) -> Result<Leaving> {
        let old = match (lease, self.tracking.name(&name)) {
            (Lease::Absent, _) | (_, None) => None,
            (Lease::At(old), _) => Some(old),
            (Lease::Ancestor, Some(tracked)) => self.repo.read_ref(&tracked)?,
        };
        Ok(Leaving { name, old, new })
    }

    /// Where a push goes, looked up once.
    fn urls(&self) -> Result<Vec<String>> {
        if let Some(urls) = self.urls.get() {
            return Ok(urls.clone());
        }
        let urls = self.repo.push_urls(&self.remote)?;
        Ok(self.urls.get_or_init(|| urls).clone())
    }

    /// Sends refs, after asking whether they may leave, and takes note of what went through.
    ///
    /// # Errors
    /// They may not leave, the remote cannot be reached, or the connection was cut.
    pub(super) fn send(&mut self, sending: &[Sending], check: &dyn UploadCheck) -> Result<Vec<Fate>> {
        self.ask(sending.iter().cloned(), check)?;
        let fates = self.repo.push(&self.remote, sending, &mut self.wire)?;
        fail::point("pushed");
        let through = sending.iter().zip(&fates).filter(|(_, fate)| **fate == Fate::Through);
        let known: Vec<Ref> = through
            .filter_map(|(one, _)| Some(Ref { name: self.tracking.name(&one.name)?, target: one.new }))
            .collect();
        self.repo.set_refs(&known)?;
        Ok(fates)
    }

    /// What the remote had when it was last looked at.
    pub(super) fn tracked(&self) -> Result<Tracked> {
        self.tracking.list(self.repo)
    }

    /// The own experiments of this clone, with those whose refs were archived.
    pub(super) fn own(&self) -> Result<Vec<Stored>> {
        let refs = self.repo.refs("refs/experiments/exp-")?.into_iter();
        let mut own: Vec<Stored> = refs
            .filter_map(|found| {
                Some(Stored { id: ExperimentId::of_reference(&found.name)?, snapshot: found.target })
            })
            .collect();
        own.extend(self.store.archived()?.into_iter().filter(|stored| stored.id.site().is_none()));
        own.sort_by(|a, b| a.id.cmp(&b.id));
        own.dedup_by(|a, b| a.id == b.id);
        Ok(own)
    }

    /// What the records of some experiments say.
    pub(super) fn says<T: Send>(
        &self,
        some: &[Stored],
        what: &(dyn Fn(&Record) -> T + Sync),
    ) -> Result<Vec<T>> {
        // Looking up a few is quicker than listing all notes.
        if some.len() < FEW {
            return some.iter().map(|stored| Ok(what(&self.store.record(stored.snapshot)?))).collect();
        }
        self.store.map_records(some, &|_, record| what(record))
    }

    /// What either side's records lack.
    pub(super) fn record_gap(&self, published: &BTreeSet<ObjectId>, how: How) -> Result<Gap> {
        let theirs = self.tracking.notes(RECORDS);
        let levelling = Levelling {
            ours: RECORDS,
            theirs: &theirs,
            even: self.memory.records.as_ref(),
            published,
            join: Join::Lines,
        };
        match how {
            How::Look => levelling.gap(self.repo),
            How::Level => levelling.level(self.store, &format!("gx: records of {}", self.remote)),
        }
    }

    /// What either side's logs lack.
    pub(super) fn log_gap(&self, published: &BTreeSet<ObjectId>, how: How) -> Result<Gap> {
        let theirs = self.tracking.notes(LOGS);
        let own = self.own()?.into_iter().map(|stored| stored.snapshot).collect();
        let levelling = Levelling {
            ours: LOGS,
            theirs: &theirs,
            even: self.memory.logs.as_ref(),
            published,
            join: Join::Owner(&own),
        };
        match how {
            How::Look => levelling.gap(self.repo),
            How::Level => levelling.level(self.store, &format!("gx: logs of {}", self.remote)),
        }
    }

    /// Keeps what is known of the remote.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn remember(&self) -> Result<()> {
        self.memory.write(&self.repo.gx_dir(), &self.remote)
    }
}

/// Whether what is missing here is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// It is only counted.
    Look,
    /// It is.
    Level,
}
