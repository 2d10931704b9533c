//! `gx recover`: what was queued goes on, what was interrupted can be put back.

use rustix::process::Signal;
use serde_json::json;

use gx::process::identity::Identity;

use super::{
    PATIENT, arguments, aside, begin, ended_once, ends, kill, lab, noted, power_cut, send, start, status,
    trains, wait_for,
};
use crate::support::{Lab, wait_until};

/// Ends with what it was given, and crashes when that is not what it was submitted with.
const WITH_COLOUR: &str = r#"[ "$COLOUR" = blue ] || exit 7; printf -- '---\nval_bpb: 0.5\n'"#;

fn begin_blue(lab: &Lab, flags: &[&str], script: &str) -> String {
    let mut gx = lab.gx_command();
    gx.env("COLOUR", "blue").args(["run", "--json", "--detach", "--hypothesis", "x"]).args(flags);
    let output = gx.args(["--", "sh", "-c", script]).output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    told["experiments"][0]["id"].as_str().unwrap().to_owned()
}

/// Makes what is noted of a run's processes that of an earlier boot.
fn reboot(lab: &Lab, id: &str) {
    for what in ["shim", "trainer"] {
        if let Some(mut whom) = noted(lab, id, what) {
            whom.boot = "00000000-another-boot".to_owned();
            std::fs::write(aside(lab, id, what), serde_json::to_vec(&whom).unwrap()).unwrap();
        }
    }
}

#[test]
fn a_queued_run_stays_queued_when_the_machine_goes_down_and_runs_in_its_own_environment_after_it() {
    let lab = lab();
    let first = begin(&lab, &["--gpus", "1"], PATIENT);
    trains(&lab, &first);
    let id = begin_blue(&lab, &["--gpus", "1", "--config", "metric.goal=higher"], WITH_COLOUR);
    wait_until(|| aside(&lab, &id, "queue").exists());
    let shim = wait_for(&lab, &id, "shim");
    send(&shim, Signal::TERM);
    wait_until(|| !shim.is_alive());
    reboot(&lab, &id);
    assert_eq!(status(&lab, &id), "queued");
    let told = lab.gx(&["recover", "--json"]).exits(0).json();
    assert_eq!(
        (&told["experiments"][0]["id"], &told["experiments"][0]["done"]),
        (&json!(id), &json!("restarted"))
    );
    lab.write("../go", "");
    // By the goal that it was submitted with, 0.5 is worse than 1.0.
    lab.gx(&["wait", &id]).exits(10);
    ended_once(&lab, &id, "discard");
}

#[test]
fn a_queued_run_stays_queued_when_its_client_is_told_to_end_with_the_machine() {
    let lab = lab();
    let first = begin(&lab, &["--gpus", "1"], PATIENT);
    trains(&lab, &first);
    let client = start(&lab, &arguments(&["--isolated", "--gpus", "1"], PATIENT));
    wait_until(|| lab.states().len() == 2 && aside(&lab, "exp-2", "queue").exists());
    send(&Identity::of(client.id()).unwrap(), Signal::TERM);
    assert_eq!(ends(client).code, Some(130));
    assert_eq!(status(&lab, "exp-2"), "queued");
    lab.write("../go", "");
    lab.gx(&["wait", "--all"]).exits(11);
}

