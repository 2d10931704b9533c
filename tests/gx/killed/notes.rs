//! What becomes of the notes when somebody rewinds them or the power fails: they come back whole.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{is_tidy, kill, lines};
use crate::support::Lab;
use crate::support::format::has_ref_files;

pub(super) const RECORDS: &str = "refs/notes/experiments";
const LOGS: &str = "refs/notes/experiment-logs";

/// A lab with three experiments.
pub(super) fn lab_with_three() -> Lab {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.try_value("0.9").exits(0);
    lab.try_value("1.5").exits(10);
    lab
}

pub(super) fn records(lab: &Lab) -> Vec<Value> {
    ["exp-1", "exp-2", "exp-3"].iter().map(|id| lab.record(id)).collect()
}

/// The objects that only `newer` holds, as files.
fn objects(lab: &Lab, newer: &str, older: Option<&str>) -> BTreeSet<String> {
    let of = |revision: &str| {
        let listed = lab.git(&["rev-list", "--objects", revision]);
        listed.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let known = older.map(of).unwrap_or_default();
    of(newer).difference(&known).map(|id| format!(".git/objects/{}/{}", &id[..2], &id[2..])).collect()
}

/// Leaves of a file what a power cut leaves of one that was never forced to disk.
fn tear(lab: &Lab, file: &str) {
    let path = lab.path(file);
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
}

/// Makes gx believe that the machine was started anew since it last looked.
pub(super) fn reboot(lab: &Lab) {
    let told = lab.read(".git/gx/notes-tip");
    let tip = told.split_once(' ').unwrap().1;
    lab.write(".git/gx/notes-tip", format!("another-boot {tip}"));
}

#[track_caller]
fn comes_back(lab: &Lab, before: &[Value], list: &str) {
    assert_eq!(lab.gx(&["ls", "--json"]).exits(0).stdout, list);
    assert_eq!(records(lab), before);
    is_tidy(lab, "the notes");
    lab.try_value("0.8").exits(0);
    is_tidy(lab, "the notes");
}

#[test]
fn notes_torn_by_a_power_cut_are_whole_after_the_next_command() {
    let lab = lab_with_three();
    let (before, list) = (records(&lab), lab.gx(&["ls", "--json"]).exits(0).stdout);
    for name in [RECORDS, LOGS] {
        objects(&lab, name, Some(&format!("{name}~2"))).iter().for_each(|object| tear(&lab, object));
    }
    reboot(&lab);
    comes_back(&lab, &before, &list);
}

#[test]
fn a_note_torn_by_a_power_cut_beside_packed_ones_is_whole_after_the_next_command() {
    let lab = lab_with_three();
    lab.git(&["repack", "-adq"]);
    lab.gx(&["note", "exp-3", "a remark"]).exits(0);
    let (before, list) = (records(&lab), lab.gx(&["ls", "--json"]).exits(0).stdout);
    let blob = lab.git(&["notes", "--ref=experiments", "list", "refs/experiments/exp-3"]);
    tear(&lab, &format!(".git/objects/{}/{}", &blob[..2], blob[2..].trim()));
    reboot(&lab);
    comes_back(&lab, &before, &list);
}

#[test]
fn notes_of_which_the_power_cut_has_left_nothing_are_made_anew() {
    if !has_ref_files() {
        return;
    }
    let lab = lab_with_three();
    let (before, list) = (records(&lab), lab.gx(&["ls", "--json"]).exits(0).stdout);
    for name in [RECORDS, LOGS] {
        objects(&lab, name, None).iter().for_each(|object| tear(&lab, object));
        tear(&lab, &format!(".git/{name}"));
    }
    reboot(&lab);
    comes_back(&lab, &before, &list);
}

#[test]
fn objects_torn_by_a_power_cut_that_no_ref_names_yet_do_not_stand_in_for_the_real_ones() {
    let lab = lab_with_three();
    let (before, list) = (records(&lab), lab.gx(&["ls", "--json"]).exits(0).stdout);
    let older = lab.rev(&format!("{RECORDS}~3"));
    let torn = objects(&lab, RECORDS, Some(&older));
    lab.git(&["update-ref", RECORDS, &older]);
    torn.iter().for_each(|object| tear(&lab, object));
    reboot(&lab);
    comes_back(&lab, &before, &list);
}

#[test]
fn notes_that_somebody_rewound_or_deleted_get_every_record_back() {
    let lab = lab_with_three();
    let (before, list) = (records(&lab), lab.gx(&["ls", "--json"]).exits(0).stdout);
    let older = lab.rev(&format!("{RECORDS}~4"));
    for change in [vec![RECORDS, &older], vec!["-d", RECORDS], vec![RECORDS, "HEAD"]] {
        lab.git(&[vec!["update-ref"], change].concat());
        assert_eq!(lab.gx(&["ls", "--json"]).exits(0).stdout, list);
        assert_eq!(records(&lab), before);
    }
    comes_back(&lab, &before, &list);
}

#[test]
fn notes_rewound_while_a_run_goes_on_get_every_record_back_though_the_run_writes_on_top() {
    let lab = lab_with_three();
    let before = records(&lab);
    let older = lab.rev(&format!("{RECORDS}~4"));
    let rewind = format!("git update-ref {RECORDS} {older}; printf -- '---\\nval_bpb: 1.0\\n'");
    lab.gx(&["run", "--hypothesis", "rewind", "--leave", "--", "sh", "-c", &rewind]);
    assert_eq!(lab.gx(&["ls", "--json"]).exits(0).json()["total"], json!(4));
    assert_eq!(records(&lab), before);
    is_tidy(&lab, "the notes");
}

#[test]
fn a_mark_torn_by_a_power_cut_counts_as_none() {
    if !has_ref_files() {
        return;
    }
    let lab = lab_with_three();
    tear(&lab, ".git/refs/gx/marks/main");
    lab.try_value("0.8").exits(0);
    is_tidy(&lab, "the mark");
}

#[test]
fn of_a_journal_with_half_a_file_the_whole_lines_count() {
    let lab = lab_with_three();
    let snapshot = lab.rev("refs/experiments/exp-2");
    let line =
        |text: &str| format!("{snapshot} {{\"at\":\"2026-03-09T00:00:00.000000Z\",\"note\":\"{text}\"}}");
    let half = line("torn").split_at(90).0.to_owned();
    lab.write(".git/gx/journal/waiting/a.jsonl", format!("{}\n{half}", line("whole")));
    lab.write(".git/gx/journal/waiting/b.jsonl.tmp", line("never finished"));
    lab.write(".git/gx/journal/waiting/c.jsonl", "");
    lab.gx(&["ls"]).exits(0);
    assert_eq!(lab.record("exp-2")["note"], json!("whole"));
    assert_eq!(lines(&lab, "exp-2").len(), 3);
    lab.fsck();
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_remark_is_not_lost_when_gx_dies_between_journal_and_note() {
    let lab = lab_with_three();
    kill(&lab, "journalled", &["note", "exp-1", "worth a second look"]);
    assert_eq!(lines(&lab, "exp-1").len(), 2);
    lab.gx(&["ls"]).exits(0);
    lab.gx(&["ls"]).exits(0);
    assert_eq!(
        (lab.record("exp-1")["note"].as_str(), lines(&lab, "exp-1").len()),
        (Some("worth a second look"), 3)
    );
    is_tidy(&lab, "a remark");
}

#[test]
fn a_lock_of_the_notes_that_a_killed_process_just_left_delays_the_next_command_and_no_more() {
    if !has_ref_files() {
        return;
    }
    let lab = lab_with_three();
    let path = lab.path(format!(".git/{RECORDS}.lock"));
    let lock = File::create(&path).unwrap();
    lock.set_modified(SystemTime::now() - Duration::from_secs(3)).unwrap();
    lab.gx(&["note", "exp-1", "a remark"]).exits(0);
    assert_eq!(lab.record("exp-1")["note"], json!("a remark"));
    is_tidy(&lab, "a lock");
}

#[test]
fn a_rewind_during_a_run_does_not_make_a_worse_result_the_best() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.try_value("0.9").exits(0);
    lab.write("train.py", "0.95\n");
    let rewind = "git update-ref -d refs/notes/experiments";
    lab.run_script(&format!("{rewind}; {}", crate::support::script::BLOCK), &[]).exits(10);
}
