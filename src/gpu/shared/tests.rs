//! What the protocol relies on of the kernel: each line of it tried, so that a kernel that differs is noticed here.

use std::fs::{self, File, TryLockError};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::*;
use crate::process::spawn::spawn_with;

fn lock(path: &Path) -> File {
    let file = open_or_make(path).unwrap();
    file.try_lock().unwrap();
    file
}

fn is_locked(path: &Path) -> bool {
    matches!(read_only(path).unwrap().try_lock(), Err(TryLockError::WouldBlock))
}

/// A child that lives until it is killed and has inherited the lock.
fn heir(file: &File) -> Child {
    spawn_with(Command::new("sleep").arg("60"), &[file.as_fd()]).unwrap()
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_child_that_inherited_the_lock_keeps_it_when_its_supervisor_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("card");
    let file = lock(&path);
    let child = heir(&file);
    // What the kernel does for one that is killed: its descriptors are closed, nothing is unlocked.
    drop(file);
    assert!(is_locked(&path));
    end(child);
    assert!(!is_locked(&path));
}

#[test]
fn an_explicit_unlock_frees_the_lock_although_a_stray_child_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("card");
    let file = lock(&path);
    let child = heir(&file);
    file.unlock().unwrap();
    assert!(!is_locked(&path));
    end(child);
}

#[test]
fn a_lock_can_be_held_by_a_descriptor_that_may_only_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("card");
    drop(open_or_make(&path).unwrap());
    let reader = read_only(&path).unwrap();
    reader.try_lock().unwrap();
    assert!(is_locked(&path));
}

#[test]
fn closing_another_descriptor_of_the_file_keeps_the_lock() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("card");
    let _held = lock(&path);
    drop(open_or_make(&path).unwrap());
    assert!(is_locked(&path));
}

#[test]
fn a_link_is_not_followed() {
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/passwd", dir.path().join("mutex")).unwrap();
    assert!(open_or_make(&dir.path().join("mutex")).is_err());
    std::os::unix::fs::symlink("/tmp", dir.path().join("gx")).unwrap();
    assert!(make(&dir.path().join("gx"), 0o1777).is_err());
}

#[test]
fn many_who_make_the_same_file_at_once_get_the_same_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("card");
    let inodes = std::thread::scope(|scope| {
        let open = || std::os::unix::fs::MetadataExt::ino(&open_or_make(&path).unwrap().metadata().unwrap());
        let all: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<std::collections::BTreeSet<u64>>()
    });
    assert_eq!(inodes.len(), 1);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "something is left of the making");
}

/// Runs a shell command as another user; `None` where this user may not.
fn as_somebody_else(script: &str, path: &Path) -> Option<bool> {
    let drop_root = ["--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", script, "sh"];
    let status = Command::new("setpriv").args(drop_root).arg(path).stderr(Stdio::null()).status();
    let may = rustix::process::getuid().is_root() && status.is_ok();
    if !may {
        println!("SKIPPED: only root with setpriv can be somebody else");
    }
    may.then(|| status.unwrap().success())
}

/// A sticky folder for all, below folders that everybody may enter.
fn sticky() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let path = dir.path().join("gx");
    make(&path, 0o1777).unwrap();
    (dir, path)
}

#[test]
fn in_a_sticky_folder_the_file_of_another_user_is_opened_but_not_with_o_creat() {
    let (_dir, folder) = sticky();
    let path = folder.join("card");
    drop(open_or_make(&path).unwrap());
    let _ = std::os::unix::fs::chown(&path, Some(1), Some(1));
    // `<>` opens with O_CREAT, `dd conv=nocreat` without.
    let Some(opened) = as_somebody_else("dd if=/dev/null of=\"$1\" conv=nocreat,notrunc", &path) else {
        return;
    };
    assert!(opened, "opening what is there must work for everybody");
    // A file of the folder's owner is not protected: it must belong to a third user.
    let protected = fs::read_to_string("/proc/sys/fs/protected_regular").unwrap_or_default();
    if protected.trim() == "0" || protected.is_empty() {
        println!("SKIPPED: fs.protected_regular is off here");
        return;
    }
    assert_eq!(as_somebody_else(": <> \"$1\"", &path), Some(false));
}

#[test]
fn two_users_have_locks_and_tickets_in_one_folder() {
    let (_dir, folder) = sticky();
    let path = folder.join("card");
    let held = lock(&path);
    let Some(got) = as_somebody_else("flock --nonblock \"$1\" true", &path) else { return };
    assert!(!got, "the lock of root must keep others out");
    held.unlock().unwrap();
    assert_eq!(as_somebody_else("flock --nonblock \"$1\" true", &path), Some(true));
    make(&folder.join("q"), 0o777).unwrap();
    drop(open_or_make(&folder.join("q/ticket")).unwrap());
    assert_eq!(as_somebody_else("rm -f \"$1\"", &folder.join("q/ticket")), Some(true));
    assert_eq!(as_somebody_else("rm -f \"$1\"", &path), Some(false), "lock files are never removed");
}

#[cfg(target_os = "linux")]
mod inotify {
    use super::*;
    use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
    use std::os::fd::OwnedFd;

    fn watch(path: &Path, what: WatchFlags) -> OwnedFd {
        let events = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).unwrap();
        add_watch(&events, path, what).unwrap();
        events
    }

    fn has_news(events: &OwnedFd) -> bool {
        rustix::io::read(events, &mut [0u8; 4096]).is_ok_and(|read| read > 0)
    }

    #[test]
    fn an_unlock_is_no_event_but_a_byte_into_the_bell_is() {
        let dir = tempfile::tempdir().unwrap();
        let (path, bell) = (dir.path().join("card"), dir.path().join("bell"));
        let (file, rope) = (lock(&path), open_or_make(&bell).unwrap());
        let (card, ring) = (watch(&path, WatchFlags::ALL_EVENTS), watch(&bell, WatchFlags::MODIFY));
        file.unlock().unwrap();
        assert!(!has_news(&card) && !has_news(&ring));
        for _ in 0..2 {
            rope.write_all_at(b"!", 0).unwrap();
            assert!(has_news(&ring), "the same byte again is an event too");
        }
    }

    #[test]
    fn the_death_of_a_holder_is_an_event_and_the_coming_and_going_of_onlookers_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("card");
        let file = lock(&path);
        let events = watch(&path, WatchFlags::CLOSE_WRITE);
        drop(read_only(&path).unwrap());
        assert!(!has_news(&events));
        let child = heir(&file);
        drop(file);
        assert!(!has_news(&events), "its child still has it");
        end(child);
        assert!(has_news(&events));
    }

    #[test]
    fn a_ticket_that_is_removed_is_news_although_somebody_has_it_open() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ticket");
        let (owner, _onlooker) = (lock(&path), read_only(&path).unwrap());
        let events = watch(&path, WatchFlags::ATTRIB);
        fs::remove_file(&path).unwrap();
        assert!(has_news(&events));
        drop(owner);
    }

    #[test]
    fn of_tickets_only_the_death_of_an_owner_is_news_in_their_folder() {
        let dir = tempfile::tempdir().unwrap();
        let events = watch(dir.path(), WatchFlags::CLOSE_WRITE | WatchFlags::EXCL_UNLINK);
        let orderly = File::create(dir.path().join("1")).unwrap();
        fs::remove_file(dir.path().join("1")).unwrap();
        drop(orderly);
        assert!(!has_news(&events), "it left in order");
        drop(File::create(dir.path().join("2")).unwrap());
        assert!(has_news(&events));
    }
}
