//! A repository that cannot be written: read-only, or on a full disk.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::{Lab, TRAIN, Told, wait_until};

/// Gives every file and folder below `path` to everybody to read, and to nobody to write.
fn forbid_writing(path: &Path) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| forbid_writing(&entry.unwrap().path()));
    }
    let mode = if path.is_dir() { 0o555 } else { 0o444 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn allow_writing(path: &Path) {
    let mode = if path.is_dir() { 0o777 } else { 0o666 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| allow_writing(&entry.unwrap().path()));
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// Calls gx as somebody whom permission bits bind; nothing where root cannot become one.
fn as_a_mortal(lab: &Lab, arguments: &[&str]) -> Option<Told> {
    let mut command = lab.gx_command();
    if is_root() {
        let program = place_for_all(lab);
        command = lab.command("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(program);
        command.env("USER", "nobody");
    }
    let output = command.args(arguments).output().ok()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Told { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) })
}

/// The program where everybody may execute it; the folder it was built in may be somebody's own.
fn place_for_all(lab: &Lab) -> PathBuf {
    let folder = lab.dir().parent().unwrap().to_path_buf();
    let program = folder.join("gx");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    if !program.exists() {
        // Not by this process: a file that a thread beside us still holds open for writing cannot be executed.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_gx")).arg(&program).status().unwrap();
        assert!(copied.success());
    }
    program
}

#[test]
fn a_read_only_git_folder_refuses_runs_and_can_still_be_read() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    // libgit2 trusts by the file in HOME only.
    lab.git(&["config", "--file", "../home/.gitconfig", "safe.directory", "*"]);
    let lab = lab.with("GIT_CONFIG_GLOBAL", "../home/.gitconfig");
    forbid_writing(&lab.path(".git"));
    let Some(probe) = as_a_mortal(&lab, &["completions", "bash"]).filter(|told| told.code == Some(0)) else {
        eprintln!("SKIPPED: root cannot become somebody whom permission bits bind");
        return allow_writing(&lab.path(".git"));
    };
    assert!(!probe.stdout.is_empty());
    let arguments = [&["run", "--hypothesis", "x", "--"], TRAIN].concat();
    let said = lab.refuses(1, || as_a_mortal(&lab, &arguments).unwrap());
    assert!(said.contains("LAB/.git"), "{said}");
    let read = as_a_mortal(&lab, &["ls"]).unwrap().exits(0);
    assert!(read.stdout.contains("exp-1"), "{read:?}");
    allow_writing(&lab.path(".git"));
    lab.fsck();
}

