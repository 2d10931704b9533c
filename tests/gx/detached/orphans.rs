//! Trainers without a supervisor: adopted, held to their limit; and nobody is taken for them who is not.

use std::fs;
use std::process::Stdio;
use std::time::Instant;

use gx::process::identity::Identity;
use serde_json::{Value, json};

use super::{
    Innocent, PATIENT, arguments, aside, begin, ended_once, kill, lab, noted, power_cut, status, trains,
    wait_for,
};
use crate::support::{Lab, wait_until};

#[test]
fn an_orphan_is_adopted_and_scored_when_it_has_ended() {
    let lab = lab();
    let id = begin(&lab, &[], PATIENT);
    trains(&lab, &id);
    kill(&lab, &id, "shim");
    let told = lab.gx(&["recover", "--json"]).exits(0).json();
    assert_eq!(
        (&told["experiments"][0]["done"], &told["experiments"][0]["status"]),
        (&json!("adopted"), &json!("running"))
    );
    wait_for(&lab, &id, "shim");
    assert_eq!(lab.gx(&["recover", "--json"]).exits(0).json()["experiments"], json!([]));
    lab.write("../go", "");
    lab.gx(&["wait", &id]).exits(0);
    ended_once(&lab, &id, "keep");
}

#[test]
fn an_adopted_trainer_is_held_to_its_time_limit() {
    let lab = lab();
    let id = begin(&lab, &["--timeout", "2s", "--config", "run.grace=200ms"], PATIENT);
    trains(&lab, &id);
    kill(&lab, &id, "shim");
    lab.gx(&["recover"]).exits(0);
    lab.gx(&["wait", &id]).exits(13);
    ended_once(&lab, &id, "timeout");
}

#[test]
fn an_adopted_trainer_can_be_stopped() {
    let lab = lab();
    let id = begin(&lab, &[], PATIENT);
    trains(&lab, &id);
    kill(&lab, &id, "shim");
    lab.gx(&["recover"]).exits(0);
    lab.gx(&["stop", &id]).exits(0);
    ended_once(&lab, &id, "interrupted");
}

#[test]
fn a_trainer_that_nobody_had_noted_yet_can_be_waited_for_and_stopped() {
    let lab = lab();
    let id = begin(&lab, &[], PATIENT);
    trains(&lab, &id);
    kill(&lab, &id, "shim");
    fs::remove_file(aside(&lab, &id, "trainer")).unwrap();
    lab.gx(&["wait", &id, "--timeout", "300ms"]).exits(24);
    assert_eq!(status(&lab, &id), "running");
    lab.gx(&["stop", &id]).exits(0);
    ended_once(&lab, &id, "interrupted");
}

#[test]
fn an_orphan_gets_the_grace_that_its_run_began_with() {
    let lab = lab();
    let stubborn = "trap '' TERM; echo ready; while [ -e train.py ]; do sleep 0.02; done";
    let id = begin(&lab, &["--config", "run.grace=50ms"], stubborn);
    trains(&lab, &id);
    kill(&lab, &id, "shim");
    let began = Instant::now();
    lab.gx(&["stop", &id, "--config", "run.grace=60s"]).exits(0);
    assert!(began.elapsed().as_secs() < 30);
    ended_once(&lab, &id, "interrupted");
}

/// Puts an innocent's number, with another start or boot, where the processes of a run are noted.
fn accuse(lab: &Lab, id: &str, innocent: &Innocent, change: impl Fn(&mut Identity)) {
    let mut whom = Identity::of(innocent.0.id()).unwrap();
    change(&mut whom);
    for what in ["shim", "trainer"] {
        fs::write(aside(lab, id, what), serde_json::to_vec(&whom).unwrap()).unwrap();
    }
}

#[test]
fn who_has_got_the_number_of_a_dead_trainer_is_neither_waited_for_nor_signalled() {
    for is_reboot in [false, true] {
        let (lab, mut innocent) = (lab(), Innocent::new());
        let id = begin(&lab, &[], PATIENT);
        trains(&lab, &id);
        power_cut(&lab, &id);
        accuse(&lab, &id, &innocent, |whom| match is_reboot {
            true => whom.boot = "00000000-another-boot".to_owned(),
            false => whom.start += 1,
        });
        assert!(lab.gx(&["stop", "--now", &id]).exits(1).stderr.contains("has ended already"));
        assert!(innocent.is_alive());
        assert_eq!(status(&lab, &id), "interrupted");
        wait_until(|| noted(&lab, &id, "trainer").is_none());
        assert!(innocent.is_alive());
    }
}

/// Gives a supervisor its order, and the name of the last event that it told.
#[track_caller]
fn ordered(lab: &Lab, order: &Value) -> String {
    let told = lab.gx_with_input(&["shim"], &order.to_string()).stdout;
    let last: Value = serde_json::from_str(told.lines().last().unwrap_or("null")).unwrap();
    let name = last.as_object().and_then(|event| event.keys().next().cloned());
    name.or_else(|| last.as_str().map(str::to_owned)).unwrap_or_default()
}

#[test]
fn a_supervisor_that_cannot_even_begin_says_so_to_whoever_listens() {
    let lab = lab();
    lab.write(".git/gx/pending/torn.json", "{");
    assert_eq!(ordered(&lab, &json!({"Resume": {"uuid": "torn"}})), "Failed");
    assert_eq!(ordered(&lab, &json!({"Resume": {"uuid": "none"}})), "Elsewhere");
}

#[test]
fn an_orphan_of_another_work_tree_is_adopted_there_and_its_edit_is_put_back() {
    let lab = lab();
    lab.run("baseline", &[]).exits(0);
    let before = fs::read_to_string(lab.path("train.py")).unwrap();
    lab.gx(&["worktree", "add", "../other"]).exits(0);
    let other = lab.path("../other");
    fs::write(other.join("train.py"), "2.0\n").unwrap();
    let mut gx = lab.gx_command();
    gx.current_dir(&other).args(arguments(&[], PATIENT)).stdout(Stdio::null()).stderr(Stdio::null());
    let (mut client, id) = (gx.spawn().unwrap(), "exp-2");
    wait_until(|| status(&lab, id) == "running");
    trains(&lab, id);
    // Its client would take up what its supervisor left.
    client.kill().unwrap();
    client.wait().unwrap();
    kill(&lab, id, "shim");
    lab.gx(&["recover"]).exits(0);
    lab.write("../go", "");
    // Nobody else may come by: a command in that work tree would put it back too.
    wait_until(|| fs::read_to_string(other.join("train.py")).unwrap() == before);
    ended_once(&lab, id, "discard");
}

#[test]
fn an_orphan_that_somebody_is_adopting_is_not_adopted_twice() {
    let lab = lab();
    let id = begin(&lab, &[], PATIENT);
    trains(&lab, &id);
    kill(&lab, &id, "shim");
    let claim = fs::File::create(aside(&lab, &id, "adopter")).unwrap();
    claim.lock().unwrap();
    let order = json!({"Adopt": {"uuid": lab.record(&id)["uuid"]}});
    assert_eq!(ordered(&lab, &order), "Elsewhere");
    drop(claim);
    lab.gx(&["recover"]).exits(0);
    wait_for(&lab, &id, "shim");
    lab.write("../go", "");
    lab.gx(&["wait", &id]).exits(0);
    ended_once(&lab, &id, "keep");
}
