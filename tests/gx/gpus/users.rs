//! Two users and one folder of locks; only root can play both.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::{Background, WHILE_UP};
use crate::support::{Lab, wait_until};

/// A folder that everybody can enter, with a gx of its own, and locks in it.
struct Shared {
    lab: Lab,
    folder: tempfile::TempDir,
}

impl Shared {
    /// Nothing where this is not root, or the other user cannot run gx.
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        // Another process writes it: a file that this one has open for writing could not be executed.
        let gx = folder.path().join("gx");
        assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_gx")).arg(&gx).status().unwrap().success());
        let shared = Self { lab: Lab::bare_folder(), folder };
        let can = rustix::process::getuid().is_root()
            && shared.as_nobody(&["--version"]).output().is_ok_and(|output| output.status.success());
        if !can {
            eprintln!("skipped: only root can play two users");
        }
        can.then_some(shared)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn set(&self, mut command: Command, user: &str) -> Command {
        command.current_dir(self.folder.path()).env("USER", user).env("HOME", self.folder.path());
        command
            .env("GX_GPU_SOURCE", "fixed")
            .env("GX_GPU_COUNT", "1")
            .env("GX_GPU_LOCK_DIR", self.path("locks"));
        command
    }

    fn as_root(&self, arguments: &[&str]) -> Command {
        let mut command = self.lab.command(self.path("gx"));
        command.args(arguments);
        self.set(command, "root")
    }

    fn as_nobody(&self, arguments: &[&str]) -> Command {
        let mut command = self.lab.command("setpriv");
        command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(self.path("gx"));
        command.args(arguments);
        self.set(command, "nobody")
    }
}

fn code(mut command: Command) -> Option<i32> {
    command.output().unwrap().status.code()
}

#[test]
fn two_users_share_the_cards_and_neither_needs_the_other_to_clean_up() {
    let Some(shared) = Shared::new() else { return };
    let lab = &shared.lab;
    let script = WHILE_UP.replace("../up", "up");
    let hold = ["gpus", "lease", "--", "sh", "-c", &script];
    let wait = ["gpus", "lease", "--", "true"];
    let users: [fn(&Shared, &[&str]) -> Command; 2] = [Shared::as_root, Shared::as_nobody];
    for (holder, waiter, name) in [(users[1], users[0], "nobody"), (users[0], users[1], "root")] {
        let held = Background::of(lab, "held", &mut holder(&shared, &hold));
        wait_until(|| shared.path("up").exists());
        let dead = Background::of(lab, "dead", &mut waiter(&shared, &wait));
        wait_until(|| dead.says(lab).contains("in the queue"));
        let seen = waiter(&shared, &["gpus"]).output().unwrap().stdout;
        assert!(String::from_utf8(seen).unwrap().contains(name));
        drop(dead);
        let next = Background::of(lab, "next", &mut holder(&shared, &wait));
        wait_until(|| next.says(lab).contains("waiting: 1 of 1 in the queue"));
        let last = Background::of(lab, "last", &mut waiter(&shared, &wait));
        wait_until(|| last.says(lab).contains("waiting: 2 of 2 in the queue"));
        fs::remove_file(shared.path("up")).unwrap();
        for one in [held, next, last] {
            one.ends(lab, 0);
        }
        assert_eq!(shared.path("locks/q").read_dir().unwrap().count(), 0);
    }
}

#[test]
fn what_one_user_drains_only_that_user_or_root_puts_back() {
    let Some(shared) = Shared::new() else { return };
    assert_eq!(code(shared.as_root(&["gpus", "drain", "0", "--reason", "fan"])), Some(0));
    let told = shared.as_nobody(&["gpus", "undrain", "0"]).output().unwrap();
    let said = String::from_utf8(told.stderr).unwrap();
    assert_eq!(told.status.code(), Some(1));
    assert!(said.contains("out of service by root: fan") && said.contains("hint: "), "{said}");
    assert_eq!(code(shared.as_root(&["gpus", "undrain", "0"])), Some(0));
    assert_eq!(code(shared.as_nobody(&["gpus", "drain", "0", "--reason", "fan"])), Some(0));
    assert_eq!(code(shared.as_root(&["gpus", "undrain", "0"])), Some(0));
}
