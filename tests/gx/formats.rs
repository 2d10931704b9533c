//! The same story in every format that a repository can have, and with either engine.

use std::fs;

use serde_json::{Value, json};

use crate::support::clones::Remote;
use crate::support::{Lab, TRAIN};

/// Another folder beside the lab's own.
const ORIGIN: &str = "../origin";

/// Where git makes classic repositories unless it is told otherwise, whatever the suite is run on.
fn folder() -> Lab {
    Lab::bare_folder().with("GIT_DEFAULT_HASH", "sha1").with("GIT_DEFAULT_REF_FORMAT", "files")
}

/// A repository in the lab's folder, made by git as `flags` say; none where this git cannot.
fn made(flags: &[&str]) -> Option<Lab> {
    let lab = folder();
    let output =
        lab.command("git").args(["init", "-q", "-b", "autoresearch/t"]).args(flags).output().unwrap();
    if !output.status.success() {
        eprintln!("SKIPPED: this git knows no {flags:?}");
        return None;
    }
    fill(&lab);
    Some(lab)
}

fn fill(lab: &Lab) {
    lab.write("train.py", "1.0\n");
    lab.write("README.md", "read me\n");
    lab.write(".gitignore", "cache/\n");
    lab.commit("start");
}

/// A repository with three commits, and the lab's folder a clone of it.
fn cloned(flags: &[&str]) -> Lab {
    let lab = folder();
    fs::create_dir(lab.path(ORIGIN)).unwrap();
    let git = |arguments: &[&str]| lab.git(&[&["-C", ORIGIN], arguments].concat());
    git(&["init", "-q", "-b", "autoresearch/t"]);
    git(&["config", "uploadpack.allowFilter", "true"]);
    git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    for (name, text) in [("train.py", "1.1\n"), ("README.md", "read me\n"), ("train.py", "1.0\n")] {
        lab.write(format!("{ORIGIN}/{name}"), text);
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", name]);
    }
    let url = format!("file://{}", lab.path(ORIGIN).canonicalize().unwrap().display());
    lab.git(&[&["clone", "-q"], flags, &[url.as_str(), "."]].concat());
    lab
}

fn status(lab: &Lab, id: &str) -> Value {
    lab.record(id)["status"].clone()
}

/// Runs, verdicts by gx and by hand, isolated runs, notes, lists, the trash, another work tree, and a kill.
fn the_story_is_told(lab: &Lab) {
    lab.gx(&["init"]).exits(0);
    let start = lab.rev("HEAD");
    lab.run("baseline", &[]).exits(0);
    lab.try_value("0.9").exits(0);
    assert_eq!((lab.rev("HEAD^"), lab.read("train.py").as_str()), (start, "0.9\n"));
    let kept = lab.rev("HEAD");
    lab.try_value("1.5").exits(10);
    assert_eq!((lab.rev("HEAD"), lab.read("train.py").as_str(), lab.status().as_str()), (kept, "0.9\n", ""));
    lab.try_value("nan").exits(12);
    lab.write("train.py", "0.8\n");
    lab.run("apart", &["--isolated"]).exits(0);
    lab.git(&["checkout", "-q", "."]);
    let states: Vec<_> = lab.states().into_iter().map(|(_, status)| status).collect();
    assert_eq!(states, ["keep", "keep", "discard", "crash", "keep"]);
    verdicts_and_notes(lab);
    other_work_trees(lab);
    a_kill(lab);
    lab.fsck();
}

