//! The doctor: each check finds the fault that is planted, says what mends it, and mends what is safe.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::Lab;
use crate::support::format::has_ref_files;

/// A healthy lab with two experiments.
fn healthy() -> Lab {
    let lab = Lab::new();
    lab.gx(&["init", "--preset", "autoresearch"]).exits(0);
    lab.try_value("1.0").exits(0);
    lab.try_value("0.9").exits(0);
    lab
}

fn findings(told: &Value, check: &str) -> Vec<Value> {
    let checks = told["checks"].as_array().unwrap();
    let check = checks.iter().find(|one| one["check"] == check).unwrap();
    check["findings"].as_array().unwrap().clone()
}

/// The only finding of a check, which must be the only check that has one.
#[track_caller]
fn sick(lab: &Lab, check: &str, severity: &str) -> Value {
    let told = lab.gx(&["doctor", "--json"]).exits(i32::from(severity == "error")).json();
    let others: Vec<&Value> = told["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["check"] != check && one["findings"] != Value::Array(Vec::new()))
        .collect();
    assert_eq!(others, Vec::<&Value>::new());
    let found = findings(&told, check);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["severity"], severity, "{found:#?}");
    assert!(!found[0]["why"].as_str().unwrap().is_empty() && found[0]["command"].is_string(), "{found:#?}");
    found[0].clone()
}

/// `--fix` mends it, and says so; afterwards all is well.
#[track_caller]
fn is_mended(lab: &Lab, check: &str) {
    let told = lab.gx(&["doctor", "--fix", "--json"]).exits(0).json();
    assert!(findings(&told, check)[0]["mended"].is_string(), "{told:#}");
    assert_eq!(told["fixed"], 1);
    is_well(lab);
}

#[track_caller]
fn is_well(lab: &Lab) {
    let told = lab.gx(&["doctor", "--json"]).exits(0).json();
    let sick: Vec<&Value> =
        told["checks"].as_array().unwrap().iter().filter(|one| one["severity"] != "ok").collect();
    assert_eq!(sick, Vec::<&Value>::new());
}

fn text(finding: &Value, key: &str) -> String {
    finding[key].as_str().unwrap().to_owned()
}

fn make_old(lab: &Lab, name: &str) {
    let file = File::options().append(true).open(lab.path(name)).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(7200)).unwrap();
}

#[test]
fn a_healthy_repository_is_well_whatever_was_done_in_it() {
    let lab = healthy();
    is_well(&lab);
    for value in ["0.8", "0.7", "0.6"] {
        lab.try_value(value).exits(0);
    }
    lab.gx(&["rm", "exp-2", "exp-3"]).exits(0);
    lab.gx(&["archive", "--keep", "1"]).exits(0);
    lab.run("apart", &["--isolated"]);
    is_well(&lab);
    lab.gx(&["gc"]).exits(0);
    let lab = lab.with("GX_STORE_KEEP_TRASH", "100ms");
    lab.gx(&["gc"]).exits(0);
    lab.git(&["reflog", "expire", "--expire=now", "--all"]);
    lab.git(&["gc", "-q", "--prune=now"]);
    is_well(&lab);
    let told = lab.gx(&["doctor", "--full"]).exits(0).stdout;
    assert!(told.ends_with("0 errors, 0 warnings\n"), "{told}");
    assert!(told.contains("ok      refs          every experiment has a record"), "{told}");
}

#[test]
fn lines_that_wait_in_the_journal_are_found_and_added() {
    let lab = healthy();
    let snapshot = lab.rev("refs/experiments/exp-1");
    let line = r#"{"at":"2026-03-09T00:00:00.000000Z","note":"late"}"#;
    lab.write(".git/gx/journal/waiting/x.jsonl", format!("{snapshot} {line}\n"));
    let found = sick(&lab, "journal", "note");
    assert!(text(&found, "found").starts_with("1 line waits"), "{found}");
    is_mended(&lab, "journal");
    assert_eq!(lab.record("exp-1")["note"], "late");
}

