//! Configuration, ignored paths and attributes as the `git` program reads them.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context, Result};

use crate::git::engine::place::Place;
use crate::git::engine::settings::{CONVERTING, Settings, is_true, normalized};
use crate::model::path::RepoPath;
use crate::process::command::Program;

/// Names with their values, lowest precedence first.
type Listed = Rc<Vec<(String, String)>>;

/// The settings of a repository in any format; they are read once, and again after they were written.
pub(in crate::git::engine) struct ProgramSettings {
    place: Place,
    listed: RefCell<Option<Listed>>,
}

impl ProgramSettings {
    pub(in crate::git::engine) fn new(place: &Place) -> Self {
        Self { place: place.clone(), listed: RefCell::new(None) }
    }

    fn listed(&self) -> Result<Listed> {
        if let Some(listed) = &*self.listed.borrow() {
            return Ok(Rc::clone(listed));
        }
        let told = self.place.git_as_configured().args(["config", "--list", "-z"]).run()?;
        let text = String::from_utf8_lossy(&told).into_owned();
        // One without a value has no line break after its name.
        let pair =
            |entry: &str| entry.split_once('\n').map(|(name, value)| (name.to_owned(), value.to_owned()));
        let listed: Listed = Rc::new(text.split('\0').filter_map(pair).collect());
        Ok(Rc::clone(self.listed.borrow_mut().insert(listed)))
    }
}

impl Settings for ProgramSettings {
    fn all(&self, prefix: &str) -> Result<Vec<(String, String)>> {
        let listed = self.listed()?;
        Ok(listed.iter().filter(|(name, _)| name.starts_with(prefix)).cloned().collect())
    }

    fn get(&self, name: &str) -> Option<String> {
        let wanted = normalized(name);
        let listed = self.listed().ok()?;
        listed.iter().rev().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone())
    }

    fn set(&self, name: &str, value: &str) -> Result<()> {
        let written = self.place.git().args(["config", name, value]).run();
        self.refresh();
        written.map(drop).with_context(|| format!("cannot set `{name}`"))
    }

    fn refresh(&self) {
        *self.listed.borrow_mut() = None;
    }

    fn in_file(&self, file: &Path, name: &str) -> Option<String> {
        in_file(&self.place, file, name)
    }

    fn is_ignored(&self, path: &str) -> bool {
        // It takes no literal paths; after a dot nothing in one has a meaning.
        let program = self.place.git().args(["--no-literal-pathspecs", "check-ignore"]);
        let stdin = [b"./", path.as_bytes(), &[0]].concat();
        let asked = program.args(["--no-index", "-z", "--stdin"]).input(stdin).output();
        asked.is_ok_and(|told| told.status.success())
    }

    fn converting(&self, paths: &[&RepoPath]) -> Vec<bool> {
        let stdin = paths.iter().flat_map(|path| path.as_bytes().iter().copied().chain([0])).collect();
        let asked =
            self.place.git().args(["check-attr", "-z", "--stdin"]).args(CONVERTING).input(stdin).run();
        let told = asked.unwrap_or_default();
        let values: Vec<&[u8]> = told.split(|byte| *byte == 0).skip(2).step_by(3).collect();
        let is_plain = |values: &[&[u8]]| {
            values.len() == CONVERTING.len()
                && values.iter().all(|value| matches!(*value, b"unspecified" | b"unset"))
        };
        let mut converting: Vec<bool> =
            values.chunks(CONVERTING.len()).map(|values| !is_plain(values)).collect();
        converting.resize(paths.len(), true);
        converting
    }

    fn main_work_dir(&self) -> Option<PathBuf> {
        main_work_dir(&self.place)
    }
}

fn in_file(place: &Place, file: &Path, name: &str) -> Option<String> {
    if !file.exists() {
        return None;
    }
    let program = Program::new("git").args(["config", "-z", "--file"]).arg(file).args(["--get", name]);
    let told = program.dir(&place.common_dir).output().ok()?;
    let value = String::from_utf8_lossy(&told.stdout).trim_end_matches('\0').to_owned();
    told.status.success().then_some(value)
}

/// The top of the main work tree, from the settings that are about it alone.
pub(super) fn main_work_dir(place: &Place) -> Option<PathBuf> {
    if !place.is_linked()
        && let Some(work_dir) = &place.work_dir
    {
        return Some(work_dir.clone());
    }
    let files = ["config.worktree", "config"].map(|name| place.common_dir.join(name));
    let setting = |name: &str| files.iter().find_map(|file| in_file(place, file, name));
    if setting("core.bare").is_some_and(|value| is_true(&value)) {
        return None;
    }
    match setting("core.worktree") {
        Some(work_dir) => place.common_dir.join(work_dir).canonicalize().ok(),
        None => place.common_dir.parent().map(Path::to_path_buf),
    }
}
