//! Archiving: refs go, everything else stays as it was.

use std::os::unix::process::ExitStatusExt;

use crate::support::{Lab, Told};

/// Five experiments, the last of them discarded.
fn five() -> Lab {
    let lab = Lab::new();
    for value in ["1.0", "0.9", "0.8", "0.7"] {
        lab.try_value(value).exits(0);
    }
    lab.try_value("1.5").exits(10);
    lab
}

/// What commands say about everything, whichever way it is stored.
fn view(lab: &Lab) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for arguments in [
        &["ls", "--json"][..],
        &["best", "--json"],
        &["near", "--json"],
        &["tags", "--json"],
        &["show", "exp-2", "--json"],
        &["diff", "exp-2", "exp-3", "--json"],
        &["logs", "exp-3"],
        &["export", "csv"],
    ] {
        let told: Told = lab.gx(arguments).exits(0);
        said.push(told.stdout);
    }
    said
}

fn refs(lab: &Lab) -> Vec<String> {
    let told = lab.git(&["for-each-ref", "--format=%(refname)", "refs/experiments", "refs/gx/archive"]);
    told.lines().map(str::to_owned).collect()
}

#[test]
fn an_archived_experiment_is_found_by_every_command_as_before() {
    let lab = five();
    let (before, prefix) = (view(&lab), lab.rev("refs/experiments/exp-2"));
    let plan = lab.gx(&["archive", "--keep", "1", "--dry-run", "--json"]).exits(0).json();
    assert_eq!(plan["experiments"].as_array().unwrap().len(), 4);
    assert_eq!((plan["is_plan"].as_bool(), plan["left"].as_u64()), (Some(true), Some(1)));
    assert_eq!(refs(&lab).len(), 5, "a plan changes nothing");
    let told = lab.gx(&["archive", "--keep", "1", "--json"]).exits(0).json();
    assert_eq!(told["ref"], "refs/gx/archive/2026-03");
    assert_eq!(refs(&lab), ["refs/experiments/exp-5", "refs/gx/archive/2026-03"]);
    assert_eq!(view(&lab), before);
    // Every fetch reads the tip, and walks by date: one parent, and older than everything.
    let tip = lab.git(&["log", "-1", "--format=%P %at %ct", "refs/gx/archive/2026-03"]);
    let words: Vec<&str> = tip.split_whitespace().collect();
    assert_eq!((words.len(), words[1], words[2]), (3, "0", "0"), "{tip}");
    assert_eq!(lab.git(&["log", "-1", "--format=%ct", words[0]]), "0\n");
    lab.git(&["reflog", "expire", "--expire=now", "--all"]);
    lab.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(view(&lab), before, "its code was pruned");
    assert_eq!(lab.gx(&["show", &prefix[..9], "--json"]).exits(0).json()["id"], "exp-2");
    lab.gx(&["note", "exp-2", "still here"]).exits(0);
    lab.gx(&["restore", "exp-2", "--into", "../two"]).exits(0);
    assert_eq!(lab.read("../two/train.py"), "0.9\n");
    lab.git(&["checkout", "-q", "train.py"]);
    assert_eq!(lab.try_value("0.6").exits(0).json()["id"], "exp-6");
    lab.fsck();
}

#[test]
fn the_number_of_an_archived_experiment_is_never_used_again() {
    let lab = five();
    lab.gx(&["archive", "--keep", "0"]).exits(0);
    assert_eq!(refs(&lab), ["refs/gx/archive/2026-03"]);
    assert_eq!(lab.try_value("0.5").exits(0).json()["id"], "exp-6");
}

#[test]
fn what_is_archived_can_be_thrown_away_and_comes_back() {
    let lab = five();
    let snapshot = lab.rev("refs/experiments/exp-2");
    lab.gx(&["archive", "--keep", "0"]).exits(0);
    // As a kill between the two steps of `gx rm` leaves it.
    lab.git(&["update-ref", "refs/gx/trash/exp-2", &snapshot]);
    assert!(!lab.states().iter().any(|(id, _)| id == "exp-2"));
    lab.gx(&["undo", "exp-2"]).exits(0);
    assert_eq!(lab.states().len(), 5);
    lab.gx(&["rm", "exp-2"]).exits(0);
    assert!(!lab.states().iter().any(|(id, _)| id == "exp-2"));
    let told = lab.gx(&["show", "exp-2"]).exits(5);
    assert!(told.stderr.contains("gx undo exp-2"), "{told:?}");
    let listed = lab.git(&["ls-tree", "-r", "--object-only", "refs/gx/archive/2026-03"]);
    assert!(!lab.git(&["cat-file", "blob", listed.trim()]).contains("exp-2 "), "the archive still names it");
    lab.gx(&["undo", "exp-2"]).exits(0);
    assert_eq!(lab.states().len(), 5);
    assert_eq!(lab.gx(&["show", "exp-2", "--json"]).exits(0).json()["value"], 0.9);
    lab.fsck();
}