#[test]
fn a_rewind_of_the_notes_is_found_and_undone() {
    let lab = healthy();
    lab.gx(&["note", "exp-2", "a remark"]).exits(0);
    lab.git(&["update-ref", "refs/notes/experiments", "refs/notes/experiments^"]);
    let found = sick(&lab, "journal", "error");
    assert!(text(&found, "found").starts_with("exp-2 lacks lines"), "{found}");
    is_mended(&lab, "journal");
    assert_eq!(lab.record("exp-2")["note"], "a remark");
}

#[test]
fn a_ref_that_a_pruning_fetch_deleted_is_found_and_made_again() {
    let lab = healthy();
    let snapshot = lab.rev("refs/experiments/exp-2");
    lab.git(&["update-ref", "-d", "refs/experiments/exp-2"]);
    let found = sick(&lab, "refs", "error");
    assert_eq!(text(&found, "command"), format!("git update-ref refs/experiments/exp-2 {snapshot} ''"));
    is_mended(&lab, "refs");
    assert_eq!(lab.rev("refs/experiments/exp-2"), snapshot);
}

#[test]
fn an_experiment_without_a_record_is_found() {
    let lab = healthy();
    let commit = lab.git(&["rev-list", "--max-parents=0", "HEAD"]).trim().to_owned();
    lab.git(&["update-ref", "refs/experiments/lab-b/exp-7", &commit]);
    let found = sick(&lab, "refs", "warning");
    assert!(text(&found, "found").contains("lab-b/exp-7 has no record"), "{found}");
}

#[test]
fn records_of_commits_that_are_not_here_are_worth_a_note_only() {
    let lab = healthy();
    let line = r#"{"at":"2026-03-09T00:00:00.000000Z","v":1,"id":"exp-9","uuid":"x"}"#;
    lab.write("../note", line);
    let blob = lab.git(&["hash-object", "-w", "../note"]).trim().to_owned();
    let missing = "ab".repeat(20);
    let tree = lab.git(&["ls-tree", "refs/notes/experiments"]);
    lab.write("../tree", format!("{tree}100644 blob {blob}\t{missing}\n"));
    let mut mktree = lab.command("git");
    let made = mktree.arg("mktree").stdin(File::open(lab.path("../tree")).unwrap()).output().unwrap();
    let tree = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    let commit =
        lab.git(&["commit-tree", &tree, "-p", "refs/notes/experiments", "-m", "x"]).trim().to_owned();
    lab.git(&["update-ref", "refs/notes/experiments", &commit]);
    let found = sick(&lab, "refs", "note");
    assert!(text(&found, "found").starts_with("1 record is of commits that are not here"), "{found}");
}

#[test]
fn a_record_that_was_copied_to_another_commit_is_found() {
    let lab = healthy();
    let (one, two) = (lab.rev("refs/experiments/exp-1"), lab.rev("refs/experiments/exp-2"));
    lab.git(&["notes", "--ref=experiments", "copy", "-f", &one, &two]);
    let told = lab.gx(&["doctor", "--json"]).exits(1).json();
    let found = findings(&told, "snapshots");
    assert!(text(&found[0], "found").starts_with(&format!("the record of exp-2 is about {one}")), "{told:#}");
}

#[test]
fn a_snapshot_whose_message_names_another_run_is_found() {
    let lab = healthy();
    let snapshot = lab.rev("refs/experiments/exp-2");
    let note = lab.git(&["notes", "--ref=experiments", "show", &snapshot]);
    let other =
        lab.git(&["commit-tree", &format!("{snapshot}^{{tree}}"), "-m", "no trailer"]).trim().to_owned();
    let line = r#"{"at":"2026-03-08T00:59:00.000000Z","uuid":"somebody"}"#;
    lab.git(&["update-ref", "refs/experiments/lab-b/exp-1", &other]);
    lab.git(&["notes", "--ref=experiments", "add", "-m", line, &other]);
    let found = sick(&lab, "snapshots", "error");
    assert!(text(&found, "found").contains("lab-b/exp-1 is of somebody, its commit of none"), "{found}");
    assert!(!note.is_empty());
}

