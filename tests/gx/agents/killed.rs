//! SIGKILL at every step of an isolated run: recorded once, the tip right, no checkout left over.

use std::fs;
use std::os::unix::process::ExitStatusExt;

use serde_json::json;

use crate::support::{Lab, TRAIN, wait_until};

/// Every point that an isolated run passes, in order, and the status that its record then comes to have.
const POINTS: [(&str, Option<&str>); 15] = [
    ("snapshot", None),
    ("announced", None),
    ("claimed", Some("interrupted")),
    ("journalled", Some("interrupted")),
    ("recorded", Some("interrupted")),
    ("turn", Some("interrupted")),
    ("starting", Some("interrupted")),
    ("started", Some("")),
    ("training", Some("")),
    ("seen", Some("")),
    ("trained", Some("")),
    ("judged", Some("")),
    ("ended", Some("")),
    ("logged", Some("")),
    ("changed", Some("")),
];

/// Kills an isolated run with this value at each point; undisturbed it ends with `verdict`.
fn survives(value: &str, verdict: &str) {
    // Only a keep moves the tip.
    let moves = (verdict == "keep").then_some(("moved", Some("")));
    for (point, end) in POINTS.into_iter().chain(moves) {
        let lab = Lab::new();
        lab.run("baseline", &[]).exits(0);
        let before = lab.tip();
        lab.write("train.py", format!("{value}\n"));
        lab.write("notes.txt", "mine\n");
        let mut gx = lab.gx_command();
        gx.args(["run", "--isolated", "--hypothesis", "an idea", "--"]).args(TRAIN);
        let told = gx.env("GX_FAIL_AT", format!("{point},lost")).output().unwrap();
        assert_eq!(told.status.signal(), Some(9), "{point}: {told:?}");
        wait_until(|| lab.states().iter().all(|(_, status)| status != "running"));
        let states: Vec<_> = lab.states().into_iter().map(|(_, status)| status).collect();
        let end = end.map(|end| if end.is_empty() { verdict } else { end });
        let known: Vec<&str> = [Some("keep"), end].into_iter().flatten().collect();
        assert_eq!(states, known, "{point}");
        // The next run does what is left to do.
        lab.run("the next one", &["--leave"]);
        let tip = if end == Some("keep") {
            lab.record("exp-2")["kept_commit"].as_str().unwrap().to_owned()
        } else {
            before.clone()
        };
        assert_eq!(lab.tip(), tip, "{point}");
        let edit = if end == Some("keep") { "" } else { " M train.py\n" };
        assert_eq!(lab.status(), format!("{edit}?? notes.txt\n"), "{point}");
        assert_eq!(lab.read("train.py"), format!("{value}\n"), "{point}");
        if let Some(end) = end {
            let note = lab.git(&["notes", "--ref=experiments", "show", "refs/experiments/exp-2"]);
            let lines = note.lines().filter(|line| line.contains("\"status\"")).count();
            assert_eq!((lines, &lab.record("exp-2")["status"]), (2, &json!(end)), "{point}");
        }
        leaves_nothing(&lab, point);
    }
}

/// No checkout that a run had, nothing pending, and Git finds nothing wrong.
#[track_caller]
fn leaves_nothing(lab: &Lab, point: &str) {
    let names = |folder: &str| {
        let all = fs::read_dir(lab.path(folder)).into_iter().flatten();
        let all = all.map(|one| one.unwrap().file_name().into_string().unwrap());
        all.filter(|name| !name.starts_with('.') && !name.starts_with("warm-")).collect::<Vec<_>>()
    };
    wait_until(|| names(".git/gx/worktrees").is_empty() && names(".git/gx/pending").is_empty());
    assert_eq!(names(".git/gx/journal/waiting"), Vec::<String>::new(), "{point}");
    assert_eq!(lab.git(&["worktree", "prune", "--dry-run", "--verbose"]), "", "{point}");
    lab.fsck();
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn an_isolated_run_that_would_be_kept_survives_a_kill_at_every_step() {
    survives("0.9", "keep");
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn an_isolated_run_that_would_be_discarded_survives_a_kill_at_every_step() {
    survives("1.5", "discard");
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn an_isolated_run_that_was_killed_when_its_turn_had_come_is_no_part_of_the_queue() {
    let lab = Lab::new().with("GX_GPU_SOURCE", "fixed").with("GX_GPU_COUNT", "1");
    let locks = lab.path("../locks");
    let lab = lab.with("GX_GPU_LOCK_DIR", locks.to_str().unwrap());
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "0.9\n");
    let mut gx = lab.gx_command();
    gx.args(["run", "--isolated", "--gpus", "1", "--hypothesis", "an idea", "--"]).args(TRAIN);
    gx.env("GX_FAIL_AT", "turn,lost").output().unwrap();
    assert_eq!(lab.states()[1].1, "queued");
    // Its card is free again, and the tree is as it was.
    lab.run("beside", &["--isolated", "--gpus", "1"]).exits(0);
    assert_eq!(lab.states()[1].1, "queued");
    assert_eq!(lab.read("train.py"), "0.9\n");
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn who_was_to_follow_a_keep_that_was_killed_halfway_follows_when_it_is_taken_up() {
    for is_behind in [false, true] {
        let lab = super::lab();
        if is_behind {
            // A keep of another agent, so that this one merges.
            lab.gx_in("../a-2", "0.95", &[]).exits(0);
        }
        lab.write("../a-1/model.py", "large\n");
        lab.write("../a-1/train.py", "0.9\n");
        let mut gx = lab.gx_command();
        gx.args(["-C", "../a-1", "run", "--hypothesis", "an idea", "--"]).args(TRAIN);
        let told = gx.env("GX_FAIL_AT", "moved,lost").output().unwrap();
        assert_eq!(told.status.signal(), Some(9), "{told:?}");
        lab.gx_in("../a-1", "1.5", &[]).exits(10);
        assert_eq!((lab.read("train.py"), lab.read("model.py")), ("0.9\n".into(), "large\n".into()));
        assert_eq!(
            (lab.status(), lab.git_in("../a-1", &["status", "--porcelain"])),
            (String::new(), String::new())
        );
        assert_eq!(lab.git_in("../a-1", &["rev-parse", "HEAD"]), lab.tip());
        leaves_nothing(&lab, "moved");
    }
}
