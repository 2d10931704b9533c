//! The one place where a process is started, so that no open file reaches a process it is not meant for.

use std::ffi::OsStr;
use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{PoisonError, RwLock};

use anyhow::Result;
use rustix::io::{Errno, FdFlags, fcntl_getfd, fcntl_setfd};

use crate::error::{Fault, fault};

/// Held for writing while descriptors are open to inheritance, for reading by every other start.
static GATE: RwLock<()> = RwLock::new(());

/// Starts a program that inherits nothing but its standard streams.
///
/// # Errors
/// A fault that names the program and why it cannot start.
pub fn spawn(command: &mut Command) -> Result<Child> {
    let _gate = GATE.read().unwrap_or_else(PoisonError::into_inner);
    Ok(command.spawn().map_err(|error| cannot_start(command, &error))?)
}

/// Starts a program that also inherits `open`, under the same descriptor numbers.
///
/// # Errors
/// As [`spawn`].
pub fn spawn_with(command: &mut Command, open: &[BorrowedFd<'_>]) -> Result<Child> {
    if open.is_empty() {
        return spawn(command);
    }
    // Close-on-exec can be cleared only in this process: doing it between fork and exec is unsafe code.
    // A program that another thread starts meanwhile would inherit the locks too and hold them beyond
    // their time; the gate keeps every such start out until the flags are back.
    let _gate = GATE.write().unwrap_or_else(PoisonError::into_inner);
    let _inherited = open.iter().map(|&fd| Inherited::open(fd)).collect::<io::Result<Vec<_>>>()?;
    Ok(command.spawn().map_err(|error| cannot_start(command, &error))?)
}

/// A descriptor that children inherit until this is dropped.
struct Inherited<'a> {
    descriptor: BorrowedFd<'a>,
    before: FdFlags,
}

impl<'a> Inherited<'a> {
    fn open(descriptor: BorrowedFd<'a>) -> io::Result<Self> {
        let before = fcntl_getfd(descriptor)?;
        fcntl_setfd(descriptor, before - FdFlags::CLOEXEC)?;
        Ok(Self { descriptor, before })
    }
}

impl Drop for Inherited<'_> {
    fn drop(&mut self) {
        let _ = fcntl_setfd(self.descriptor, self.before);
    }
}

/// Says why a program did not start: one error of the system has several causes with different remedies.
fn cannot_start(command: &Command, error: &io::Error) -> Fault {
    let program = command.get_program();
    let name = program.display();
    let dir = command.get_current_dir();
    if let Some(dir) = dir.filter(|dir| !dir.is_dir()) {
        return fault(format!("cannot start `{name}` in `{}`: no such directory", dir.display()));
    }
    match Errno::from_io_error(error) {
        Some(Errno::NOENT) if is_there(program, dir) => {
            fault(format!("cannot start `{name}`: the interpreter that its first line names is missing"))
                .hint(format!("look at it with `head -n 1 {name}`"))
        }
        Some(Errno::NOENT) => fault(format!("cannot start `{name}`: no such program"))
            .hint("check that it is installed and on PATH"),
        Some(Errno::ACCESS) => fault(format!("cannot start `{name}`: it is not executable"))
            .hint(format!("make it so with `chmod +x {name}`, or put its interpreter before it")),
        Some(Errno::NOEXEC) => fault(format!("cannot start `{name}`: it is no program for this machine"))
            .hint("a script needs a first line such as `#!/bin/sh`, or its interpreter before it"),
        _ => fault(format!("cannot start `{name}`: {error}")),
    }
}

/// Whether the program is a path that exists; a bare name is looked up on PATH and is none.
fn is_there(program: &OsStr, dir: Option<&Path>) -> bool {
    let path = Path::new(program);
    path.components().count() > 1 && dir.map_or(path.to_path_buf(), |dir| dir.join(path)).exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::tell;
    use std::os::fd::AsFd;

    fn refusal(command: &mut Command) -> (String, Vec<String>) {
        let told = tell(&spawn(command).unwrap_err());
        (told.message, told.hints)
    }

    /// Another process writes it: a file that this one has open for writing could not be executed.
    fn script(dir: &Path, text: &str, mode: &str) -> std::path::PathBuf {
        let path = dir.join("train.sh");
        let writing = "printf '%s\\n' \"$1\" > \"$0\" && chmod \"$2\" \"$0\"";
        let written =
            Command::new("sh").args(["-c", writing]).arg(&path).args([text, mode]).status().unwrap();
        assert!(written.success());
        path
    }

    #[test]
    fn a_missing_program_is_named_with_a_hint() {
        let (message, hints) = refusal(&mut Command::new("gx-no-such-program"));
        assert_eq!(message, "cannot start `gx-no-such-program`: no such program");
        assert_eq!(hints, ["check that it is installed and on PATH"]);
    }

    #[test]
    fn a_missing_directory_is_not_taken_for_a_missing_program() {
        let (message, _) = refusal(Command::new("true").current_dir("/gx-nowhere"));
        assert_eq!(message, "cannot start `true` in `/gx-nowhere`: no such directory");
    }

    #[test]
    fn a_file_without_the_executable_bit_says_so() {
        let dir = tempfile::tempdir().unwrap();
        let (message, hints) = refusal(&mut Command::new(script(dir.path(), "#!/bin/sh", "644")));
        assert!(message.ends_with("train.sh`: it is not executable"), "{message}");
        assert!(hints[0].contains("chmod +x"));
    }

    #[test]
    fn a_script_whose_interpreter_is_missing_says_so() {
        let dir = tempfile::tempdir().unwrap();
        script(dir.path(), "#!/gx/no/python", "755");
        let (message, _) = refusal(Command::new("./train.sh").current_dir(dir.path()));
        assert!(message.contains("the interpreter that its first line names is missing"), "{message}");
    }

    #[test]
    fn descriptors_close_on_exec_again_after_a_start_and_after_a_failed_one() {
        let file = tempfile::tempfile().unwrap();
        let closes = || fcntl_getfd(&file).unwrap().contains(FdFlags::CLOEXEC);
        assert!(closes());
        spawn_with(&mut Command::new("true"), &[file.as_fd()]).unwrap().wait().unwrap();
        assert!(closes());
        spawn_with(&mut Command::new("gx-no-such-program"), &[file.as_fd()]).unwrap_err();
        assert!(closes());
    }
}