fn verdicts_and_notes(lab: &Lab) {
    lab.gx(&["note", "exp-3", "too fast"]).exits(0);
    assert_eq!(lab.record("exp-3")["note"], "too fast");
    let best = lab.gx(&["best", "--json"]).exits(0).json();
    assert_eq!(best["tags"][0]["id"], "exp-5", "{best}");
    assert_eq!(lab.gx(&["show", "exp-2", "--json"]).exits(0).json()["id"], "exp-2");
    let diff = lab.gx(&["diff", "exp-1", "exp-2"]).exits(0).stdout;
    assert!(diff.contains("0.9"), "{diff}");
    assert!(lab.gx(&["logs", "exp-2"]).exits(0).stdout.contains("val_bpb: 0.9"));
    lab.gx(&["discard", "exp-5", "--reason", "it cheats"]).exits(0);
    assert_eq!(status(lab, "exp-5"), "discard");
    lab.gx(&["keep", "exp-5", "--reason", "it does not"]).exits(0);
    assert_eq!((status(lab, "exp-5"), lab.read("train.py").as_str()), (json!("keep"), "0.8\n"));
    lab.gx(&["rm", "exp-4"]).exits(0);
    lab.gx(&["show", "exp-4"]).exits(5);
    lab.gx(&["undo", "exp-4"]).exits(0);
    assert_eq!(status(lab, "exp-4"), "crash");
    assert!(lab.gx(&["restore", "exp-3"]).exits(1).stderr.contains("conflicts with HEAD in train.py"));
    lab.gx(&["restore", "exp-3", "--into", "../old"]).exits(0);
    assert_eq!((lab.read("../old/train.py"), lab.status()), ("1.5\n".to_owned(), String::new()));
}

fn other_work_trees(lab: &Lab) {
    lab.gx(&["worktree", "add", "../agent", "--tag", "t"]).exits(0);
    lab.write("../agent/train.py", "0.7\n");
    let arguments = [&["-C", "../agent", "run", "--hypothesis", "an agent's", "--"], TRAIN].concat();
    lab.gx(&arguments).exits(0);
    assert_eq!(lab.git(&["show", "autoresearch/t:train.py"]), "0.7\n");
    let listed = lab.gx(&["worktree", "ls", "--json"]).exits(0).json();
    assert!(listed.to_string().contains("agent"), "{listed}");
    lab.gx(&["worktree", "rm", "../agent"]).exits(0);
    assert!(!lab.path("../agent").exists());
}

fn a_kill(lab: &Lab) {
    if !cfg!(debug_assertions) {
        return;
    }
    lab.git(&["checkout", "-q", "."]);
    lab.write("train.py", "2.0\n");
    let arguments = [&["run", "--hypothesis", "cut short", "--"], TRAIN].concat();
    let killed = lab.gx_command().env("GX_FAIL_AT", "trained,lost").args(arguments).output().unwrap();
    assert!(killed.status.code().is_none(), "{killed:?}");
    assert_eq!(lab.states().last().unwrap(), &("exp-7".to_owned(), "discard".to_owned()));
    lab.gx(&["recover"]).exits(0);
    assert_eq!((lab.read("train.py").as_str(), lab.status().as_str()), ("0.7\n", ""));
}

#[test]
fn a_classic_repository_with_the_engine_of_the_program() {
    the_story_is_told(&made(&[]).unwrap().with("GX_GIT_ENGINE", "program"));
}

#[test]
fn a_classic_repository_with_many_packed_refs() {
    let lab = made(&[]).unwrap();
    let head = lab.rev("HEAD");
    let script: String =
        (0..5000).map(|number| format!("create refs/tags/some-long-name-{number} {head}\n")).collect();
    lab.write("../script", script);
    let mut command = lab.command("git");
    command.args(["update-ref", "--stdin"]).stdin(fs::File::open(lab.path("../script")).unwrap());
    assert!(command.status().unwrap().success());
    lab.git(&["pack-refs", "--all"]);
    the_story_is_told(&lab);
}

#[test]
fn sha256_objects_and_refs_in_files() {
    if let Some(lab) = made(&["--object-format=sha256", "--ref-format=files"]) {
        the_story_is_told(&lab);
    }
}

#[test]
fn sha1_objects_and_refs_in_tables() {
    if let Some(lab) = made(&["--object-format=sha1", "--ref-format=reftable"]) {
        the_story_is_told(&lab);
    }
}

#[test]
fn sha256_objects_and_refs_in_tables_where_bare_repositories_must_be_named() {
    if let Some(lab) = made(&["--object-format=sha256", "--ref-format=reftable"]) {
        let lab = lab.with("GIT_CONFIG_COUNT", "1").with("GIT_CONFIG_KEY_0", "safe.bareRepository");
        the_story_is_told(&lab.with("GIT_CONFIG_VALUE_0", "explicit"));
    }
}

#[test]
fn a_partial_clone() {
    let lab = cloned(&["--filter=blob:none"]);
    assert!(
        lab.git(&["rev-list", "--objects", "--all", "--missing=print"]).contains('?'),
        "nothing is missing"
    );
    the_story_is_told(&lab);
}