/// A small file system of its own over the lab; taken away when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn over(folder: &Path) -> Option<Self> {
        let mount = ["-t", "tmpfs", "-o", "size=4m", "gx-test"];
        let mounted = Command::new("mount").args(mount).arg(folder).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(folder.to_path_buf()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

/// Fills the disk but for some pages of 4 KiB.
fn fill(lab: &Lab, spare: usize) {
    let ballast = lab.path(".git/ballast");
    fs::create_dir_all(&ballast).unwrap();
    let full = (0..).map(|number| ballast.join(number.to_string()));
    let last = full.into_iter().find(|path| fs::write(path, [b'x'; 4096]).is_err()).unwrap();
    fs::remove_file(last).unwrap();
    (0..spare).for_each(|number| fs::remove_file(ballast.join(number.to_string())).unwrap());
}

fn make_room(lab: &Lab) {
    fs::remove_dir_all(lab.path(".git/ballast")).unwrap();
}

/// A lab on a disk of its own, with one experiment; none where no file system can be mounted.
fn on_a_small_disk() -> Option<(Lab, SmallDisk)> {
    let lab = Lab::bare_folder();
    let Some(disk) = SmallDisk::over(&lab.dir()) else {
        eprintln!("SKIPPED: a file system cannot be mounted here");
        return None;
    };
    lab.git(&["init", "-q", "-b", "autoresearch/t"]);
    lab.write("train.py", "1.0\n");
    lab.commit("start");
    lab.run("baseline", &[]).exits(0);
    Some((lab, disk))
}

#[test]
fn a_full_disk_leaves_nothing_half_written_wherever_it_runs_out() {
    let Some((lab, _disk)) = on_a_small_disk() else { return };
    lab.write("train.py", "1.5\n");
    let arguments = [&["run", "--hypothesis", "x", "--leave", "--"], TRAIN].concat();
    let mut failures = 0;
    for spare in 0..24 {
        fill(&lab, spare);
        let refs = lab.git(&["for-each-ref"]);
        let told = lab.gx(&arguments);
        if told.code != Some(10) {
            failures += 1;
            assert!(told.code == Some(1) && told.stderr.contains("hint: make room"), "{spare}: {told:#?}");
        }
        if spare == 0 {
            assert_eq!(lab.git(&["for-each-ref"]), refs);
        }
        assert_eq!(lab.read("train.py"), "1.5\n");
        lab.gx(&["ls"]).exits(0);
        make_room(&lab);
        lab.fsck();
        let states = lab.states();
        assert!(states.iter().all(|(_, state)| state != "running"), "{spare}: {states:?}");
        assert_eq!(states[0], ("exp-1".to_owned(), "keep".to_owned()));
    }
    assert!((1..24).contains(&failures), "the disk was full {failures} times of 24");
    lab.run("with room", &[]).exits(10);
    lab.fsck();
}

/// Puts a `git` before the real one that fills the disk as soon as an experiment has claimed its number.
fn fill_after_the_claim(lab: Lab) -> Lab {
    let script = "#!/bin/sh\n\
        case \" $* \" in *' update-ref '*) ;; *) exec REAL \"$@\";; esac\n\
        cat > \"$HOME/asked\"; REAL \"$@\" < \"$HOME/asked\"; code=$?\n\
        grep -q 'refs/experiments/' \"$HOME/asked\" && test ! -e \"$HOME/filled\" || exit $code\n\
        touch \"$HOME/filled\"; mkdir .git/ballast; cd .git/ballast\n\
        dd if=/dev/zero of=most bs=4096 2>/dev/null\n\
        exit $code\n";
    let path = std::env::var("PATH").unwrap();
    let real =
        std::env::split_paths(&path).map(|folder| folder.join("git")).find(|git| git.exists()).unwrap();
    lab.write("../bin/git", script.replace("REAL", real.to_str().unwrap()));
    fs::set_permissions(lab.path("../bin/git"), fs::Permissions::from_mode(0o755)).unwrap();
    let bin = lab.dir().parent().unwrap().join("bin");
    lab.with("PATH", &format!("{}:{path}", bin.display())).with("GX_GIT_ENGINE", "program")
}

#[test]
fn a_disk_that_is_full_right_after_the_claim_leaves_an_experiment_that_says_so() {
    let Some((lab, _disk)) = on_a_small_disk() else { return };
    let lab = fill_after_the_claim(lab);
    lab.write("train.py", "0.5\n");
    let arguments = [&["run", "--hypothesis", "better", "--"], TRAIN].concat();
    let head = lab.rev("HEAD");
    let told = lab.gx(&arguments).exits(1);
    assert!(
        told.stderr.starts_with("error: exp-2 has its number, but nothing could be begun"),
        "{}",
        told.stderr
    );
    assert_eq!(told.stderr.matches("hint: make room on the disk").count(), 1, "{}", told.stderr);
    let snapshot = lab.rev("refs/experiments/exp-2");
    for arguments in [&["ls"][..], &["show", "exp-2"]] {
        assert!(lab.gx(arguments).exits(0).stdout.contains("exp-2"));
    }
    make_room(&lab);
    // Told once, by the first command that can write.
    let told = lab.gx(&["ls"]).exits(0).stderr;
    assert_eq!(told, "note: exp-2 was left unfinished; it is `interrupted` now\n");
    assert_eq!(lab.gx(&["ls"]).exits(0).stderr, "");
    let record = lab.record("exp-2");
    assert_eq!((&record["status"], &record["hypothesis"]), (&json!("interrupted"), &json!("better")));
    assert_eq!((record["snapshot"].as_str().unwrap(), record.get("value")), (snapshot.as_str(), None));
    let left = |folder: &str| fs::read_dir(lab.path(folder)).unwrap().count();
    assert_eq!(left(".git/gx/journal/waiting"), 0);
    assert_eq!((lab.rev("HEAD"), lab.read("train.py").as_str()), (head, "0.5\n"));
    // The edit is still there, and is tried under the next number.
    let told = lab.run("better, again", &[]).exits(0).json();
    assert_eq!((&told["id"], &told["status"]), (&json!("exp-3"), &json!("keep")));
    assert_eq!(left(".git/gx/pending"), 0);
    lab.fsck();
}

/// The runs that have announced themselves.
fn announced(lab: &Lab) -> Vec<PathBuf> {
    let files = fs::read_dir(lab.path(".git/gx/pending")).into_iter().flatten().flatten();
    files.map(|file| file.path()).filter(|path| path.extension().is_some_and(|end| end == "json")).collect()
}

/// Puts a folder where the next run will note its trainer, as soon as the run has announced itself.
fn stand_in_the_way(lab: &Lab, known: &[PathBuf], gx: &mut Child) {
    while gx.try_wait().unwrap().is_none() {
        if let Some(path) = announced(lab).into_iter().find(|path| !known.contains(path)) {
            let _ = fs::create_dir(path.with_extension("trainer"));
            return;
        }
    }
}

#[test]
fn a_trainer_that_could_not_be_noted_does_not_run_on() {
    let lab = Lab::new();
    let trainer = "echo $$ > ../pid; exec sleep 60";
    let mut was_not_noted = false;
    // Which of both is faster is chance, more so on a busy machine.
    for _ in 0..200 {
        let known = announced(&lab);
        let mut command = lab.gx_command();
        command.args(["run", "--hypothesis", "x", "--timeout", "50ms", "--", "sh", "-c", trainer]);
        let mut gx = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        stand_in_the_way(&lab, &known, &mut gx);
        let told = gx.wait_with_output().unwrap();
        was_not_noted |= String::from_utf8_lossy(&told.stderr).contains("cannot note the trainer");
        // Empty of one that was killed before it could say who it is.
        let pid = fs::read_to_string(lab.path("../pid")).unwrap_or_default();
        if !pid.trim().is_empty() {
            // A process that is gone, or only waits to be reaped, has no command line.
            let command_line = format!("/proc/{}/cmdline", pid.trim());
            wait_until(|| fs::read(&command_line).unwrap_or_default().is_empty());
        }
        if was_not_noted {
            return;
        }
    }
    panic!("the trainer was noted each time before the folder was there");
}