#[test]
fn lines_that_are_none_and_newer_versions_are_found() {
    let lab = healthy();
    lab.git(&["notes", "--ref=experiments", "append", "-m", "no json", "refs/experiments/exp-1"]);
    let found = sick(&lab, "notes", "warning");
    assert!(text(&found, "found").starts_with("exp-1 has lines"), "{found}");
    let lab = healthy();
    let newer = r#"{"at":"2026-03-09T00:00:00.000000Z","v":2}"#;
    lab.git(&["notes", "--ref=experiments", "append", "-m", newer, "refs/experiments/exp-1"]);
    assert!(text(&sick(&lab, "notes", "note"), "found").starts_with("exp-1 is of a newer version"));
}

#[test]
fn torn_notes_are_found_and_mended() {
    let lab = healthy();
    let tip = lab.rev("refs/notes/experiments");
    let path = lab.path(format!(".git/objects/{}/{}", &tip[..2], &tip[2..]));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&path, "").unwrap();
    let told = lab.gx(&["doctor", "--json"]).exits(1).json();
    assert!(text(&findings(&told, "notes")[0], "found").contains("is torn"), "{told:#}");
    let told = lab.gx(&["doctor", "--fix", "--json"]).json();
    assert!(findings(&told, "notes")[0]["mended"].is_string(), "{told:#}");
    is_well(&lab);
    assert_eq!(lab.states().len(), 2);
}

#[test]
fn a_missing_object_is_found() {
    let lab = healthy();
    let blob = lab.rev("refs/experiments/exp-2:train.py");
    fs::remove_file(lab.path(format!(".git/objects/{}/{}", &blob[..2], &blob[2..]))).unwrap();
    let found = sick(&lab, "objects", "error");
    assert!(text(&found, "found").contains(&blob), "{found}");
}

#[test]
fn stale_locks_are_found_and_only_those_of_gx_are_removed() {
    let lab = healthy();
    lab.write(".git/refs/experiments/exp-3.lock", "");
    is_well(&lab);
    make_old(&lab, ".git/refs/experiments/exp-3.lock");
    sick(&lab, "locks", "warning");
    is_mended(&lab, "locks");
    lab.write(".git/packed-refs.lock", "");
    make_old(&lab, ".git/packed-refs.lock");
    let found = sick(&lab, "locks", "warning");
    assert!(text(&found, "command").starts_with("rm ") && lab.has(".git/packed-refs.lock"), "{found}");
    lab.gx(&["doctor", "--fix"]).exits(0);
    assert!(lab.has(".git/packed-refs.lock"), "it may be somebody's");
}

#[test]
fn settings_that_would_prune_overwrite_or_publish_experiments_are_found() {
    for (settings, severity, told) in [
        (
            &[("remote.o.fetch", "+refs/experiments/*:refs/experiments/*"), ("fetch.prune", "true")][..],
            "error",
            "deletes",
        ),
        (&[("remote.o.fetch", "+refs/notes/*:refs/notes/*")], "error", "overwrites"),
        (&[("remote.o.fetch", "refs/*:refs/*")], "warning", "would delete"),
        (&[("remote.o.mirror", "true")], "warning", "publishes"),
        (&[("remote.o.push", "refs/experiments/*:refs/experiments/*")], "warning", "publishes"),
        (&[("gx.polcy.min-delta", "0.1")], "warning", "no effect"),
    ] {
        let lab = healthy();
        for (name, value) in settings {
            lab.git(&["config", "--add", name, value]);
        }
        let found = sick(&lab, "configuration", severity);
        assert!(text(&found, "why").contains(told), "{found}");
        let mut shell = lab.command("sh");
        assert!(shell.args(["-c", &text(&found, "command")]).status().unwrap().success(), "{found}");
        is_well(&lab);
    }
    let lab = healthy();
    lab.git(&["config", "--add", "remote.o.fetch", "+refs/heads/*:refs/remotes/o/*"]);
    is_well(&lab);
}