#[test]
fn a_partial_clone_pulls_what_another_clone_has_recorded() {
    let remote = Remote::new();
    let a = remote.lab("lab-a");
    a.try_value("0.9").exits(0);
    a.gx(&["push"]).exits(0);
    let url = a.git(&["remote", "get-url", "origin"]);
    let there = url.trim().trim_start_matches("file://");
    a.git(&["--git-dir", there, "config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", url.trim().trim_start_matches("file://"));
    a.git(&["clone", "-q", "--filter=blob:none", &url, "../partial"]);
    let gx = |arguments: &[&str]| {
        let output = a.gx_command().current_dir(a.path("../partial")).args(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    gx(&["pull"]);
    assert!(gx(&["ls"]).contains("lab-a/exp-1"));
    assert!(gx(&["show", "lab-a/exp-1"]).contains("0.9"));
}

#[test]
fn a_shallow_clone() {
    let lab = cloned(&["--depth=1"]);
    assert_eq!(lab.git(&["rev-list", "--count", "HEAD"]), "1\n");
    the_story_is_told(&lab);
}

#[test]
fn a_shallow_clone_with_the_engine_of_the_program() {
    the_story_is_told(&cloned(&["--depth=1"]).with("GX_GIT_ENGINE", "program"));
}

#[test]
fn a_linked_work_tree_with_either_engine() {
    for engine in ["git2", "program"] {
        let lab = cloned(&[]).with("GX_GIT_ENGINE", engine);
        lab.git(&["switch", "-q", "--detach"]);
        // The lab's folder is linked to a repository elsewhere.
        let main = lab.dir().with_file_name("main");
        fs::rename(lab.dir(), &main).unwrap();
        let mut add = lab.command("git");
        add.current_dir(&main).args(["worktree", "add", "-q", "../lab", "autoresearch/t"]);
        assert!(add.status().unwrap().success());
        the_story_is_told(&lab);
    }
}

#[test]
fn a_mirror_is_read_and_not_written() {
    let lab = made(&[]).unwrap();
    lab.write("gx.toml", "metric.goal = 'higher'\n");
    lab.commit("the goal");
    lab.run("baseline", &[]).exits(0);
    lab.try_value("1.5").exits(0);
    lab.git(&["clone", "-q", "--mirror", ".", "../mirror"]);
    for engine in ["git2", "program"] {
        let gx = |arguments: &[&str]| {
            let mut command = lab.gx_command();
            command.env("GX_GIT_ENGINE", engine).current_dir(lab.path("../mirror")).args(arguments);
            command.env("GIT_CONFIG_COUNT", "0");
            command
        };
        let read = |arguments: &[&str]| {
            let output = gx(arguments).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {output:?}");
            String::from_utf8(output.stdout).unwrap()
        };
        assert!(read(&["ls"]).contains("exp-2"));
        assert!(read(&["best"]).contains("exp-2"), "the goal of the committed gx.toml counts");
        assert!(read(&["show", "exp-1"]).contains("baseline"));
        assert!(read(&["diff", "exp-1", "exp-2"]).contains("1.5"));
        assert!(read(&["logs", "exp-2"]).contains("val_bpb: 1.5"));
        assert!(read(&["export", "csv"]).contains("try 1.5"));
        for arguments in [
            &["run", "--hypothesis", "x", "--", "true"][..],
            &["note", "exp-1", "x"],
            &["rm", "exp-1"],
            &["archive", "--keep", "0"],
            &["gc"],
            &["pull"],
        ] {
            let output = gx(arguments).output().unwrap();
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(told.contains("is a bare repository") && told.contains("hint:"), "{told}");
            assert_eq!(output.status.code(), Some(1));
        }
        let mut strict = gx(&["ls"]);
        strict.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", "safe.bareRepository");
        strict.env("GIT_CONFIG_VALUE_0", "explicit");
        let output = strict.output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("`safe.bareRepository` is `explicit`") && told.contains("GIT_DIR="), "{told}");
        let named = strict.env("GIT_DIR", lab.path("../mirror")).output().unwrap();
        assert!(named.status.success(), "{named:?}");
    }
}
