//! Packing in the background, expiry by policy, and what the store counts.

mod budget;

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::support::format::has_ref_files;
use crate::support::{Lab, wait_until};

const YEARS: Duration = Duration::from_secs(3 * 365 * 86_400);

/// A lab that tidies itself from a few refs on.
fn lively() -> Lab {
    Lab::new().with("GX_STORE_UPKEEP", "auto").with("GX_STORE_UPKEEP_REFS", "4")
}

fn upkeep(lab: &Lab) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(lab.path(".git/gx/upkeep.json")).ok()?).ok()
}

fn has_loose(lab: &Lab) -> bool {
    fs::read_dir(lab.path(".git/refs/experiments")).is_ok_and(|mut files| files.next().is_some())
}

/// Makes a file look as if nobody had touched it for long.
fn make_old(lab: &Lab, name: &str) {
    let file = File::options().append(true).open(lab.path(name)).unwrap();
    file.set_modified(SystemTime::now() - YEARS).unwrap();
}

#[track_caller]
fn plan(lab: &Lab) -> Vec<(String, Vec<String>)> {
    let told = lab.gx(&["gc", "--dry-run", "--json"]).exits(0).json();
    let shares = told["expired"].as_array().unwrap().iter();
    shares
        .map(|share| {
            let names =
                share["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned());
            (share["kind"].as_str().unwrap().to_owned(), names.collect())
        })
        .collect()
}

#[test]
fn refs_are_packed_in_the_background_once_enough_have_gathered() {
    if !has_ref_files() {
        return;
    }
    let lab = lively();
    lab.try_value("1.0").exits(0);
    assert!(has_loose(&lab) && upkeep(&lab).is_none(), "too few to be worth it");
    for value in ["0.9", "0.8", "0.7", "0.6"] {
        lab.try_value(value).exits(0);
    }
    wait_until(|| upkeep(&lab).is_some());
    let done = upkeep(&lab).unwrap();
    assert!(done["trouble"].is_null() && done["refs"][0].as_u64() >= Some(4), "{done}");
    assert_eq!(lab.states().len(), 5);
    assert!(fs::read_to_string(lab.path(".git/packed-refs")).unwrap().contains("refs/experiments/exp-1\n"));
    assert_eq!(fs::read_to_string(lab.path(".git/gx/upkeep.log")).unwrap(), "");
    lab.fsck();
}

#[test]
fn reading_starts_no_upkeep_and_neither_does_a_setting_of_off() {
    let lab = Lab::new().with("GX_STORE_UPKEEP_REFS", "1");
    lab.try_value("1.0").exits(0);
    lab.try_value("0.9").exits(0);
    let lab = lab.with("GX_STORE_UPKEEP", "auto");
    for arguments in [&["ls"][..], &["best"], &["show", "exp-1"], &["store"], &["config"]] {
        lab.gx(arguments).exits(0);
    }
    // The log is there from the moment on in which one is started.
    assert!(!lab.has(".git/gx/upkeep.log"));
}

#[test]
fn many_loose_objects_are_packed_unless_git_is_told_not_to() {
    let objects = |lab: &Lab| {
        let told = lab.git(&["count-objects"]);
        told.split(' ').next().unwrap().parse::<usize>().unwrap()
    };
    for (setting, is_packed) in
        [(None, true), (Some(["gc.auto", "0"]), false), (Some(["maintenance.auto", "false"]), false)]
    {
        let lab = Lab::new().with("GX_STORE_UPKEEP", "auto").with("GX_STORE_UPKEEP_OBJECTS", "1");
        if let Some([name, value]) = setting {
            lab.git(&["config", name, value]);
        }
        lab.write("many/x", "x");
        for number in 0..1500 {
            lab.write(format!("many/{number}"), format!("{number}\n"));
        }
        lab.commit("many");
        let before = objects(&lab);
        lab.gx(&["upkeep"]).exits(0);
        assert_eq!(objects(&lab) < before, is_packed, "{setting:?}");
        lab.fsck();
    }
}

#[test]
fn one_upkeep_at_a_time() {
    let lab = Lab::new();
    lab.try_value("1.0").exits(0);
    let lock = File::create(lab.path(".git/gx/upkeep.lock")).unwrap();
    lock.lock().unwrap();
    let told = lab.gx(&["upkeep", "--json"]).exits(0).json();
    assert_eq!(told["done"], "another process is at it");
    assert!(upkeep(&lab).is_none());
}

#[test]
fn old_trash_goes_for_good_and_its_record_and_number_stay() {
    let lab = Lab::new();
    for value in ["1.0", "0.9", "0.8"] {
        lab.try_value(value).exits(0);
    }
    let (second, third) = (lab.rev("refs/experiments/exp-2"), lab.rev("refs/experiments/exp-3"));
    lab.gx(&["archive", "--keep", "1"]).exits(0);
    lab.gx(&["rm", "exp-2", "exp-3"]).exits(0);
    assert_eq!(plan(&lab), [], "a month has not passed");
    let lab = lab.with("GX_STORE_KEEP_TRASH", "1s");
    // The highest number stays where it is: it says which one is next.
    assert_eq!(plan(&lab), [("trash".to_owned(), vec!["exp-2".to_owned()])]);
    assert_eq!(lab.rev("refs/gx/trash/exp-2"), second, "a plan changes nothing");
    lab.gx(&["gc"]).exits(0);
    assert_eq!(lab.git(&["for-each-ref", "--format=%(refname)", "refs/gx/trash"]), "refs/gx/trash/exp-3\n");
    assert!(lab.git(&["notes", "--ref=experiments", "show", &second]).contains("\"trashed\":true"));
    assert!(!lab.has(".git/gx/runs/exp-2") && lab.has(".git/gx/runs/exp-3"));
    assert_eq!(lab.states().len(), 1);
    lab.gx(&["undo", "exp-2"]).exits(5);
    assert_eq!(lab.try_value("0.7").exits(0).json()["id"], "exp-4");
    assert_eq!(plan(&lab), [("trash".to_owned(), vec!["exp-3".to_owned()])]);
    lab.gx(&["undo", "exp-3"]).exits(0);
    assert_eq!(lab.rev("refs/experiments/exp-3"), third);
    lab.fsck();
}

#[test]
fn whole_logs_go_beyond_their_budget_oldest_first_and_their_notes_stay() {
    let lab = Lab::new();
    for value in ["1.0", "0.9", "0.8"] {
        lab.try_value(value).exits(0);
    }
    let said = lab.gx(&["logs", "exp-1"]).exits(0).stdout;
    make_old(&lab, ".git/gx/runs/exp-1/log");
    let size = fs::metadata(lab.path(".git/gx/runs/exp-1/log")).unwrap().len();
    let lab = lab.with("GX_STORE_MAX_LOGS", &(2 * size + 1).to_string());
    assert_eq!(plan(&lab), [("logs".to_owned(), vec!["exp-1".to_owned()])]);
    lab.gx(&["gc"]).exits(0);
    assert!(!lab.has(".git/gx/runs/exp-1/log") && lab.has(".git/gx/runs/exp-2/log"));
    assert_eq!(lab.gx(&["logs", "exp-1"]).exits(0).stdout, said);
    assert_eq!(plan(&lab), []);
    let lab = lab.with("GX_STORE_KEEP_LOGS", "30d");
    make_old(&lab, ".git/gx/runs/exp-2/log");
    assert_eq!(plan(&lab), [("logs".to_owned(), vec!["exp-2".to_owned()])]);
    lab.git(&["update-ref", "-d", "refs/notes/experiment-logs"]);
    assert_eq!(plan(&lab), [], "it is the only copy");
    assert_eq!(lab.gx(&["logs", "exp-2"]).exits(0).stdout.replace("0.9", "1.0"), said);
}

#[test]
fn kept_results_go_beyond_their_budget_and_their_record_says_so() {
    let lab = Lab::new();
    for value in ["1", "2"] {
        let script = format!("head -c 4000 /dev/urandom > out.bin; printf -- '---\\nval_bpb: {value}\\n'");
        lab.run_script(&script, &["--isolated", "--artifact", "out.bin"]);
    }
    let lab = lab.with("GX_STORE_MAX_ARTIFACTS", "5000");
    assert_eq!(plan(&lab), [("artifacts".to_owned(), vec!["exp-1".to_owned()])]);
    let mut gx = lab.gx_command();
    let killed = gx.env("GX_FAIL_AT", "gc-artifacts").arg("gc").output().unwrap();
    if cfg!(debug_assertions) {
        assert_eq!(killed.status.signal(), Some(9));
        assert_eq!(plan(&lab), [("artifacts".to_owned(), vec!["exp-1".to_owned()])]);
        lab.gx(&["gc"]).exits(0);
    }
    assert_eq!(lab.git(&["for-each-ref", "--format=%(refname)", "refs/artifacts"]), "refs/artifacts/exp-2\n");
    assert!(lab.record("exp-1")["artifacts_expired"].is_string());
    assert_eq!(plan(&lab), []);
    lab.fsck();
}

#[test]
fn what_killed_processes_left_goes_and_what_is_young_stays() {
    let lab = Lab::new();
    lab.try_value("1.0").exits(0);
    for name in ["journal/waiting/x.jsonl.tmp", "journal/applied/y.joined.tmp", "pending/a.result.tmp"] {
        lab.write(format!(".git/gx/{name}"), "half");
        make_old(&lab, &format!(".git/gx/{name}"));
    }
    lab.write(".git/gx/journal/waiting/young.jsonl.tmp", "half");
    lab.write(".git/gx/tmp/4194304-1-index", "of nobody");
    lab.write(".git/worktrees/gx-7/gx-lock", "");
    lab.write(
        ".git/worktrees/gx-7/gitdir",
        format!("{}/.git\n", lab.path(".git/gx/worktrees/exp-9").display()),
    );
    lab.write(".git/worktrees/gx-7/HEAD", "ref: refs/heads/gx-unborn\n");
    lab.write(".git/worktrees/gx-7/commondir", "../..\n");
    let held = File::create(lab.path(".git/worktrees/gx-7/gx-lock")).unwrap();
    held.lock().unwrap();
    let leftovers = ["4194304-1-index", "a.result.tmp", "x.jsonl.tmp", "y.joined.tmp"].map(str::to_owned);
    let sorted = |mut plan: Vec<(String, Vec<String>)>| {
        plan.iter_mut().for_each(|(_, names)| names.sort());
        plan
    };
    assert_eq!(sorted(plan(&lab)), [("leftovers".to_owned(), leftovers.to_vec())]);
    drop(held);
    let expected =
        [("leftovers".to_owned(), leftovers.to_vec()), ("worktrees".to_owned(), vec!["gx-7".to_owned()])];
    assert_eq!(sorted(plan(&lab)), expected);
    lab.gx(&["gc"]).exits(0);
    assert!(!lab.has(".git/worktrees/gx-7") && lab.has(".git/gx/journal/waiting/young.jsonl.tmp"));
    assert_eq!(plan(&lab), []);
}

#[test]
fn old_lines_of_the_journal_go_only_where_the_notes_hold_them() {
    let lab = Lab::new();
    lab.try_value("1.0").exits(0);
    let applied =
        || fs::read_dir(lab.path(".git/gx/journal/applied")).unwrap().map(|file| file.unwrap().path());
    let files: Vec<String> =
        applied().map(|path| path.strip_prefix(lab.dir()).unwrap().to_str().unwrap().to_owned()).collect();
    assert!(!files.is_empty());
    files.iter().for_each(|file| make_old(&lab, file));
    assert_eq!(plan(&lab).len(), 1);
    let [(kind, names)] = &plan(&lab)[..] else { panic!("only the journal is old") };
    assert_eq!((kind.as_str(), names.len()), ("journal", files.len()));
    lab.gx(&["gc"]).exits(0);
    assert_eq!(applied().count(), 0);
    assert_eq!(lab.states().len(), 1);
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn expiry_survives_a_kill_at_every_step() {
    for point in ["gc-trash", "gc-expired", "gc-files"] {
        let lab = Lab::new();
        for value in ["1.0", "0.9", "0.8"] {
            lab.try_value(value).exits(0);
        }
        lab.gx(&["archive", "--keep", "1"]).exits(0);
        lab.gx(&["rm", "exp-2"]).exits(0);
        let lab = lab.with("GX_STORE_KEEP_TRASH", "100ms");
        let killed = lab.gx_command().env("GX_FAIL_AT", point).arg("gc").output().unwrap();
        assert_eq!(killed.status.signal(), Some(9), "{point}");
        assert_eq!(lab.states().len(), 2, "{point}");
        lab.gx(&["gc"]).exits(0);
        assert_eq!(lab.states().len(), 2, "{point}");
        assert_eq!(lab.git(&["for-each-ref", "refs/gx/trash"]), "", "{point}");
        lab.fsck();
    }
}

#[test]
fn the_store_counts_what_there_is() {
    let lab = Lab::new();
    for value in ["1.0", "0.9", "0.8", "0.7"] {
        lab.try_value(value).exits(0);
    }
    let snapshot = lab.rev("refs/experiments/exp-1");
    lab.git(&["update-ref", "refs/experiments/lab-b/exp-1", &snapshot]);
    lab.gx(&["rm", "exp-4"]).exits(0);
    lab.gx(&["archive", "--keep", "1"]).exits(0);
    lab.gx(&["upkeep"]).exits(0);
    let told = lab.gx(&["store", "--json"]).exits(0).json();
    let experiments = json!({"total": 4, "own": 3, "by_site": {"lab-b": 1}, "archived": 3, "trash": 1});
    assert_eq!(told["experiments"], experiments);
    let refs = lab.git(&["for-each-ref", "refs/experiments", "refs/gx"]).lines().count();
    assert_eq!(told["refs"], json!({"loose": 0, "packed": refs}));
    assert_eq!((&told["notes"]["count"], &told["logs"]["notes"]["count"]), (&json!(4), &json!(4)));
    let log: u64 = (1..=4)
        .map(|number| fs::metadata(lab.path(format!(".git/gx/runs/exp-{number}/log"))).unwrap().len())
        .sum();
    assert_eq!(told["logs"]["files"], json!({"count": 4, "bytes": log, "budget": 2u64 << 30}));
    assert_eq!((&told["last_upkeep"]["trouble"], &told["health"]), (&Value::Null, &json!([])));
    assert!(lab.gx(&["store"]).exits(0).stdout.contains("health  well"));
    let lab = lab.with("GX_STORE_MAX_LOGS", "1");
    let told = lab.gx(&["store"]).exits(0).stdout;
    assert!(told.contains("gx gc --dry-run"), "{told}");
}