#[test]
fn missing_exclusions_are_added_and_those_of_the_user_stay() {
    let lab = Lab::new();
    lab.git(&["config", "--add", "log.excludeDecoration", "refs/mine/*"]);
    lab.try_value("1.0").exits(0);
    sick(&lab, "configuration", "note");
    is_mended(&lab, "configuration");
    let set = lab.git(&["config", "--get-all", "log.excludeDecoration"]);
    assert_eq!(set, "refs/mine/*\nrefs/experiments/*\nrefs/gx/*\nrefs/artifacts/*\nrefs/notes/experiment*\n");
    lab.git(&["config", "log.initialDecorationSet", "all"]);
    let log = lab.git(&["log", "--decorate", "--oneline", "refs/experiments/exp-1"]);
    assert!(!log.contains("refs/experiments"), "{log}");
    lab.gx(&["init"]).exits(0);
    assert_eq!(lab.git(&["config", "--get-all", "log.excludeDecoration"]), set);
}

#[test]
fn hooks_that_git_passes_over_or_that_cost_much_are_found() {
    let lab = healthy();
    lab.write(".git/hooks/pre-push", "#!/bin/sh\n");
    sick(&lab, "hooks", "note");
    fs::set_permissions(lab.path(".git/hooks/pre-push"), fs::Permissions::from_mode(0o755)).unwrap();
    is_well(&lab);
    fs::rename(lab.path(".git/hooks/pre-push"), lab.path(".git/hooks/reference-transaction")).unwrap();
    sick(&lab, "hooks", "warning");
}

#[test]
fn stray_registrations_of_checkouts_are_found_and_dropped() {
    // Where refs lie in tables, the HEAD of a work tree does too, and cannot be made by hand.
    if !has_ref_files() {
        return;
    }
    let lab = healthy();
    for (name, content) in
        [("gx-lock", ""), ("gitdir", "/gone/.git\n"), ("HEAD", "ref: refs/heads/gx-unborn\n")]
    {
        lab.write(format!(".git/worktrees/gx-9/{name}"), content);
    }
    lab.write(".git/worktrees/gx-9/commondir", "../..\n");
    let told = lab.gx(&["doctor", "--json"]).exits(0).json();
    assert_eq!(findings(&told, "worktrees").len(), 1, "{told:#}");
    lab.gx(&["doctor", "--fix"]).exits(0);
    is_well(&lab);
}

#[test]
fn what_gx_sets_for_its_own_calls_of_git_is_no_setting_of_the_user() {
    let lab = healthy().with("GX_GIT_ENGINE", "program");
    is_well(&lab);
    lab.git(&["config", "core.hooksPath", "/dev/null"]);
    assert!(text(&sick(&lab, "hooks", "warning"), "found").contains("/dev/null"));
}

#[test]
fn open_runs_that_nobody_looks_after_are_found() {
    let lab = healthy();
    lab.write(".git/gx/pending/broken.json", "{");
    let found = sick(&lab, "runs", "error");
    assert!(text(&found, "command").starts_with("mv "), "{found}");
    fs::remove_file(lab.path(".git/gx/pending/broken.json")).unwrap();
    lab.gx(&["register", "--hypothesis", "by hand"]).exits(0);
    is_well(&lab);
    let mut files = fs::read_dir(lab.path(".git/gx/pending")).unwrap().map(|file| file.unwrap().path());
    let file = files.find(|file| file.extension().is_some_and(|extension| extension == "json")).unwrap();
    let elsewhere = fs::read_to_string(&file).unwrap().replace("\"machine\":\"", "\"machine\":\"not-");
    fs::write(&file, elsewhere).unwrap();
    sick(&lab, "runs", "note");
}

