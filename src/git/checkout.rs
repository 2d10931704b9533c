//! Checkouts of snapshots for runs that have their files to themselves; kept warm, since most files stay the same.
//!
//! Each is a linked work tree in `<common>/gx/worktrees`, called as its experiment while a run has it and
//! `warm-N` between runs. It is cleaned when a run is over, and looked over once more when the next takes it.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::error::fault;
use crate::git::admin::{self, Admin};
use crate::git::engine::place::Place;
use crate::git::repo::Repo;
use crate::git::sweep::{self, Sweep, Tracked};
use crate::model::object::ObjectId;
use crate::process::command::Program;

/// What the folders of those that nobody uses begin with.
const WARM: &str = "warm-";

/// Settings under which the index says all about every file, whatever the user or a trainer has set.
const PLAIN_INDEX: [&str; 10] = [
    "core.splitIndex=false",
    "core.untrackedCache=false",
    "core.fsmonitor=false",
    "core.sparseCheckout=false",
    "core.trustctime=true",
    "core.checkStat=default",
    "core.ignoreStat=false",
    "index.sparse=false",
    "index.skipHash=false",
    "submodule.recurse=false",
];

/// A work tree of gx's own with HEAD detached at a commit; nobody else takes it while this or a heir of
/// its lock lives.
#[derive(Debug)]
#[must_use = "a checkout is to be retired, kept or removed"]
pub struct Checkout {
    repo: Box<Place>,
    home: PathBuf,
    dir: PathBuf,
    admin: Admin,
}

impl Repo {
    /// Makes a checkout of `commit`: of a warm one where there is one, by writing what differs.
    ///
    /// All tracked files are there, in a sparse repository too; the folders of submodules are empty.
    ///
    /// # Errors
    /// One of this name exists, the commit is missing, the disk is full.
    pub fn check_out_at(&self, name: &str, commit: ObjectId) -> Result<Checkout> {
        // First, so that no warm one is given up for a commit that nobody could check out.
        self.tree_of(commit)?;
        let home = self.checkout_home();
        fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
        let dir = home.join(name);
        if name.starts_with(WARM) || fs::symlink_metadata(&dir).is_ok() {
            return Err(fault(format!("there is a checkout `{name}` already: {}", dir.display())).into());
        }
        for number in admin::numbers(self.common_dir())? {
            if let Some(checkout) = self.take_warm(number, &dir, commit)? {
                return Ok(checkout);
            }
        }
        self.make_new(&dir, commit)
    }

    /// Takes hold of a checkout whose owner died; nothing where it is not there or somebody has it.
    pub fn checkout(&self, name: &str) -> Result<Option<Checkout>> {
        let (home, common) = (self.checkout_home(), self.common_dir());
        let dir = home.join(name);
        if name.starts_with(WARM) || !dir.is_dir() {
            return Ok(None);
        }
        let admin = match admin::number_of(common, name)? {
            Some(number) => Admin::take(common, number)?,
            None => self.adopt(&dir, name)?,
        };
        // It may have been retired, and taken for another run, between the look and the hold.
        let is_it = |admin: &Admin| admin.place().as_deref() == Some(name) && dir.is_dir();
        Ok(admin.filter(is_it).map(|admin| Checkout { repo: Box::new(self.place.clone()), home, dir, admin }))
    }