#[test]
fn what_a_reboot_interrupted_is_put_back_as_the_same_experiment_and_only_when_asked_for() {
    let lab = lab();
    let script = format!("echo first; printf -- '---\\nother: 1\\n'; {PATIENT}");
    let id = begin_blue(&lab, &["--gpus", "1"], &script);
    trains(&lab, &id);
    let snapshot = lab.rev("refs/experiments/exp-1");
    power_cut(&lab, &id);
    reboot(&lab, &id);
    // Any command may come first.
    assert_eq!(status(&lab, &id), "interrupted");
    lab.gx(&["note", &id, "a remark"]).exits(0);
    assert_eq!(lab.record(&id)["metrics"]["other"], json!(1));
    let told = lab.gx(&["recover", "--json"]).exits(0).json();
    assert_eq!((&told["experiments"], &told["interrupted"]), (&json!([]), &json!([id])));
    let told = lab.gx(&["recover", "--requeue", "--json"]).exits(0).json();
    assert_eq!(told["experiments"][0]["done"], json!("requeued"));
    trains(&lab, &id);
    let again = lab.record(&id);
    let keys = ["metrics", "best_before", "base_result", "artifacts", "worktree", "value", "finished"];
    assert!(keys.iter().all(|key| again[key].is_null()), "{again:#}");
    assert_eq!(again["note"], json!("a remark"), "what its owner said of it stays");
    lab.write("../go", "");
    lab.gx(&["wait", &id]).exits(0);
    assert_eq!((lab.states().len(), lab.rev("refs/experiments/exp-1")), (1, snapshot));
    let record = lab.record(&id);
    assert_eq!(
        (&record["status"], &record["exit_code"], &record["signal"]),
        (&json!("keep"), &json!(0), &json!(null))
    );
    assert_eq!(lab.read(".git/gx/runs/exp-1/log").matches("first").count(), 1);
    assert_eq!(lab.gx(&["recover", "--requeue", "--json"]).exits(0).json()["experiments"], json!([]));
    wait_until(|| lab.path(".git/gx/stranded").read_dir().unwrap().count() == 0);
    lab.fsck();
}

#[test]
fn a_shutdown_that_ends_supervisor_and_trainer_in_good_order_can_be_put_back_too() {
    let lab = lab();
    let id = begin_blue(&lab, &[], &format!("{PATIENT}; {WITH_COLOUR}"));
    trains(&lab, &id);
    let shim = wait_for(&lab, &id, "shim");
    send(&shim, Signal::TERM);
    wait_until(|| !shim.is_alive());
    assert_eq!(status(&lab, &id), "interrupted");
    lab.write("../go", "");
    lab.gx(&["recover", "--requeue"]).exits(0);
    lab.gx(&["wait", &id]).exits(0);
    assert_eq!(lab.record(&id)["value"], json!(0.5));
}

#[test]
fn what_the_user_stopped_is_not_put_back() {
    let lab = lab();
    let id = begin(&lab, &[], PATIENT);
    trains(&lab, &id);
    lab.gx(&["stop", &id]).exits(0);
    let orphan = begin(&lab, &[], PATIENT);
    trains(&lab, &orphan);
    kill(&lab, &orphan, "shim");
    lab.gx(&["stop", &orphan]).exits(0);
    let told = lab.gx(&["recover", "--requeue", "--json"]).exits(0).json();
    assert_eq!((&told["experiments"], &told["interrupted"]), (&json!([]), &json!([])));
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "fail points are compiled into debug builds only")]
fn the_pending_change_of_this_work_tree_is_done_and_told() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    let mut gx = lab.gx_command();
    gx.env("GX_FAIL_AT", "ended,lost").args(["run", "--hypothesis", "x", "--"]).args(crate::support::TRAIN);
    assert_eq!(gx.output().unwrap().status.code(), None);
    let told = lab.gx(&["recover", "--json"]).exits(0).json();
    let run = &told["experiments"][0];
    assert_eq!(
        (&run["done"], &run["status"], &run["tree"]["restored"]),
        (&json!("settled"), &json!("discard"), &json!(["train.py"]))
    );
    assert_eq!((lab.read("train.py"), lab.status()), ("1.0\n".into(), String::new()));
}

#[test]
fn what_starts_it_at_every_boot_names_whole_paths_and_installs_nothing() {
    let lab = lab();
    let told = lab.gx(&["recover", "--install", "--json"]).exits(0).json();
    let place = lab.dir().canonicalize().unwrap();
    let (unit, cron) = (told["unit"].as_str().unwrap(), told["crontab"].as_str().unwrap());
    let gx = std::path::Path::new(env!("CARGO_BIN_EXE_gx")).canonicalize().unwrap();
    for text in [unit, cron] {
        assert!(text.contains(place.to_str().unwrap()) && text.contains(gx.to_str().unwrap()), "{text}");
    }
    assert!(cron.starts_with("@reboot ") && unit.contains("RemainAfterExit=yes"));
    assert_eq!(std::fs::read_dir(lab.path("../home")).unwrap().count(), 0);
}