#[test]
fn cards_that_cannot_be_asked_and_locks_that_cannot_be_taken_are_found() {
    let lab = healthy().with("GX_GPU_SOURCE", "fixed").with("GX_GPU_COUNT", "1");
    is_well(&lab);
    lab.write("../file", "");
    let lab = lab.with("GX_GPU_LOCK_DIR", "../file/locks");
    sick(&lab, "cards", "error");
    let lab = lab.with("GX_GPU_SOURCE", "nvml").with("GX_GPU_LIBRARY", "/nowhere/libnvidia-ml.so");
    let told = lab.gx(&["doctor", "--json"]).exits(1).json();
    assert!(!findings(&told, "cards").is_empty());
}

#[test]
fn what_has_gathered_is_found() {
    if has_ref_files() {
        let lab = healthy().with("GX_STORE_UPKEEP_REFS", "0");
        assert_eq!(text(&sick(&lab, "upkeep", "warning"), "command"), "gx gc");
    }
    let lab = healthy().with("GX_STORE_MAX_LOGS", "1");
    assert_eq!(text(&sick(&lab, "upkeep", "note"), "command"), "gx gc --dry-run");
}

#[test]
fn an_index_that_disagrees_with_the_records_is_found_and_removed() {
    for fault in [
        "UPDATE entry SET status = 'discard' WHERE number = 2",
        "UPDATE entry SET value = 0.5 WHERE number = 2",
        "UPDATE entry_text SET hypothesis = 'another' WHERE id = (SELECT id FROM entry WHERE number = 2)",
        "UPDATE event SET at = at + 1 WHERE entry = (SELECT id FROM entry WHERE number = 2)",
        "DELETE FROM entry WHERE number = 2",
        "UPDATE entry SET number = 7 WHERE number = 2",
    ] {
        let lab = healthy();
        lab.gx(&["ls"]).exits(0);
        let index = rusqlite::Connection::open(lab.path(".git/gx/index.db")).unwrap();
        assert!(index.execute(fault, []).unwrap() > 0, "{fault}");
        drop(index);
        let found = sick(&lab, "index", "error");
        assert!(text(&found, "found").contains("disagree about exp-2"), "{fault}: {found}");
        is_mended(&lab, "index");
        assert_eq!(lab.states().len(), 2);
    }
}

#[test]
fn an_index_with_a_torn_page_is_found_and_removed() {
    let lab = healthy();
    lab.gx(&["ls"]).exits(0);
    let path = lab.path(".git/gx/index.db");
    let index = rusqlite::Connection::open(&path).unwrap();
    index.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(index);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() / 2 / 4096 * 4096;
    bytes[at..at + 4096].fill(0x5a);
    fs::write(&path, bytes).unwrap();
    let found = sick(&lab, "index", "error");
    assert!(text(&found, "found").contains("is damaged"), "{found}");
    is_mended(&lab, "index");
}

#[test]
fn an_upkeep_that_failed_is_found() {
    let lab = healthy();
    let last = r#"{"at":"2026-03-09T00:00:00.000000Z","seconds":1.0,"refs":[1,1],"objects":[1,1],"trouble":"no room"}"#;
    lab.write(".git/gx/upkeep.json", last);
    let found = sick(&lab, "upkeep", "warning");
    assert_eq!(text(&found, "found"), "the last upkeep failed: no room");
    lab.gx(&["gc"]).exits(0);
    is_well(&lab);
}

#[test]
fn a_ref_that_somebody_moved_is_found() {
    let lab = healthy();
    let (one, two) = (lab.rev("refs/experiments/exp-1"), lab.rev("refs/experiments/exp-2"));
    lab.git(&["update-ref", "refs/experiments/exp-2", &one]);
    let told = lab.gx(&["doctor", "--json"]).json();
    let found = findings(&told, "refs");
    let expected = format!("`exp-2` of the record on {} is another commit here, {}", &two[..7], &one[..7]);
    assert!(found.iter().any(|one| text(one, "found") == expected), "{told:#}");
}
