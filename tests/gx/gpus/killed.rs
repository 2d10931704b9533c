//! Who is killed with SIGKILL: a waiter leaves no ticket behind, a holder's command keeps the card.

use rustix::process::{Pid, Signal, kill_process};

use super::{Background, WHILE_UP, down, gpus, made_up};
use crate::support::{Lab, wait_until};

#[test]
fn the_ticket_of_a_killed_waiter_is_gone_soon_while_others_wait() {
    let lab = made_up(1);
    let held = Background::holding(&lab, "1");
    let names = ["first", "second", "third"];
    let mut waiters = names.map(|name| {
        let waits = Background::start(&lab, name, &["gpus", "lease", "--", "true"]);
        wait_until(|| waits.says(&lab).contains("in the queue"));
        Some(waits)
    });
    let tickets = || lab.locks().join("q").read_dir().unwrap().count();
    assert_eq!(tickets(), 3);
    for dead in [0, 2] {
        waiters[dead].take().unwrap().signal(Signal::KILL);
    }
    wait_until(|| tickets() == 1);
    let left = waiters[1].take().unwrap();
    wait_until(|| left.says(&lab).contains("waiting: 1 of 1 in the queue"));
    down(&lab);
    held.ends(&lab, 0);
    left.ends(&lab, 0);
}

/// Kills the gx that looks after the only card, and sees who has the card then.
fn card_stays_with_the_living(lab: &Lab) {
    let holder = gpus(lab)["cards"][0]["holders"][0].clone();
    assert_eq!(holder["is_supervised"], true);
    let pid = i32::try_from(holder["pid"].as_u64().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    wait_until(|| gpus(lab)["cards"][0]["holders"][0]["is_supervised"] == false);
    let text = lab.gx(&["gpus"]).exits(0).stdout;
    assert!(text.contains("gone: it goes on alone"), "{text}");
    lab.gx(&["gpus", "lease", "--wait-timeout", "100ms", "--", "true"]).exits(4);
    down(lab);
    wait_until(|| gpus(lab)["cards"][0]["holders"] == serde_json::json!([]));
    lab.gx(&["gpus", "lease", "--", "true"]).exits(0);
}

#[test]
fn the_card_of_a_killed_lease_stays_with_its_command_until_that_ends() {
    let lab = made_up(1);
    let _held = Background::holding(&lab, "1");
    card_stays_with_the_living(&lab);
}

#[test]
fn the_card_of_a_killed_supervisor_stays_with_its_trainer_until_that_ends() {
    let lab = Lab::new().with("GX_GPU_SOURCE", "fixed").with("GX_GPU_COUNT", "1");
    let up = lab.path("../up");
    let script = WHILE_UP.replace("../up", up.to_str().unwrap());
    let arguments = ["run", "--hypothesis", "x", "--gpus", "1", "--isolated", "--", "sh", "-c", &script];
    let _run = Background::start(&lab, "run", &arguments);
    wait_until(|| up.exists());
    assert_eq!(gpus(&lab)["cards"][0]["holders"][0]["experiment"], "exp-1");
    card_stays_with_the_living(&lab);
}
