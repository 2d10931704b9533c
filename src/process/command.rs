//! Short programs, such as git: one call that feeds them, reads all they say, and ends in time.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::error::{Fault, fault};
use crate::process::errands::{self, Errand};
use crate::process::log::sanitize;
use crate::process::output::{Deadline, collect, collect_heard};
pub use crate::process::output::{Ended, Output};
use crate::process::talk::Talk;

/// A short program that is about to be run.
#[derive(Debug)]
pub struct Program {
    command: Command,
    input: Option<Vec<u8>>,
    limit: Option<Duration>,
    inherit: bool,
    held: Option<File>,
}

impl Program {
    /// A program by its path, or by its name on PATH; its stdin is empty.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self { command: Command::new(program), input: None, limit: None, inherit: false, held: None }
    }

    /// Adds one argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Adds arguments.
    pub fn args(mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets a variable of its environment.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes a variable out of its environment.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Runs it in this directory.
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Writes these bytes to its stdin; it need not read them all.
    pub fn input(mut self, bytes: Vec<u8>) -> Self {
        self.input = Some(bytes);
        self
    }

    /// Kills it, and what it started, when it is not done after `limit`.
    ///
    /// It then runs in a process group of its own: Ctrl-C does not reach it, and it cannot ask on the terminal.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Lets it write to the standard output and error of gx.
    pub fn inherit_output(mut self) -> Self {
        self.inherit = true;
        self
    }

    /// Lets it hold an open file too, such as a lock: that then stays held while it lives, even when gx is killed.
    pub fn holding(mut self, file: File) -> Self {
        self.held = Some(file);
        self
    }

    /// Runs it to its end, and to the end of everything that keeps its output open.
    ///
    /// # Errors
    /// When it cannot start, or is not done within its limit; an exit code other than 0 is no error here.
    pub fn output(mut self) -> Result<Output> {
        let limit = self.limit.unwrap_or_default();
        self.finish()?.ok_or_else(|| self.late(limit).into())
    }

    /// As [`Program::output`], with nothing where it was not done within its limit.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn output_in_time(mut self) -> Result<Option<Output>> {
        self.finish()
    }

    /// As [`Program::output`], without a limit; `hear` gets what it says on stderr as it comes.
    ///
    /// # Errors
    /// When it cannot start.
    pub fn output_heard(mut self, hear: &mut dyn FnMut(&[u8])) -> Result<Output> {
        self.command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null());
        let (child, _errand) = self.start()?;
        collect_heard(child, hear).with_context(|| format!("cannot wait for {self}"))
    }

    fn start(&mut self) -> Result<(Child, Errand)> {
        let held: Vec<_> = self.held.iter().map(AsFd::as_fd).collect();
        errands::start_with(&mut self.command, &held)
    }

    fn finish(&mut self) -> Result<Option<Output>> {
        let stream = || if self.inherit { Stdio::inherit() } else { Stdio::piped() };
        self.command.stdout(stream()).stderr(stream());
        self.command.stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() });
        if self.limit.is_some() {
            self.command.process_group(0);
        }
        let began = Instant::now();
        let (mut child, errand) = self.start()?;
        if let Some(input) = self.input.take() {
            feed(&mut child, input);
        }
        match self.limit {
            Some(limit) => collect(child, errand, &Deadline { began, limit }),
            None => {
                let done = child.wait_with_output().with_context(|| format!("cannot wait for {self}"))?;
                Ok(Some(Output { status: done.status.into(), stdout: done.stdout, stderr: done.stderr }))
            }
        }
    }

    /// Runs it and gives its standard output.
    ///
    /// # Errors
    /// As [`Program::output`], and when it fails: with its name, its first argument and what it said on stderr.
    pub fn run(self) -> Result<Vec<u8>> {
        let name = self.to_string();
        let output = self.output()?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = sanitize(&String::from_utf8_lossy(&output.stderr));
        Err(match said.trim() {
            "" => fault(format!("{name} ended with {}", output.status)),
            said => fault(format!("{name} ended with {}: {said}", output.status)),
        }
        .into())
    }

    /// Starts it, to be asked again and again; input and limit are not for this.
    ///
    /// # Errors
    /// It cannot start.
    pub fn talk(mut self) -> Result<Talk> {
        Talk::start(&mut self.command)
    }

    fn late(&self, limit: Duration) -> Fault {
        fault(format!("{self} did not end within its time limit of {} s", limit.as_secs_f64()))
    }
}

