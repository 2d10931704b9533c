//! Finding out what the policy gives up; nothing is changed.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Result;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::config::store::Store as Rules;
use crate::config::units::show_size;
use crate::git::notes::Notes;
use crate::git::refs::Ref;
use crate::model::id::ExperimentId;
use crate::store::experiments::{RECORDS, Store, Stored};
use crate::store::expiry::{Expiry, Kind, Share};
use crate::store::flush::missing;
use crate::store::logs::LOGS;

/// From this age on a file that was never given its name is the rubbish of a killed process.
const LEFT: Duration = Duration::from_secs(3600);

/// A log file of this clone.
struct Log {
    id: ExperimentId,
    path: PathBuf,
    bytes: u64,
    age: Duration,
}

impl Store<'_> {
    /// What the rules give up now.
    pub fn plan_expiry(&self, rules: &Rules) -> Result<Expiry> {
        let mut plan = Expiry::default();
        self.find_trash(rules, &mut plan)?;
        self.find_logs(rules, &mut plan)?;
        self.find_artifacts(rules, &mut plan)?;
        self.find_journal(rules, &mut plan)?;
        self.find_leftovers(&mut plan);
        plan.registrations = self.repo.stray_registrations()?;
        let names = plan.registrations.iter().map(|number| format!("gx-{number}")).collect();
        plan.share(Kind::Registrations, names, 0, "registrations of checkouts that are gone".to_owned());
        Ok(plan)
    }

    fn find_trash(&self, rules: &Rules, plan: &mut Expiry) -> Result<()> {
        let Some(kept) = rules.keep_trash else { return Ok(()) };
        let trashed = self.trashed()?;
        // The highest number says which one comes next: it stays as long as it is the highest.
        let own = |stored: &&Stored| stored.id.site().is_none();
        let all = self.list()?;
        let highest = all.iter().chain(&trashed).filter(own).map(|stored| stored.id.number()).max();
        for stored in trashed.iter().filter(|one| !own(one) || Some(one.id.number()) != highest) {
            let since = trashed_at(&self.note(stored.snapshot)?);
            if since.is_some_and(|since| Timestamp::now().seconds_since(since) > kept.as_secs_f64()) {
                plan.trash.push(stored.clone());
            }
        }
        let snapshots: Vec<_> = plan.trash.iter().map(|stored| stored.snapshot).collect();
        let bytes = self.repo.bytes_kept_by(&snapshots, "refs/gx/trash/*")?;
        let names = plan.trash.iter().map(|stored| stored.id.to_string()).collect();
        let why = format!("thrown away more than {} ago; their records stay", days(kept));
        plan.share(Kind::Trash, names, bytes, why);
        Ok(())
    }

    fn find_logs(&self, rules: &Rules, plan: &mut Expiry) -> Result<()> {
        let mut logs = self.log_files();
        let total: u64 = logs.iter().map(|log| log.bytes).sum();
        let is_old = |log: &Log| rules.keep_logs.is_some_and(|kept| log.age > kept);
        if !(rules.max_logs > 0 && total > rules.max_logs || logs.iter().any(is_old)) {
            return Ok(());
        }
        let noted: HashSet<_> = Notes::open(self.repo, LOGS)?.all()?.into_keys().collect();
        let open = self.open_snapshots();
        let all = self.list()?.into_iter().chain(self.trashed()?);
        let safe: HashMap<ExperimentId, Stored> = all
            .filter(|stored| noted.contains(&stored.snapshot) && !open.contains(&stored.snapshot))
            .map(|stored| (stored.id.clone(), stored))
            .collect();
        logs.sort_by_key(|log| std::cmp::Reverse(log.age));
        let (mut left, mut freed, mut names) = (total, 0, Vec::new());
        for log in logs.into_iter().filter(|log| log.bytes > 0) {
            let Some(stored) = safe.get(&log.id) else { continue };
            let is_over = rules.max_logs > 0 && left > rules.max_logs;
            if !is_over && !is_old(&log) {
                continue;
            }
            left -= log.bytes;
            freed += log.bytes;
            names.push(log.id.to_string());
            plan.logs.push((stored.clone(), log.path));
        }
        let budget = if rules.max_logs > 0 { show_size(rules.max_logs) } else { "any size".to_owned() };
        let age = rules.keep_logs.map_or(String::new(), |kept| format!(" or {}", days(kept)));
        let why = format!("whole logs beyond {budget}{age}; head and tail stay in the notes");
        plan.share(Kind::Logs, names, freed, why);
        Ok(())
    }

    /// What all whole log files take, in bytes.
    pub(in crate::store) fn log_bytes(&self) -> u64 {
        self.log_files().iter().map(|log| log.bytes).sum()
    }

    fn log_files(&self) -> Vec<Log> {
        let folders = fs::read_dir(self.repo.gx_dir().join("runs")).into_iter().flatten().flatten();
        let log = |folder: fs::DirEntry| {
            let path = folder.path().join("log");
            let meta = fs::metadata(&path).ok()?;
            let id = folder.file_name().to_str()?.parse().ok()?;
            Some(Log { id, path, bytes: meta.len(), age: age_of(&meta) })
        };
        folders.filter_map(log).collect()
    }

    fn find_artifacts(&self, rules: &Rules, plan: &mut Expiry) -> Result<()> {
        if rules.max_artifacts == 0 {
            return Ok(());
        }
        let (mut total, mut names) = (0, Vec::new());
        let mut all = self.artifacts()?;
        // The newest first: what they share with older ones is theirs.
        all.sort_by_key(|(stored, ..)| std::cmp::Reverse(stored.id.number()));
        let mut freed = 0;
        for (stored, reference, bytes) in all {
            total += bytes;
            if total > rules.max_artifacts {
                freed += bytes;
                names.push(stored.id.to_string());
                plan.artifacts.push((stored, reference));
            }
        }
        let why = format!("kept results beyond {}", show_size(rules.max_artifacts));
        plan.share(Kind::Artifacts, names, freed, why);
        Ok(())
    }

    /// The kept results, with their sizes in bytes, each blob counted once.
    pub fn artifacts(&self) -> Result<Vec<(Stored, Ref, u64)>> {
        let refs = self.repo.refs("refs/artifacts/")?;
        if refs.is_empty() {
            return Ok(Vec::new());
        }
        let known: HashMap<_, _> = self.list()?.into_iter().map(|one| (one.id, one.snapshot)).collect();
        let (mut found, mut blobs, mut ids) = (Vec::new(), HashSet::new(), Vec::new());
        for reference in refs.into_iter().rev() {
            let id = reference.name.strip_prefix("refs/artifacts/").and_then(|id| id.parse().ok());
            let Some((id, snapshot)) = id.and_then(|id: ExperimentId| Some((id.clone(), *known.get(&id)?)))
            else {
                continue;
            };
            let files = self.repo.files(self.repo.tree_of(reference.target)?)?;
            let before = ids.len();
            ids.extend(files.into_iter().map(|(_, entry)| entry.id).filter(|id| blobs.insert(*id)));
            found.push((Stored { id, snapshot }, reference, before..ids.len()));
        }
        let sizes = self.repo.sizes(&ids)?;
        let total = |own: Range<usize>| sizes[own].iter().sum();
        Ok(found.into_iter().map(|(stored, reference, own)| (stored, reference, total(own))).collect())
    }

    fn find_journal(&self, rules: &Rules, plan: &mut Expiry) -> Result<()> {
        let (mut names, mut bytes) = (Vec::new(), 0);
        let notes = Notes::open(self.repo, RECORDS)?;
        for batch in self.journal.applied()? {
            let Ok(meta) = fs::metadata(batch.path()) else { continue };
            if age_of(&meta) <= rules.keep_journal {
                continue;
            }
            if missing(&notes, std::slice::from_ref(&batch))?.is_empty() {
                names.push(name_of(batch.path()));
                bytes += meta.len();
                plan.journal.push(batch);
            }
        }
        let why = format!("lines that the notes have held for {}", days(rules.keep_journal));
        plan.share(Kind::Journal, names, bytes, why);
        Ok(())
    }

    fn find_leftovers(&self, plan: &mut Expiry) {
        let folders = [self.repo.gx_dir(), self.repo.gx_dir().join("pending")];
        let runs = fs::read_dir(self.repo.gx_dir().join("runs")).into_iter().flatten().flatten();
        let is_temporary = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "tmp");
        let mut files: Vec<PathBuf> =
            folders.iter().flat_map(fs::read_dir).flatten().flatten().map(|file| file.path()).collect();
        files.extend(runs.map(|folder| folder.path().join("outcome.tmp")));
        files.retain(is_temporary);
        files.extend(self.journal.leftovers());
        files.retain(|path| fs::metadata(path).is_ok_and(|meta| meta.is_file() && age_of(&meta) > LEFT));
        files.extend(self.repo.dead_scratch());
        let bytes = files.iter().filter_map(|path| Some(fs::metadata(path).ok()?.len())).sum();
        let names = files.iter().map(|path| name_of(path)).collect();
        plan.share(Kind::Leftovers, names, bytes, "files of processes that were killed".to_owned());
        plan.files.extend(files);
    }
}

impl Expiry {
    fn share(&mut self, kind: Kind, names: Vec<String>, bytes: u64, why: String) {
        if !names.is_empty() {
            self.shares.push(Share { kind, names, bytes, why });
        }
    }
}

/// When an experiment was thrown away; nothing where that was taken back since, as by a `gx undo` that was killed before
/// it moved the ref.
fn trashed_at(note: &[u8]) -> Option<Timestamp> {
    let lines =
        note.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let said = |line: Value| Some((line.get("at")?.as_str()?.parse().ok()?, line.get("trashed")?.as_bool()?));
    let (at, is_trashed) = lines.filter_map(said).max()?;
    is_trashed.then_some(at)
}

fn age_of(meta: &fs::Metadata) -> Duration {
    meta.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok()).unwrap_or_default()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn days(time: Duration) -> String {
    let hours = time.as_secs() / 3600;
    if hours > 0 && hours.is_multiple_of(24) {
        format!("{} d", hours / 24)
    } else {
        format!("{:.1} h", time.as_secs_f64() / 3600.0)
    }
}
