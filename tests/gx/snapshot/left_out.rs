//! What a snapshot never holds: secrets, large and ignored files, repositories inside the repository.

use std::fs;

use serde_json::json;

use super::{paths, take};
use crate::support::{Lab, Told};

/// `gx run --leave`, with its warnings.
#[track_caller]
fn look(lab: &Lab, flags: &[&str]) -> Told {
    let start = ["run", "--leave", "--hypothesis", "look"];
    lab.gx(&[&start, flags, &["--", "printf", "---\\nval_bpb: 1.0\\n"]].concat()).exits(0)
}

/// Whether the object database holds this content, reachable or not.
fn is_stored(lab: &Lab, content: &str) -> bool {
    lab.write("../probe", content);
    let id = lab.git(&["hash-object", "--no-filters", lab.path("../probe").to_str().unwrap()]);
    lab.command("git").args(["cat-file", "-e", id.trim()]).output().unwrap().status.success()
}

#[test]
fn secrets_are_left_out_with_a_warning_and_their_content_is_stored_nowhere() {
    let lab = Lab::new();
    let secrets = [".env", "id_rsa", "deep/.env.local", "deep/server.pem", ".ssh/config"];
    for secret in secrets {
        lab.write(secret, format!("token of {secret}\n"));
    }
    lab.write("harmless.txt", "harmless\n");
    let told = look(&lab, &[]);
    for secret in secrets {
        assert!(told.stderr.contains(&format!("`{secret}` is not in the snapshot")), "{told:?}");
        assert!(!is_stored(&lab, &format!("token of {secret}\n")), "{secret}");
        assert_eq!(lab.read(secret), format!("token of {secret}\n"));
    }
    assert!(is_stored(&lab, "harmless\n"));
    assert_eq!(paths(&lab), [&b"README.md"[..], b"harmless.txt", b"prepare.py", b"train.py"]);
    let mut left_out = lab.record("exp-1")["left_out"].as_array().unwrap().clone();
    left_out.sort_by_key(ToString::to_string);
    assert_eq!(
        left_out,
        [".env", ".ssh/config", "deep/.env.local", "deep/server.pem", "id_rsa"].map(|path| json!(path))
    );
}

#[test]
fn a_secret_that_is_staged_or_intended_to_be_added_is_left_out_too() {
    for flags in [&["add", "-N", ".env"][..], &["add", ".env"]] {
        let lab = Lab::new();
        lab.write(".env", "token\n");
        lab.git(flags);
        lab.write("train.py", "0.9\n");
        let status = lab.status();
        let told = look(&lab, &[]);
        assert!(told.stderr.contains("`.env` is not in the snapshot"), "{told:?}");
        assert_eq!(paths(&lab), [&b"README.md"[..], b"prepare.py", b"train.py"]);
        assert_eq!(is_stored(&lab, "token\n"), flags.len() == 2, "only the user's own `git add` stores it");
        assert_eq!((lab.status(), lab.read(".env")), (status, "token\n".to_owned()));
        lab.fsck();
    }
}

#[test]
fn an_untracked_file_over_the_limit_is_left_out_and_one_at_the_limit_is_not() {
    let lab = Lab::new();
    lab.write("train.py", "1.0\n".repeat(600));
    lab.commit("a long trainer");
    lab.write("large.bin", "x".repeat(1001));
    lab.write("fits.bin", "x".repeat(1000));
    lab.write("train.py", "0.9\n".repeat(600));
    let told = look(&lab, &["--config", "snapshot.max_file=1000"]);
    assert!(told.stderr.contains("`large.bin` is not in the snapshot"), "{told:?}");
    assert!(told.stderr.contains("snapshot.max_file"), "{told:?}");
    assert_eq!(paths(&lab), [&b"README.md"[..], b"fits.bin", b"prepare.py", b"train.py"]);
    assert!(!is_stored(&lab, &"x".repeat(1001)));
    assert!(is_stored(&lab, &"0.9\n".repeat(600)), "the limit is for untracked files only");
    assert_eq!(lab.read("large.bin").len(), 1001);
}

#[test]
fn ignored_files_are_not_in_the_snapshot_unless_they_are_tracked() {
    let lab = Lab::new();
    lab.write(".gitignore", "*.log\n/build/\n");
    lab.write("tracked.log", "one\n");
    lab.git(&["add", "-f", "tracked.log"]);
    lab.commit("ignores");
    lab.write("tracked.log", "two\n");
    lab.write("run.log", "noise\n");
    lab.write("build/out", "noise\n");
    lab.write(".git/info/exclude", "private\n");
    lab.write("private", "noise\n");
    take(&lab);
    assert_eq!(paths(&lab), [&b".gitignore"[..], b"README.md", b"prepare.py", b"tracked.log", b"train.py"]);
    assert!(is_stored(&lab, "two\n") && !is_stored(&lab, "noise\n"));
}

#[test]
fn a_repository_inside_the_repository_is_left_out_with_a_warning() {
    let lab = Lab::new();
    let inner = lab.path("vendor/inner");
    fs::create_dir_all(&inner).unwrap();
    lab.git(&["init", "-q", inner.to_str().unwrap()]);
    lab.write("vendor/inner/code.py", "inner code\n");
    lab.git(&["-C", inner.to_str().unwrap(), "add", "code.py"]);
    lab.git(&["-C", inner.to_str().unwrap(), "commit", "-q", "-m", "inner"]);
    lab.write("vendor/own.py", "own code\n");
    let told = look(&lab, &[]);
    assert!(
        told.stderr.contains("vendor/inner/` is not in the snapshot: a repository of its own"),
        "{told:?}"
    );
    assert_eq!(paths(&lab), [&b"README.md"[..], b"prepare.py", b"train.py", b"vendor/own.py"]);
    assert_eq!(lab.read("vendor/inner/code.py"), "inner code\n");
    lab.fsck();
}

#[test]
fn a_folder_with_an_empty_repository_and_one_without_files_do_not_matter() {
    let lab = Lab::new();
    fs::create_dir_all(lab.path("empty/folder")).unwrap();
    lab.git(&["init", "-q", lab.path("begun").to_str().unwrap()]);
    lab.write("begun/file", "begun\n");
    look(&lab, &[]);
    assert!(lab.path("empty/folder").exists() && lab.path("begun/file").exists());
    lab.fsck();
}

#[test]
fn pipes_and_unreadable_files_do_not_hang_a_run() {
    let lab = Lab::new();
    let made = lab.command("mkfifo").arg("pipe").status().unwrap();
    assert!(made.success());
    look(&lab, &[]);
    assert_eq!(paths(&lab), [&b"README.md"[..], b"prepare.py", b"train.py"]);
}
