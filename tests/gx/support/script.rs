//! Trainers that are given as shell scripts: for runs that crash, hang, or meddle with the work tree.

use std::fs;

use crate::support::{Lab, Told};

/// Prints a metrics block with the number in the first line of `train.py`.
pub const BLOCK: &str = "printf -- '---\\nval_bpb: %s\\n' \"$(head -n 1 train.py)\"";

impl Lab {
    /// `gx run --json` with a shell script as the trainer.
    #[track_caller]
    pub fn run_script(&self, script: &str, flags: &[&str]) -> Told {
        let start = ["run", "--json", "--hypothesis", "a script"];
        let end = ["--", "sh", "-c", script];
        let arguments: Vec<&str> = start.into_iter().chain(flags.iter().copied()).chain(end).collect();
        self.gx(&arguments)
    }

    /// Whether a path of the work tree is there, as itself and not as what it points to.
    pub fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path(name)).is_ok()
    }

    /// What the index holds at a path: its content, or `None` where there is no entry.
    #[track_caller]
    pub fn staged(&self, name: &str) -> Option<String> {
        let listed = self.git(&["ls-files", "--stage", "--", name]);
        let id = listed.split_whitespace().nth(1)?.to_owned();
        Some(self.git(&["cat-file", "blob", &id]))
    }

    /// The newest entry of a branch's reflog, its words only.
    #[track_caller]
    pub fn last_move(&self, reference: &str) -> String {
        self.git(&["reflog", "-1", "--format=%gs", reference]).trim().to_owned()
    }
}