#[test]
fn an_archived_experiment_gets_its_ref_back() {
    let lab = five();
    let before = refs(&lab);
    let snapshot = lab.rev("refs/experiments/exp-3");
    lab.gx(&["archive", "--keep", "0"]).exits(0);
    lab.gx(&["archive", "--restore", "exp-3", "exp-1"]).exits(0);
    assert_eq!(refs(&lab), ["refs/experiments/exp-1", "refs/experiments/exp-3", "refs/gx/archive/2026-03"]);
    assert_eq!(lab.rev("refs/experiments/exp-3"), snapshot);
    assert_eq!(lab.states().len(), 5);
    lab.gx(&["archive", "--restore", "exp-2", "exp-4", "exp-5"]).exits(0);
    assert_eq!(refs(&lab)[..5], before);
    lab.gx(&["archive", "--restore", "exp-9"]).exits(5);
}

#[test]
fn by_date_and_tag_only_those_are_archived_and_never_what_is_open() {
    let lab = five();
    lab.gx(&["register", "--hypothesis", "by hand"]).exits(0);
    let none = lab.gx(&["archive", "--before", "2026-03-01", "--json"]).exits(0).json();
    assert_eq!(none["experiments"].as_array().unwrap().len(), 0);
    let none = lab.gx(&["archive", "--tag", "other", "--json"]).exits(0).json();
    assert_eq!((none["left"].as_u64(), none["open"].as_u64()), (Some(5), Some(1)));
    let default = lab.gx(&["archive", "--json"]).exits(0).json();
    assert_eq!(default["experiments"].as_array().unwrap().len(), 0, "the newest thousand stay");
    lab.gx(&["archive", "--before", "2026-03-09"]).exits(0);
    assert_eq!(refs(&lab), ["refs/experiments/exp-6", "refs/gx/archive/2026-03"]);
    lab.gx(&["archive", "--before", "soon"]).exits(2);
}

#[test]
fn foreign_experiments_are_archived_under_their_own_names() {
    let lab = five();
    let snapshot = lab.rev("refs/experiments/exp-2");
    lab.git(&["update-ref", "refs/experiments/lab-b/exp-2", &snapshot]);
    let before = lab.gx(&["ls", "--json"]).exits(0).stdout;
    lab.gx(&["archive", "--keep", "0"]).exits(0);
    assert_eq!(refs(&lab), ["refs/gx/archive/2026-03"]);
    assert_eq!(lab.gx(&["ls", "--json"]).exits(0).stdout, before);
    assert_eq!(lab.gx(&["show", "lab-b/exp-2", "--json"]).exits(0).json()["id"], "lab-b/exp-2");
}

#[test]
fn more_than_a_commit_can_hold_are_archived_and_kept_alive() {
    let lab = five();
    let snapshot = lab.rev("refs/experiments/exp-1");
    let record = lab.git(&["notes", "--ref=experiments", "show", &snapshot]);
    let mut script = String::new();
    for number in 6..1200 {
        script += &format!(
            "commit refs/experiments/exp-{number}\nmark :{number}\ncommitter A <a@b> {number} +0000\n\
             data 2\nx\nfrom {snapshot}\nM 644 inline n\ndata 5\n{number:<4}\n\
             commit refs/notes/experiments\ncommitter A <a@b> {number} +0000\ndata 0\n{}N inline :{number}\ndata {}\n{record}\n",
            if number == 6 { "from refs/notes/experiments^0\n" } else { "" },
            record.len(),
        );
    }
    lab.write("../script", script);
    let mut import = lab.command("git");
    let input = std::fs::File::open(lab.path("../script")).unwrap();
    assert!(import.args(["fast-import", "--quiet"]).stdin(input).status().unwrap().success());
    let before = lab.gx(&["ls", "--json"]).exits(0).stdout;
    lab.gx(&["archive", "--keep", "3"]).exits(0);
    assert_eq!(refs(&lab).len(), 4);
    lab.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(lab.gx(&["ls", "--json"]).exits(0).stdout, before);
    let parents =
        lab.git(&["log", "--format=%P", "--first-parent", "refs/gx/archive/2026-03", "--max-count=3"]);
    assert!(parents.lines().all(|line| line.split(' ').count() <= 500), "an octopus with too many arms");
    let files = lab.git(&["ls-tree", "-r", "--name-only", "refs/gx/archive/2026-03"]);
    assert_eq!(files, "own/000000\nown/000001\n");
    lab.fsck();
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn archiving_survives_a_kill_at_every_step() {
    for point in ["archive-written", "archive-moved", "archive-done"] {
        let lab = five();
        let before = view(&lab);
        let mut gx = lab.gx_command();
        let killed = gx.env("GX_FAIL_AT", point).args(["archive", "--keep", "1"]).output().unwrap();
        assert_eq!(killed.status.signal(), Some(9), "{point}");
        assert_eq!(view(&lab), before, "{point}");
        lab.gx(&["archive", "--keep", "1"]).exits(0);
        assert_eq!(refs(&lab), ["refs/experiments/exp-5", "refs/gx/archive/2026-03"], "{point}");
        assert_eq!(view(&lab), before, "{point}");
        lab.fsck();
        let mut gx = lab.gx_command();
        gx.env("GX_FAIL_AT", "archive-back").args(["archive", "--restore", "exp-2", "exp-4"]);
        assert_eq!(gx.output().unwrap().status.signal(), Some(9));
        assert_eq!(view(&lab), before, "{point}");
        lab.gx(&["archive", "--restore", "exp-2", "exp-4"]).exits(0);
        assert_eq!((refs(&lab).len(), view(&lab)), (4, before), "{point}");
    }
}
