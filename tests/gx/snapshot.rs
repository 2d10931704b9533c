//! The snapshot: the tree as it ran, taken without a trace in HEAD, index or work tree.

mod indexes;
mod left_out;
mod round_trip;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::Value;

use crate::support::Lab;

/// `gx run --leave` of a command that prints a result; the answer.
#[track_caller]
fn take(lab: &Lab) -> Value {
    take_with(lab.gx_command())
}

#[track_caller]
fn take_with(mut gx: Command) -> Value {
    gx.args(["run", "--json", "--leave", "--hypothesis", "look", "--", "printf", "---\\nval_bpb: 1.0\\n"]);
    let output = gx.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 10 | 11)), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What the snapshot of the first experiment holds at a path.
#[track_caller]
fn held(lab: &Lab, path: &str) -> String {
    lab.git(&["show", &format!("refs/experiments/exp-1:{path}")])
}

/// The paths in the snapshot of the first experiment, as bytes.
fn paths(lab: &Lab) -> Vec<Vec<u8>> {
    let listed = lab
        .command("git")
        .args(["ls-tree", "-r", "-z", "--name-only", "refs/experiments/exp-1"])
        .output()
        .unwrap()
        .stdout;
    listed.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(<[u8]>::to_vec).collect()
}

/// The tree that git itself would make of the work tree, by way of another index.
fn tree_by_git(lab: &Lab) -> String {
    let index = lab.path("../index-of-the-test");
    let git = |arguments: &[&str]| {
        let output = lab.command("git").args(arguments).env("GIT_INDEX_FILE", &index).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    git(&["read-tree", "HEAD"]);
    git(&["add", "-A"]);
    git(&["write-tree"])
}

/// Asserts that the snapshot is exactly what git would have added.
#[track_caller]
fn is_the_whole_tree(lab: &Lab) {
    assert_eq!(lab.rev("refs/experiments/exp-1^{tree}"), tree_by_git(lab));
    lab.fsck();
}

#[test]
fn head_index_and_files_are_the_same_bytes_after_a_snapshot() {
    let lab = Lab::new();
    lab.write("staged.txt", "one\n");
    lab.git(&["add", "staged.txt"]);
    lab.write("staged.txt", "two\n");
    lab.write("train.py", "0.9\n");
    lab.write("new.txt", "new\n");
    fs::remove_file(lab.path("README.md")).unwrap();
    let state = || {
        let index = fs::read(lab.path(".git/index")).unwrap();
        let modified = fs::metadata(lab.path(".git/index")).unwrap().modified().unwrap();
        (
            index,
            modified,
            lab.rev("HEAD"),
            lab.read(".git/HEAD"),
            lab.read("staged.txt"),
            lab.read("train.py"),
        )
    };
    let before = state();
    take(&lab);
    assert_eq!(state(), before);
    assert!(!lab.path("README.md").exists());
    assert_eq!(lab.status(), " D README.md\nAM staged.txt\n M train.py\n?? new.txt\n");
    assert_eq!((held(&lab, "staged.txt").as_str(), held(&lab, "train.py").as_str()), ("two\n", "0.9\n"));
    is_the_whole_tree(&lab);
}

#[test]
fn a_same_size_edit_within_the_second_of_the_index_is_seen() {
    for _ in 0..5 {
        let lab = Lab::new();
        lab.write("train.py", "1.1\n");
        lab.git(&["add", "train.py"]);
        lab.write("train.py", "1.2\n");
        take(&lab);
        assert_eq!(held(&lab, "train.py"), "1.2\n");
    }
}

#[test]
fn deletions_staged_or_not_and_renames_are_in_the_snapshot() {
    let lab = Lab::new();
    for name in ["a", "b", "c/d/e"] {
        lab.write(name, format!("{name}\n"));
    }
    lab.commit("more");
    lab.git(&["rm", "-q", "a"]);
    fs::remove_file(lab.path("b")).unwrap();
    fs::rename(lab.path("c/d/e"), lab.path("c/moved")).unwrap();
    take(&lab);
    let names: Vec<_> = paths(&lab).into_iter().map(|path| String::from_utf8(path).unwrap()).collect();
    assert_eq!(names, ["README.md", "c/moved", "prepare.py", "train.py"]);
    is_the_whole_tree(&lab);
}

#[test]
fn a_file_that_became_a_link_and_a_link_that_became_a_file_are_in_the_snapshot_as_they_are_now() {
    let lab = Lab::new();
    lab.write("file", "file\n");
    symlink("train.py", lab.path("link")).unwrap();
    lab.commit("more");
    fs::rename(lab.path("link"), lab.path("file")).unwrap();
    lab.write("link", "now a file\n");
    take(&lab);
    is_the_whole_tree(&lab);
    lab.try_value("1.5").exits(10);
    assert_eq!(lab.status(), "");
    assert_eq!(fs::read_link(lab.path("link")).unwrap().to_str(), Some("train.py"));
    lab.fsck();
}

#[test]
fn a_link_that_took_the_place_of_a_folder_is_neither_written_through_nor_over() {
    let lab = Lab::new();
    lab.write("data/one", "one\n");
    lab.write(".gitignore", "/data\n");
    lab.git(&["add", "-f", "data/one"]);
    lab.commit("data");
    lab.run("baseline", &[]).exits(0);
    fs::rename(lab.path("data"), lab.path("../moved")).unwrap();
    fs::remove_file(lab.path("../moved/one")).unwrap();
    symlink("../moved", lab.path("data")).unwrap();
    let told = lab.try_value("1.5").exits(10).json();
    assert_eq!(fs::read_link(lab.path("data")).unwrap().to_str(), Some("../moved"));
    assert_eq!(fs::read_dir(lab.path("../moved")).unwrap().count(), 0);
    assert_eq!(told["tree"]["left"][0]["path"], "data/one");
    assert_eq!(lab.read("train.py"), "1.0\n");
    lab.fsck();
}

#[test]
fn a_kept_deletion_of_the_last_file_of_a_folder_takes_the_folder_out_of_the_tree() {
    let lab = Lab::new();
    lab.write("deep/er/file", "one\n");
    lab.commit("folder");
    lab.run("baseline", &[]).exits(0);
    lab.write("notes.txt", "so that the kept commit is not the snapshot\n");
    fs::remove_dir_all(lab.path("deep")).unwrap();
    lab.try_value("0.9").exits(0);
    assert_eq!(lab.git(&["ls-tree", "-r", "-t", "--name-only", "HEAD"]), "README.md\nprepare.py\ntrain.py\n");
    lab.fsck();
}

#[test]
fn a_snapshot_taken_in_a_subfolder_holds_the_whole_tree() {
    let lab = Lab::new();
    lab.write("deep/er/file", "new\n");
    lab.write("train.py", "0.9\n");
    let mut gx = lab.gx_command();
    gx.current_dir(lab.path("deep/er"));
    take_with(gx);
    is_the_whole_tree(&lab);
}

#[test]
fn a_snapshot_of_a_linked_work_tree_holds_that_tree() {
    let lab = Lab::new();
    lab.git(&["worktree", "add", "-q", "--detach", "../linked"]);
    lab.write("train.py", "0.9\n");
    lab.write("../linked/train.py", "0.8\n");
    lab.write("../linked/new.txt", "new\n");
    let index = fs::read(lab.path(".git/worktrees/linked/index")).unwrap();
    let mut gx = lab.gx_command();
    gx.current_dir(lab.path("../linked")).args([
        "run",
        "--leave",
        "--tag",
        "t",
        "--hypothesis",
        "look",
        "--",
        "true",
    ]);
    assert_eq!(gx.output().unwrap().status.code(), Some(12));
    assert_eq!((held(&lab, "train.py").as_str(), held(&lab, "new.txt").as_str()), ("0.8\n", "new\n"));
    assert_eq!(fs::read(lab.path(".git/worktrees/linked/index")).unwrap(), index);
    assert_eq!(lab.read("train.py"), "0.9\n");
    lab.fsck();
}

#[test]
fn variables_of_a_git_hook_do_not_lead_the_snapshot_astray() {
    let lab = Lab::new();
    lab.write("train.py", "0.9\n");
    let mut gx = lab.gx_command();
    gx.env("GIT_INDEX_FILE", lab.path("../no-index"))
        .env("GIT_PREFIX", "deep/")
        .env("GIT_LITERAL_PATHSPECS", "0");
    take_with(gx);
    assert!(!lab.path("../no-index").exists());
    is_the_whole_tree(&lab);
}

/// `gx restore --into` a new folder beside the lab.
#[track_caller]
fn restore(lab: &Lab, name: &str) -> std::path::PathBuf {
    let folder = lab.path(format!("../{name}"));
    lab.gx(&[OsStr::new("restore"), OsStr::new("exp-1"), OsStr::new("--into"), folder.as_os_str()]).exits(0);
    folder
}
