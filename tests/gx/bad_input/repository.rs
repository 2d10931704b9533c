//! Repositories that gx cannot work in, or not now.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Lab, Told};

const RUN: &[&str] = &["run", "--hypothesis", "x", "--", "true"];

#[test]
fn a_folder_that_is_no_repository() {
    let lab = Lab::bare_folder();
    insta::assert_snapshot!(lab.refused(&["ls"], 1), @r#"
    error: LAB is in no Git repository
    hint: make one: `git init && git add -A && git commit -m "start"`
    "#);
    insta::assert_snapshot!(lab.refused(&["init"], 1), @r#"
    error: LAB is in no Git repository
    hint: make one: `git init && git add -A && git commit -m "start"`
    "#);
    assert_eq!(std::fs::read_dir(lab.dir()).unwrap().count(), 0);
}

#[test]
fn a_folder_that_is_not_there() {
    let lab = Lab::new();
    insta::assert_snapshot!(lab.refused(&["-C", "nowhere", "ls"], 2), @"
    error: cannot work in nowhere: No such file or directory (os error 2)
    hint: `-C` takes a folder that exists
    ");
}

#[test]
fn a_bare_repository() {
    let lab = Lab::bare_folder();
    lab.git(&["init", "-q", "--bare"]);
    // Named, for where `safe.bareRepository` asks for that.
    let lab = lab.with("GIT_DIR", ".");
    insta::assert_snapshot!(lab.refused(RUN, 1), @"
    error: LAB is a bare repository: there is no work tree to run in
    hint: work in a clone or in a linked worktree: `git worktree add ../lab`
    ");
}

#[test]
fn a_git_that_is_too_old() {
    let lab = Lab::new();
    lab.write("../old/git", "#!/bin/sh\necho git version 2.30.1\n");
    std::fs::set_permissions(lab.path("../old/git"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let told = lab.gx_command().arg("init").env("PATH", lab.path("../old")).output().unwrap();
    insta::assert_snapshot!(String::from_utf8_lossy(&told.stderr), @"
    error: git 2.30.1 is too old
    hint: install git 2.38 or newer
    ");
    assert_eq!((told.status.code(), lab.path("gx.toml").exists()), (Some(1), false));
}

#[test]
fn an_engine_that_does_not_exist_or_does_not_fit() {
    let lab = Lab::new().with("GX_GIT_ENGINE", "jgit");
    insta::assert_snapshot!(lab.refused(&["ls"], 2), @"
    error: `GX_GIT_ENGINE` is `jgit`, which is no engine
    hint: say `GX_GIT_ENGINE=git2` or `GX_GIT_ENGINE=program`, or leave it unset
    ");
    let lab = Lab::bare_folder().with("GX_GIT_ENGINE", "git2");
    lab.git(&["init", "-q", "--object-format=sha256"]);
    insta::assert_snapshot!(lab.refused(&["ls"], 1), @"
    error: LAB is in a format that libgit2 cannot open
    hint: unset `GX_GIT_ENGINE`: gx then uses the `git` program
    ");
}

#[test]
fn an_empty_repository() {
    let lab = Lab::bare_folder();
    lab.git(&["init", "-q", "-b", "autoresearch/t"]);
    lab.write("train.py", "1.0\n");
    for arguments in [RUN, &["init"], &["register", "--hypothesis", "x"]] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(lab.refused(arguments, 1), @r#"
            error: this repository has no commit yet
            hint: make the first one: `git add -A && git commit -m "start"`
            "#);
        }
    }
}

#[test]
fn a_detached_head_needs_a_tag() {
    let lab = Lab::new();
    lab.git(&["switch", "-q", "--detach"]);
    insta::assert_snapshot!(lab.refused(RUN, 1), @"
    error: no run tag: HEAD is detached
    hint: give one with the run: `--tag mar5`
    hint: or make a branch for the session: `gx init --tag mar5`
    ");
    assert_eq!(lab.run("with one", &["--tag", "t"]).exits(0).json()["tag"], "t");
}

#[test]
fn a_branch_that_names_no_tag() {
    let lab = Lab::new();
    lab.git(&["switch", "-q", "-c", "main"]);
    insta::assert_snapshot!(lab.refused(RUN, 1), @"
    error: no run tag: branch `main` names none
    hint: give one with the run: `--tag mar5`
    hint: or make a branch for the session: `gx init --tag mar5`
    ");
    lab.git(&["config", "gx.tag", "configured"]);
    assert_eq!(lab.run("with gx.tag", &[]).exits(0).json()["tag"], "configured");
}

/// A lab in which two branches changed the same line.
fn divided() -> Lab {
    let lab = Lab::new();
    lab.git(&["switch", "-q", "-c", "side"]);
    lab.write("train.py", "0.8\n");
    lab.commit("side");
    lab.git(&["switch", "-q", "autoresearch/t"]);
    lab.write("train.py", "0.9\n");
    lab.commit("main");
    lab
}

/// Calls git, which stops at a conflict.
fn git_stops(lab: &Lab, arguments: &[&str]) {
    let output = lab.command("git").args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn a_merge_in_progress() {
    let lab = divided();
    git_stops(&lab, &["merge", "-q", "side"]);
    insta::assert_snapshot!(lab.refused(RUN, 1), @"
    error: a merge is in progress
    hint: finish it, or give it up: `git merge --abort`
    ");
    insta::assert_snapshot!(lab.refused(&["init"], 1), @"
    error: a merge is in progress
    hint: finish it, or give it up: `git merge --abort`
    ");
}

#[test]
fn a_rebase_in_progress() {
    let lab = divided();
    git_stops(&lab, &["rebase", "-q", "side"]);
    insta::assert_snapshot!(lab.refused(RUN, 1), @"
    error: a rebase is in progress
    hint: finish it, or give it up: `git rebase --abort`
    ");
}

#[test]
fn a_bisect_in_progress() {
    let lab = divided();
    lab.git(&["bisect", "start"]);
    insta::assert_snapshot!(lab.refused(RUN, 1), @"
    error: a bisect is in progress
    hint: finish it, or give it up: `git bisect reset`
    ");
}

#[test]
fn a_cherry_pick_in_progress() {
    let lab = divided();
    git_stops(&lab, &["cherry-pick", "side"]);
    insta::assert_snapshot!(lab.refused(RUN, 1), @"
    error: a cherry-pick is in progress
    hint: finish it, or give it up: `git cherry-pick --abort`
    ");
}

#[test]
fn an_unmerged_path() {
    let lab = divided();
    lab.write("train.py", "0.7\n");
    lab.git(&["stash", "-q"]);
    lab.write("train.py", "0.6\n");
    lab.commit("again");
    git_stops(&lab, &["stash", "pop", "-q"]);
    insta::assert_snapshot!(lab.refused(RUN, 1), @"
    error: `train.py` is unmerged
    hint: resolve it, then `git add train.py`
    ");
}

#[test]
fn without_a_user_name_the_user_and_host_stand_in_and_it_says_so() {
    let lab = Lab::new();
    let mut command = lab.gx_command();
    for name in ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"] {
        command.env_remove(name);
    }
    command.env("USER", "grace").args(["run", "--hypothesis", "x", "--", "echo", "val_bpb: 1"]);
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let told = Told { code: output.status.code(), stdout: String::new(), stderr };
    assert!(
        told.stderr.starts_with("warning: Git knows no user.name; commits are by grace <grace@"),
        "{told:?}"
    );
    let author = lab.git(&["log", "-1", "--format=%an <%ae> %cn", "refs/experiments/exp-1"]);
    assert!(author.starts_with("grace <grace@") && author.ends_with("> grace\n"), "{author}");
}
