//! Trainers without a supervisor: adopted, held to their limit; and nobody is taken for them who is not.

use std::fs;

use gx::process::identity::Identity;
use serde_json::json;

use super::{
    Innocent, PATIENT, aside, begin, ended_once, kill, lab, noted, power_cut, status, trains, wait_for,
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
