//! What gx is on a terminal: lists that watch, a pager for what is longer than the screen, words that a shell completes.

use std::fs::{self, File};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Lab, wait_until};

mod complete;
mod pager;
mod watch;

/// A program in the background, what it says in a file; gone when dropped.
struct Background {
    child: Child,
    said: std::path::PathBuf,
}

impl Background {
    fn start(lab: &Lab, name: &str, command: &mut Command) -> Self {
        let said = lab.path(format!("../{name}.said"));
        let out = File::create(&said).unwrap();
        let child = command.stdin(Stdio::piped()).stdout(out).stderr(Stdio::null()).spawn().unwrap();
        Self { child, said }
    }

    /// gx on a terminal of its own, if there is a program that makes one.
    fn on_a_terminal(lab: &Lab, name: &str, arguments: &str) -> Option<Self> {
        let mut script = lab.command("script");
        if script.arg("--version").output().is_err() {
            eprintln!("skipped: no `script` that makes a terminal");
            return None;
        }
        let line = format!("stty rows 10 cols 80; exec {} {arguments}", env!("CARGO_BIN_EXE_gx"));
        let mut script = lab.command("script");
        script.env_remove("COLUMNS").args(["-qefc", &line, "/dev/null"]);
        Some(Self::start(lab, name, &mut script))
    }

    fn says(&self) -> String {
        fs::read_to_string(&self.said).unwrap_or_default()
    }

    fn types(&mut self, keys: &[u8]) {
        std::io::Write::write_all(self.child.stdin.as_mut().unwrap(), keys).unwrap();
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end; what it said.
    #[track_caller]
    fn ends(mut self, code: i32) -> String {
        wait_until(|| self.child.try_wait().unwrap().is_some());
        assert_eq!(self.child.wait().unwrap().code(), Some(code), "{}", self.says());
        self.says()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