/// The program and its first word (of git, the one that says what it does), in backticks.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}", self.command.get_program().display())?;
        let mut words = self.command.get_args().peekable();
        // Options of git itself stand before the word that says what it does.
        let is_git = self.command.get_program() == "git";
        while let Some(option) = words.next_if(|word| is_git && word.as_encoded_bytes().starts_with(b"-")) {
            if option == "-c" && words.peek().is_some_and(|word| word.as_encoded_bytes().contains(&b'=')) {
                words.next();
            }
        }
        if let Some(first) = words.next().or_else(|| self.command.get_args().next()) {
            write!(f, " {}", first.display())?;
        }
        f.write_str("`")
    }
}

/// Writes the input from a thread of its own, so that a program that answers while it reads never waits
/// for gx. A program that stops reading is its own business, so nobody waits for this thread.
fn feed(child: &mut Child, input: Vec<u8>) {
    if let Some(mut stdin) = child.stdin.take() {
        std::thread::spawn(move || stdin.write_all(&input));
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;
    use crate::process::identity::group_is_alive;
    use crate::process::wait::wait_until;

    fn sh(script: &str) -> Program {
        Program::new("sh").args(["-c", script])
    }

    #[test]
    fn output_code_environment_and_directory_are_those_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let program = sh("echo $WORD; pwd -P; echo oops >&2; exit 3").env("WORD", "hi").dir(dir.path());
        let output = program.output().unwrap();
        let place = dir.path().canonicalize().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("hi\n{}\n", place.display()));
        assert_eq!((output.status, output.stderr), (Ended::Exit(3), b"oops\n".to_vec()));
        let death = sh("kill -9 $$").output().unwrap().status;
        assert_eq!((death, death.success()), (Ended::Signal(9), false));
    }

    #[test]
    fn a_failed_program_is_told_with_its_first_argument_and_its_stderr() {
        let told = sh("printf 'fatal: \\033[31mno\\033[m\\n\\n' >&2; exit 128").run().unwrap_err();
        assert_eq!(told.to_string(), "`sh -c` ended with exit code 128: fatal: no");
        assert_eq!(Program::new("false").run().unwrap_err().to_string(), "`false` ended with exit code 1");
    }

    #[test]
    fn large_input_with_large_output_does_not_deadlock() {
        let input = vec![b'x'; 4 << 20];
        let output = Program::new("cat").input(input.clone()).run().unwrap();
        assert!(output == input);
        let limited = Program::new("cat").input(input.clone()).limit(Duration::from_secs(60)).run().unwrap();
        assert!(limited == input);
    }

    #[test]
    fn input_that_nobody_reads_and_no_input_at_all_both_end() {
        assert!(Program::new("true").input(vec![b'x'; 4 << 20]).run().unwrap().is_empty());
        assert!(Program::new("cat").run().unwrap().is_empty());
    }

    #[test]
    fn a_program_has_the_file_that_it_is_to_hold_and_no_other() {
        let (held, other) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let is_there = |file: &File| format!("test -e /proc/self/fd/{}", file.as_raw_fd());
        let script = format!("{} && ! {}", is_there(&held), is_there(&other));
        assert!(sh(&script).holding(held).output().unwrap().status.success());
    }

    #[test]
    fn inherited_output_is_not_collected() {
        let output = sh("exit 0").inherit_output().limit(Duration::from_secs(60)).output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty());
    }

    #[test]
    fn the_limit_ends_the_program_with_all_that_it_started() {
        let dir = tempfile::tempdir().unwrap();
        let program = sh("trap '' TERM; echo $$ > pid; sleep 60 & sleep 60");
        let told = program.dir(dir.path()).limit(Duration::from_secs(1)).run().unwrap_err();
        assert_eq!(told.to_string(), "`sh -c` did not end within its time limit of 1 s");
        let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap().trim().parse().unwrap();
        wait_until(|| !group_is_alive(pid));
        let late = sh("exec sleep 60").limit(Duration::from_millis(10)).output_in_time();
        assert!(late.unwrap().is_none());
    }

    #[test]
    fn somebody_who_left_the_group_and_keeps_the_output_open_cannot_hold_gx_up() {
        let began = Instant::now();
        let script = "exec sh -c 'setsid sleep 30 & exit 0'";
        sh(script).limit(Duration::from_secs(1)).run().unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}
