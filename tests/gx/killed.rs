//! SIGKILL at every step of a run: nothing is lost, nothing is there twice.

mod notes;
mod settling;
mod torn;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Lab, TRAIN, wait_until};

/// Every point at which a run in place can be killed, in the order in which it passes them.
const POINTS: [&str; 18] = [
    "looking",
    "snapshot",
    "announcing",
    "announced",
    "claimed",
    "journalled",
    "recorded",
    "starting",
    "started",
    "training",
    "seen",
    "trained",
    "judged",
    "ended",
    "logged",
    "moved",
    "restored",
    "changed",
];

/// Points that only other runs pass, and other tests try.
const ELSEWHERE: [&str; 43] = [
    "adopting",
    "archive-back",
    "archive-done",
    "archive-moved",
    "archive-written",
    "down-anchored",
    "down-fetched",
    "down-followed",
    "down-moved",
    "down-prepared",
    "down-preparing",
    "down-resolved",
    "down-restored",
    "down-sent",
    "down-written",
    "fetched",
    "gc-artifacts",
    "gc-expired",
    "gc-files",
    "gc-trash",
    "index-built",
    "index-caught-up",
    "index-loaded",
    "index-written",
    "lease-claimed",
    "lease-locked",
    "lease-ticket-made",
    "lost",
    "merged",
    "mirror-init",
    "pushed",
    "refs-locked",
    "sent",
    "site-claimed",
    "taken-in",
    "turn",
    "up-begun",
    "up-checked",
    "up-decided",
    "up-preparing",
    "up-pushed",
    "up-recorded",
    "up-restored",
];

/// An idea whose run is killed.
struct Story {
    /// What it puts into train.py.
    value: &'static str,
    /// Whether the edit is committed before the run.
    is_committed: bool,
    /// How an undisturbed run ends.
    verdict: &'static str,
}

const KEEP: Story = Story { value: "0.9", is_committed: false, verdict: "keep" };
const DISCARD: Story = Story { value: "1.5", is_committed: false, verdict: "discard" };
const CRASH: Story = Story { value: "nan", is_committed: false, verdict: "crash" };
const COMMITTED: Story = Story { value: "1.5", is_committed: true, verdict: "discard" };

impl Story {
    /// What must be recorded of a run that was killed at `point`; nothing where it had no name yet.
    fn end_after(&self, point: &str) -> Option<&'static str> {
        match point {
            "looking" | "snapshot" | "announcing" | "announced" => None,
            "claimed" | "journalled" | "recorded" | "starting" => Some("interrupted"),
            // The log holds no valid value, and nobody saw the trainer end.
            "started" | "training" if self.verdict == "crash" => Some("interrupted"),
            _ => Some(self.verdict),
        }
    }

    /// Makes the edit in a lab with a kept baseline and other work that no run may touch.
    fn begin(&self) -> Lab {
        let lab = Lab::new().with("GX_RUN_EDITABLE", "train.py");
        lab.run("baseline", &[]).exits(0);
        lab.write("README.md", "read me\r\nmine");
        lab.write("notes.txt", "untracked\n");
        lab.write("staged.txt", "staged\n");
        lab.git(&["add", "staged.txt"]);
        lab.write("train.py", format!("{}\n", self.value));
        if self.is_committed {
            lab.git(&["commit", "-q", "-m", "an idea", "train.py"]);
        }
        lab
    }

    fn survives_a_kill_at(&self, point: &str) {
        let lab = self.begin();
        let head = lab.rev("HEAD");
        kill(&lab, point, &try_it());
        if ["started", "training"].contains(&point) {
            wait_until(|| lab.states().iter().all(|(_, status)| status != "running"));
        }
        let before = standing(&lab);
        let end = self.end_after(point);
        let known: Vec<_> = [Some("keep"), end].into_iter().flatten().collect();
        let states: Vec<_> = lab.states().into_iter().map(|(_, status)| status).collect();
        assert_eq!(states, known, "{point}");
        assert_eq!(standing(&lab), before, "{point}: settling a record changed the work tree");
        if let Some(end) = end {
            is_recorded_once(&lab, "exp-2", end);
        }
        let next = lab.run("the next one", &["--leave"]).json();
        assert_eq!(next["id"], json!(format!("exp-{}", known.len() + 1)), "{point}");
        self.stands_as_after(&lab, &head, end, point);
        if let Some(end) = end {
            is_recorded_once(&lab, "exp-2", end);
        }
        assert_eq!(lab.states().len(), known.len() + 1, "{point}");
        is_tidy(&lab, point);
    }

    /// Branch, files and index stand where semantics put them after such an end.
    fn stands_as_after(&self, lab: &Lab, head: &str, end: Option<&str>, point: &str) {
        let base = lab.rev("refs/experiments/exp-1");
        let base = lab.rev(&format!("{base}^"));
        let mut train = "";
        match end {
            None | Some("interrupted") => {
                assert_eq!((lab.rev("HEAD").as_str(), lab.read("train.py")), (head, self.edit()), "{point}");
                train = if self.is_committed { "" } else { " M train.py\n" };
            }
            Some("keep") => {
                assert_eq!(lab.rev("HEAD^"), base, "{point}");
                assert_eq!(lab.git(&["diff", "--name-only", &base, "HEAD"]), "train.py\n", "{point}");
                assert_eq!(
                    (lab.git(&["show", "HEAD:train.py"]), lab.read("train.py")),
                    (self.edit(), self.edit())
                );
                assert_eq!(lab.record("exp-2")["kept_commit"], json!(lab.rev("HEAD")), "{point}");
            }
            Some(_) => {
                assert_eq!((lab.rev("HEAD"), lab.read("train.py")), (base, "1.0\n".to_owned()), "{point}");
            }
        }
        assert_eq!(lab.status(), format!(" M README.md\nA  staged.txt\n{train}?? notes.txt\n"), "{point}");
        assert_eq!(lab.read("README.md"), "read me\r\nmine");
        assert_eq!(
            (lab.read("notes.txt"), lab.read("staged.txt")),
            ("untracked\n".into(), "staged\n".into())
        );
    }

    fn edit(&self) -> String {
        format!("{}\n", self.value)
    }
}

