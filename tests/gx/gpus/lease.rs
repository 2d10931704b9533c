//! `gx gpus lease`: anything under a lease.

use std::process::Stdio;

use rustix::process::Signal;

use super::{Background, down, gpus, made_up};
use crate::support::{Lab, wait_until};

#[test]
fn a_command_finds_its_cards_and_its_exit_code_is_passed_on() {
    let lab = made_up(3);
    let script = "echo $CUDA_VISIBLE_DEVICES $CUDA_DEVICE_ORDER $GX_GPU_UUIDS; cat; exit 7";
    let told =
        lab.gx_with_input(&["gpus", "lease", "--gpus", "2", "--", "sh", "-c", script], "hello\n").exits(7);
    assert_eq!(told.stdout, "0,1 PCI_BUS_ID FIXED-0,FIXED-1\nhello\n");
    assert_eq!(told.stderr, "");
    lab.gx(&["gpus", "lease", "--", "sh", "-c", "kill -9 $$"]).exits(137);
}

#[test]
fn what_cannot_be_is_refused_at_once() {
    let lab = made_up(2);
    let told = lab.gx(&["gpus", "lease", "--gpus", "3", "--", "true"]).exits(4);
    assert!(told.stderr.starts_with("error: 3 cards are asked for, and this machine has 2\n"), "{told:?}");
    lab.gx(&["gpus", "lease", "--gpus", "0", "--", "true"]).exits(2);
    lab.gx(&["gpus", "lease"]).exits(2);
    let told = lab.gx(&["gpus", "lease", "--", "gx-no-such-program"]).exits(1);
    assert!(told.stderr.starts_with("error: cannot start `gx-no-such-program`"), "{told:?}");
    assert_eq!(gpus(&lab)["cards"][0]["holders"], serde_json::json!([]), "the card is free again");
}

#[test]
fn a_lease_waits_for_its_turn_and_says_for_whom() {
    let lab = made_up(1);
    let held = Background::holding(&lab, "1");
    let waits = Background::start(&lab, "waiter", &["gpus", "lease", "--", "true"]);
    wait_until(|| waits.says(&lab).contains("waiting: 1 of 1 in the queue: GPU 0 is taken by "));
    let told = gpus(&lab);
    assert_eq!(told["queue"][0]["command"], "true");
    assert_eq!(told["queue"][0]["need"], 1);
    lab.gx(&["gpus", "lease", "--wait-timeout", "100ms", "--", "true"]).exits(4);
    down(&lab);
    held.ends(&lab, 0);
    waits.ends(&lab, 0);
}

#[test]
fn an_interrupt_while_it_waits_leaves_the_queue() {
    let lab = made_up(1);
    let held = Background::holding(&lab, "1");
    let waits = Background::start(&lab, "waiter", &["gpus", "lease", "--", "true"]);
    wait_until(|| waits.says(&lab).contains("in the queue"));
    waits.signal(Signal::INT);
    waits.ends(&lab, 130);
    assert_eq!(lab.locks().join("q").read_dir().unwrap().count(), 0);
    down(&lab);
    held.ends(&lab, 0);
}

#[test]
fn a_signal_while_it_runs_is_the_commands_to_answer() {
    for (signal, name) in [(Signal::TERM, "TERM"), (Signal::INT, "INT")] {
        let lab = made_up(1);
        let script = format!("trap 'exit 9' {name}; touch ../up; while [ -e ../up ]; do sleep 0.02; done");
        // In a session of its own there is no terminal from which Ctrl-C would reach all of its group.
        let mut command = lab.command("setsid");
        command.args(["--wait", env!("CARGO_BIN_EXE_gx"), "gpus", "lease", "--", "sh", "-c", &script]);
        let leased = Background::of(&lab, "leased", &mut command);
        wait_until(|| lab.path("../up").exists());
        let pid = gpus(&lab)["cards"][0]["holders"][0]["pid"].as_u64().unwrap();
        let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
        leased.ends(&lab, 9);
    }
}

#[test]
fn ctrl_c_on_a_terminal_reaches_the_command_once_and_gx_waits_for_it() {
    let lab = made_up(1);
    let script =
        "trap 'echo x >> ../heard; exit 9' INT; touch ../up; while [ -e ../up ]; do sleep 0.02; done";
    let gx = format!("exec {} gpus lease -- sh -c \"{script}\"", env!("CARGO_BIN_EXE_gx"));
    let mut terminal = lab.command("script");
    terminal.args(["-qec", &gx, "/dev/null"]).stdin(Stdio::piped());
    terminal.stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut terminal) = terminal.spawn() else {
        eprintln!("skipped: no `script` that makes a terminal");
        return;
    };
    let mut keys = terminal.stdin.take().unwrap();
    wait_until(|| lab.path("../up").exists());
    std::io::Write::write_all(&mut keys, b"\x03").unwrap();
    wait_until(|| terminal.try_wait().unwrap().is_some());
    assert_eq!(terminal.wait().unwrap().code(), Some(9));
    assert_eq!(lab.read("../heard"), "x\n");
}

#[test]
fn a_run_without_cards_never_waits_behind_those_with() {
    let lab = Lab::new().with("GX_GPU_SOURCE", "fixed").with("GX_GPU_COUNT", "1");
    let held = Background::holding(&lab, "1");
    lab.run("no cards", &["--gpus", "0"]).exits(0);
    lab.write("train.py", "0.5\n");
    lab.run("no cards, apart", &["--gpus", "0", "--isolated"]).exits(0);
    down(&lab);
    held.ends(&lab, 0);
}
