//! A hermetic lab: a repository of its own, fixed time and names, nothing of the user's.

pub mod clones;
pub mod format;
pub mod machine;
mod screen;
pub mod script;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// A trainer in one line: it prints a metrics block with the number in `train.py`'s first line.
pub const TRAIN: &[&str] =
    &["sh", "-c", "printf 'step 1\\r\\n---\\nval_bpb: %s\\n' \"$(head -n 1 train.py)\""];

/// A repository to try gx in.
pub struct Lab {
    folder: TempDir,
    tick: AtomicU32,
    environment: Vec<(String, Option<String>)>,
}

/// What a call came to.
#[derive(Debug)]
pub struct Told {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Told {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// The answer as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

impl Lab {
    /// A repository on branch `autoresearch/t` with one commit: train.py (`1.0`), README.md, prepare.py.
    pub fn new() -> Self {
        let lab = Self::bare_folder();
        lab.git(&["init", "-q", "-b", "autoresearch/t"]);
        lab.write("train.py", "1.0\n");
        lab.write("README.md", "read me\n");
        lab.write("prepare.py", "evaluate\n");
        lab.commit("start");
        lab
    }

    /// A folder that is no repository.
    pub fn bare_folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("lab")).unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        Self { folder, tick: AtomicU32::new(0), environment: Vec::new() }
    }

    /// Sets a variable for all calls.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), Some(value.to_owned())));
        self
    }

    /// Leaves the choice of cards to the configuration.
    pub fn with_configured_cards(mut self) -> Self {
        self.environment.extend(["GX_GPU_SOURCE", "GX_GPU_LOCK_DIR"].map(|name| (name.to_owned(), None)));
        self
    }

    /// The work tree.
    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("lab")
    }

    /// The folder of the locks of the cards.
    pub fn locks(&self) -> PathBuf {
        self.folder.path().join("locks")
    }

    /// The home of everything that is started in it, which no other lab has.
    pub fn home(&self) -> String {
        self.folder.path().join("home").to_str().unwrap().to_owned()
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir().join(name)
    }

    pub fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[track_caller]
    pub fn read(&self, name: impl AsRef<Path>) -> String {
        let path = self.path(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// A command with a cleared environment, at a time one second after the last one's.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let tick = self.tick.fetch_add(1, Ordering::SeqCst);
        let now = format!("2026-03-08T{:02}:{:02}:{:02}Z", tick / 3600, tick / 60 % 60, tick % 60);
        let mut command = Command::new(program);
        command.current_dir(self.dir()).env_clear();
        for (name, value) in [
            ("PATH", std::env::var("PATH").unwrap().as_str()),
            ("HOME", &self.home()),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "Ada"),
            ("GIT_AUTHOR_EMAIL", "ada@lab.example"),
            ("GIT_COMMITTER_NAME", "Ada"),
            ("GIT_COMMITTER_EMAIL", "ada@lab.example"),
            ("GIT_AUTHOR_DATE", &now),
            ("GIT_COMMITTER_DATE", &now),
            ("GX_NOW", &now),
            ("TZ", "UTC"),
            ("LC_ALL", "C.UTF-8"),
            ("COLUMNS", "100"),
            // A machine with real cards changes nothing, and nobody's locks are touched.
            ("GX_GPU_SOURCE", "none"),
            ("GX_GPU_LOCK_DIR", self.locks().to_str().unwrap()),
            // Nothing goes on behind a test's back but where it asks for it.
            ("GX_STORE_UPKEEP", "off"),
        ] {
            command.env(name, value);
        }
        // libgit2 reads names from configuration files only.
        command.env("GIT_CONFIG_COUNT", "0").envs(format::environment());
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null());
        command
    }

    /// gx, ready to be given arguments.
    pub fn gx_command(&self) -> Command {
        self.command(env!("CARGO_BIN_EXE_gx"))
    }

    /// Calls gx.
    #[track_caller]
    pub fn gx<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Told {
        Told::of(self.gx_command().args(arguments).output().unwrap())
    }

    /// Calls gx with something on stdin.
    #[track_caller]
    pub fn gx_with_input<S: AsRef<OsStr>>(&self, arguments: &[S], input: &str) -> Told {
        let mut command = self.gx_command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        Told::of(child.wait_with_output().unwrap())
    }

    /// `gx run` with the one-line trainer, after putting `value` into train.py.
    #[track_caller]
    pub fn try_value(&self, value: &str) -> Told {
        self.write("train.py", format!("{value}\n"));
        self.run(&format!("try {value}"), &[])
    }

    /// `gx run --json` with the one-line trainer and more flags.
    #[track_caller]
    pub fn run(&self, hypothesis: &str, flags: &[&str]) -> Told {
        let start = ["run", "--json", "--hypothesis", hypothesis];
        let arguments: Vec<&str> = start
            .into_iter()
            .chain(flags.iter().copied())
            .chain(["--"])
            .chain(TRAIN.iter().copied())
            .collect();
        self.gx(&arguments)
    }

    /// Calls git; it must succeed.
    #[track_caller]
    pub fn git<S: AsRef<OsStr>>(&self, arguments: &[S]) -> String {
        let told = Told::of(self.command("git").args(arguments).output().unwrap());
        assert_eq!(told.code, Some(0), "{told:#?}");
        told.stdout
    }

    /// Commits everything.
    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
    }

    /// The commit that a revision names.
    #[track_caller]
    pub fn rev(&self, revision: &str) -> String {
        self.git(&["rev-parse", revision]).trim().to_owned()
    }

    /// `git status`, short.
    pub fn status(&self) -> String {
        self.git(&["status", "--porcelain"])
    }

    /// The record of an experiment, read with git alone and merged as the format says.
    #[track_caller]
    pub fn record(&self, id: &str) -> Value {
        let note = self.git(&["notes", "--ref=experiments", "show", &format!("refs/experiments/{id}")]);
        let mut lines: Vec<&str> = note.lines().filter(|line| !line.is_empty()).collect();
        lines.sort_unstable();
        let mut merged = serde_json::Map::new();
        for line in lines {
            merged.extend(serde_json::from_str::<Value>(line).unwrap().as_object().unwrap().clone());
        }
        Value::Object(merged)
    }

    /// Asserts that Git finds nothing wrong.
    #[track_caller]
    pub fn fsck(&self) {
        let told =
            Told::of(self.command("git").args(["fsck", "--strict", "--no-dangling"]).output().unwrap());
        // A checkout that nobody uses has a HEAD without a commit, which Git notices and does not mind.
        let mut said = told.stderr.lines().filter(|line| !line.starts_with("notice: worktrees/gx-"));
        assert_eq!((told.code, said.next()), (Some(0), None), "{told:#?}");
    }

    /// The ids that `gx ls` names, with their states.
    #[track_caller]
    pub fn states(&self) -> Vec<(String, String)> {
        let list = self.gx(&["ls", "--json"]).exits(0).json();
        let text = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
        list["experiments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (text(row, "id"), text(row, "status")))
            .collect()
    }
}

/// Waits for a condition, half a minute at most.
#[track_caller]
pub fn wait_until(mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(30), "waited in vain");
        std::thread::sleep(Duration::from_millis(5));
    }
}