    /// The names of the checkouts that are there, warm ones aside, in order.
    pub fn checkouts(&self) -> Result<Vec<String>> {
        let entries = match fs::read_dir(self.checkout_home()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error).context("cannot list the checkouts"),
        };
        let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<String> = names.filter(|name| !name.starts_with(WARM)).collect();
        names.sort();
        Ok(names)
    }

    /// Where all of them are.
    pub(super) fn checkout_home(&self) -> PathBuf {
        self.gx_dir().join("worktrees")
    }

    fn take_warm(&self, number: u32, dir: &Path, commit: ObjectId) -> Result<Option<Checkout>> {
        let Some(admin) = Admin::take(self.common_dir(), number)? else { return Ok(None) };
        let home = self.checkout_home();
        let warm = home.join(format!("{WARM}{number}"));
        if !warm.is_dir() {
            if !admin.place().is_some_and(|name| home.join(name).is_dir()) {
                // Its folder is gone: whoever removed it did not come to the end.
                admin.remove()?;
            }
            return Ok(None);
        }
        let checkout = Checkout { repo: Box::new(self.place.clone()), home, dir: warm, admin };
        if self.bring_to(&checkout, commit).is_err() {
            // What cannot be brought there is no use to anybody; the next one or a new one can.
            checkout.remove()?;
            return Ok(None);
        }
        // Git is told first, and in `retire` last: between the two it is warm for whoever finds it.
        let moved = checkout.admin.link_from(&checkout.dir).and_then(|()| checkout.admin.set_place(dir));
        moved.and_then(|()| move_folder(&checkout.dir, dir))?;
        Ok(Some(Checkout { dir: dir.to_path_buf(), ..checkout }))
    }

    fn make_new(&self, dir: &Path, commit: ObjectId) -> Result<Checkout> {
        let home = self.checkout_home();
        self.drop_strays(&home)?;
        let admin = self.new_admin(dir)?;
        let checkout = Checkout { repo: Box::new(self.place.clone()), home, dir: dir.to_path_buf(), admin };
        let made = fs::create_dir(dir).with_context(|| format!("cannot make {}", dir.display()));
        let made = made.and_then(|()| checkout.admin.link_from(dir));
        if let Err(error) = made.and_then(|()| self.bring_to(&checkout, commit)) {
            // The first trouble is the one to tell.
            let _ = checkout.remove();
            return Err(error);
        }
        Ok(checkout)
    }

    /// Removes warm ones that Git knows nothing of any more: nobody could take them, and they would count.
    fn drop_strays(&self, home: &Path) -> Result<()> {
        let known = admin::numbers(self.common_dir())?;
        let strays = admin::numbered(home, WARM)?.into_iter().filter(|number| !known.contains(number));
        strays.map(|number| home.join(format!("{WARM}{number}"))).try_for_each(|stray| sweep::remove(&stray))
    }

    fn new_admin(&self, dir: &Path) -> Result<Admin> {
        let taken = admin::numbered(&self.checkout_home(), WARM)?;
        let purpose = dir.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Admin::create(&self.place, &self.scratch(&purpose)?, dir, &taken)
    }

    /// A folder whose administrative one was pruned gets a new one, so that it can be retired.
    fn adopt(&self, dir: &Path, name: &str) -> Result<Option<Admin>> {
        let _turn = turn(&self.checkout_home())?;
        match admin::number_of(self.common_dir(), name)? {
            Some(_) => Ok(None),
            None => self.new_admin(dir).map(Some),
        }
    }

    /// Writes what differs from `commit`, and what somebody has changed since it was written.
    fn bring_to(&self, checkout: &Checkout, commit: ObjectId) -> Result<()> {
        let (admin, dir) = (&checkout.admin, &checkout.dir);
        let index = admin.index();
        sweep::remove(&index.with_extension("lock"))?;
        if !admin.commit().is_some_and(|old| self.has_same_attributes(old, commit)) {
            // Attributes decide how content is written, and Git does not write a file anew for them.
            sweep::remove(&index)?;
        }
        sweep::sweep(dir, &Tracked::read(&index, self.place.formats.hash)?, Sweep::Untracked)?;
        self.git_at(admin.path(), dir)
            .args(PLAIN_INDEX.iter().flat_map(|setting| ["-c", setting]))
            .args(["read-tree", "--reset", "-u", &commit.to_string()])
            .env("GIT_INDEX_FILE", &index)
            .run()
            .with_context(|| format!("cannot check out {}", commit.short()))?;
        admin.settle_at(commit, &self.place)
    }

    fn has_same_attributes(&self, old: ObjectId, new: ObjectId) -> bool {
        let trees = self.tree_of(old).and_then(|old| Ok((old, self.tree_of(new)?)));
        let changes = trees.and_then(|(old, new)| self.changes(old, new));
        changes.is_ok_and(|changes| {
            !changes.iter().any(|change| change.path.as_path().ends_with(".gitattributes"))
        })
    }

    /// The `git` program in another work tree of this repository.
    pub(super) fn git_at(&self, git_dir: &Path, work_dir: &Path) -> Program {
        self.git().env("GIT_DIR", git_dir).env("GIT_WORK_TREE", work_dir).dir(work_dir)
    }
}

impl Checkout {
    /// The top of its files.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its lock, for the trainer to inherit: as long as that lives, nobody takes the checkout.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.admin.as_fd()
    }

    /// What is tracked in it.
    pub(super) fn tracked(&self) -> Result<Tracked> {
        Tracked::read(&self.admin.index(), self.repo.formats.hash)
    }

    /// Cleans it and puts it among the warm ones; removes it where there are `keep_warm` of them already.
    ///
    /// Links are removed, never followed. Where a process that the trainer left behind still has it, it stays as
    /// it is, to be taken by [`Repo::checkout`] when that has ended.
    pub fn retire(self, keep_warm: usize) -> Result<()> {
        let Self { repo, home, dir, admin } = self;
        let Some(admin) = admin.take_back()? else { return Ok(()) };
        let checkout = Self { repo, home, dir, admin };
        if warm_ones(&checkout.home)? >= keep_warm || checkout.clean().is_err() {
            return checkout.remove();
        }
        let turn = turn(&checkout.home)?;
        if warm_ones(&checkout.home)? >= keep_warm {
            drop(turn);
            return checkout.remove();
        }
        let warm = checkout.home.join(format!("{WARM}{}", checkout.admin.number()));
        move_folder(&checkout.dir, &warm)?;
        checkout.admin.set_place(&warm)?;
        checkout.admin.release()
    }

    /// Everything that is not gx's own goes; what was edited is written anew by whoever takes it next.
    fn clean(&self) -> Result<()> {
        sweep::sweep(&self.dir, &self.tracked()?, Sweep::Locked)?;
        self.admin.tidy()?;
        self.admin.link_from(&self.dir)?;
        match self.admin.commit() {
            Some(commit) => self.admin.settle_at(commit, &self.repo),
            None => Err(fault("its commit is not known").into()),
        }
    }

    /// Leaves it as it is, for somebody to look into.
    pub fn keep(self) {}

    /// Removes it with all that is in it; links are removed, never followed.
    pub fn remove(self) -> Result<()> {
        // The folder first: as long as it is there, somebody can find it and go on.
        sweep::remove(&self.dir)?;
        self.admin.remove()
    }
}

fn move_folder(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).with_context(|| format!("cannot make {}", to.display()))
}

fn warm_ones(home: &Path) -> Result<usize> {
    Ok(admin::numbered(home, WARM)?.len())
}

/// Whoever holds it alone counts and adds to what is there.
fn turn(home: &Path) -> Result<File> {
    let path = home.join(".lock");
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}

#[cfg(test)]
mod tests;