/// Branch, train.py and `git status`.
fn standing(lab: &Lab) -> (String, String, String) {
    (lab.rev("HEAD"), lab.read("train.py"), lab.status())
}

fn try_it() -> Vec<&'static str> {
    ["run", "--hypothesis", "an idea", "--"].into_iter().chain(TRAIN.iter().copied()).collect()
}

/// Calls gx so that it is killed at a point; it must come that far.
#[track_caller]
/// Kills the supervisor of a run at a point, and the command that started it when that notices.
fn kill(lab: &Lab, point: &str, arguments: &[&str]) {
    let points = format!("{point},lost");
    let output = lab.gx_command().env("GX_FAIL_AT", points).args(arguments).output().unwrap();
    assert_eq!(output.status.signal(), Some(9), "{point}: {output:?}");
}

/// The lines of a record, as git alone shows them.
fn lines(lab: &Lab, id: &str) -> Vec<Value> {
    let note = lab.git(&["notes", "--ref=experiments", "show", &format!("refs/experiments/{id}")]);
    note.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Ref, commit, record and log agree, and the record has one beginning and one end.
#[track_caller]
fn is_recorded_once(lab: &Lab, id: &str, end: &str) {
    let (record, snapshot) = (lab.record(id), lab.rev(&format!("refs/experiments/{id}")));
    assert_eq!((&record["id"], &record["snapshot"]), (&json!(id), &json!(snapshot)));
    let message = lab.git(&["log", "-1", "--format=%B", &snapshot]);
    assert!(message.contains(&format!("Gx-Uuid: {}\n", record["uuid"].as_str().unwrap())), "{message}");
    let statuses: Vec<_> = lines(lab, id).iter().filter_map(|line| line.get("status").cloned()).collect();
    assert_eq!(statuses, [json!("running"), json!(end)]);
    assert!(record["finished"].is_string() && record["reason"].is_string(), "{record}");
    let log = fs::read_to_string(lab.path(format!(".git/gx/runs/{id}/log")));
    if let Some(log) = log.ok().filter(|log| !log.is_empty()) {
        assert_eq!(
            lab.git(&["notes", "--ref=experiment-logs", "show", &snapshot]).trim_end(),
            log.trim_end()
        );
    }
}

/// Git finds nothing wrong, and nothing lies about that a killed process has left.
#[track_caller]
fn is_tidy(lab: &Lab, point: &str) {
    lab.fsck();
    let left = files_below(&lab.path(".git")).into_iter().filter(|path| {
        // These are locked by flock: they stay, and mean nothing by being there.
        let flocks = ["gx-run.lock", "gx/verdict.lock"];
        let is_flock = flocks.iter().any(|flock| path.ends_with(flock));
        let is_lock = path.ends_with(".lock") && !is_flock;
        is_lock
            || ["gx/pending/", "gx/tmp/", "gx/journal/waiting/"].iter().any(|folder| path.contains(folder))
    });
    assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new(), "{point}");
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files.extend(files_below(&entry));
        } else {
            files.push(entry.display().to_string());
        }
    }
    files
}

#[test]
fn every_fail_point_of_the_sources_is_tried() {
    let mut named = Vec::new();
    for file in files_below(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let text = fs::read_to_string(file).unwrap();
        let points = text.split("fail::point(\"").skip(1).filter_map(|rest| rest.split('"').next());
        named.extend(points.map(str::to_owned));
    }
    named.sort_unstable();
    named.dedup();
    let mut tried: Vec<&str> = POINTS.into_iter().chain(ELSEWHERE).collect();
    tried.sort_unstable();
    assert_eq!(named, tried);
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_run_that_would_be_kept_survives_a_kill_at_every_step() {
    POINTS.iter().for_each(|point| KEEP.survives_a_kill_at(point));
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_run_that_would_be_discarded_survives_a_kill_at_every_step() {
    POINTS.iter().for_each(|point| DISCARD.survives_a_kill_at(point));
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_run_that_would_crash_survives_a_kill_at_every_step() {
    POINTS.iter().for_each(|point| CRASH.survives_a_kill_at(point));
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn a_committed_idea_that_would_be_discarded_survives_a_kill_at_every_step() {
    POINTS.iter().for_each(|point| COMMITTED.survives_a_kill_at(point));
}
