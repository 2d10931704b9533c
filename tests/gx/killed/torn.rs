//! Objects that a power cut has cut short, at whatever byte: no engine hangs on them, and what gx wrote comes back.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use super::notes::{RECORDS, lab_with_three, reboot, records};
use crate::support::{Lab, Told, wait_until};

/// The one that gx chooses itself, and the one over the `git` program.
const ENGINES: [&str; 2] = ["", "program"];

/// What is cut: the newest note, the folder it stands in, the tree of all notes, their last commit and the one before.
const CUT: [&str; 5] = ["note", "folder", "tree", "commit", "older"];

/// How much of a file is left, of its length.
fn lengths(whole: usize) -> [usize; 5] {
    [1, whole / 4, whole / 2, whole * 9 / 10, whole - 1]
}

/// The file of the object.
fn file(lab: &Lab, what: &str) -> PathBuf {
    let note = lab.git(&["notes", "--ref=experiments", "list", "refs/experiments/exp-3"]);
    let snapshot = lab.rev("refs/experiments/exp-3");
    let id = match what {
        "note" => note.trim().to_owned(),
        "folder" => lab.rev(&format!("{RECORDS}:{}", &snapshot[..2])),
        "tree" => lab.rev(&format!("{RECORDS}^{{tree}}")),
        "commit" => lab.rev(RECORDS),
        _ => lab.rev(&format!("{RECORDS}~1")),
    };
    lab.path(format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

/// Calls gx, which comes to an end within half a minute.
#[track_caller]
fn ends(lab: &Lab, arguments: &[&str]) -> Told {
    let mut command = lab.gx_command();
    let command = command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // Its answers are shorter than a pipe.
    wait_until(|| child.try_wait().unwrap().is_some());
    Told::of(child.wait_with_output().unwrap())
}

/// Plays a story for each object that can be cut, each length and each engine, on a fresh copy of the same lab.
fn each_cut(play: impl Fn(&Lab, &str)) {
    for engine in ENGINES {
        let lab = lab_with_three().with("GX_GIT_ENGINE", engine);
        lab.gx(&["note", "exp-3", "a remark"]).exits(0);
        let kept = lab.path("../kept");
        let copy = |from: &PathBuf, to: &PathBuf| {
            let _ = fs::remove_dir_all(to);
            let copied = lab.command("cp").arg("-a").args([from, to]).status().unwrap();
            assert!(copied.success());
        };
        let git_dir = lab.path(".git");
        copy(&git_dir, &kept);
        for what in CUT {
            let path = file(&lab, what);
            let whole = fs::read(&path).unwrap();
            for length in lengths(whole.len()) {
                fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
                fs::write(&path, &whole[..length]).unwrap();
                play(&lab, &format!("{what} cut to {length} of {}, engine `{engine}`", whole.len()));
                copy(&kept, &git_dir);
            }
        }
    }
}

#[test]
fn objects_of_the_notes_cut_short_by_a_power_cut_come_back_with_the_next_command() {
    let (lab, mut before) = (lab_with_three(), Vec::new());
    let list = lab.gx(&["ls", "--json"]).exits(0).json();
    lab.gx(&["note", "exp-3", "a remark"]).exits(0);
    before.extend(records(&lab));
    each_cut(|lab, which| {
        reboot(lab);
        let told = ends(lab, &["ls", "--json"]).exits(0);
        assert_eq!(states(&told.json()), states(&list), "{which}");
        assert_eq!(lab.record("exp-3")["note"], "a remark", "{which}");
        assert_eq!(records(lab).len(), before.len());
        let torn = fs::read_dir(lab.path(".git/gx/torn")).unwrap().count();
        assert_eq!(torn, 1, "{which}: what is left of it is kept");
        lab.fsck();
    });
}

#[test]
fn objects_of_the_notes_cut_short_while_the_machine_runs_end_in_an_answer_or_a_fault_and_the_doctor_mends_them()
 {
    let list = lab_with_three().gx(&["ls", "--json"]).exits(0).json();
    each_cut(|lab, which| {
        for index in ["auto", "off"] {
            let told = ends(lab, &["--config", &format!("store.index={index}"), "ls", "--json"]);
            match told.code {
                Some(0) => assert_eq!(states(&told.json()), states(&list), "{which}"),
                _ => assert!(told.stderr.contains("gx doctor"), "{which}: {told:#?}"),
            }
        }
        ends(lab, &["doctor", "--fix"]);
        let told = ends(lab, &["--config", "store.index=off", "ls", "--json"]).exits(0);
        assert_eq!(states(&told.json()), states(&list), "{which}");
        assert_eq!(lab.record("exp-3")["note"], "a remark", "{which}");
    });
}

fn states(list: &Value) -> Vec<(Value, Value)> {
    let rows = list["experiments"].as_array().unwrap();
    rows.iter().map(|row| (row["id"].clone(), row["status"].clone())).collect()
}
