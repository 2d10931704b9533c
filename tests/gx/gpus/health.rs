//! Cards that are not well, not alone or not answering: nobody is given them, and everybody is told why.

use std::time::{Duration, Instant};

use fake_nvml::{Process, State};
use rustix::process::Signal;
use serde_json::json;

use super::{Background, down, gpus};
use crate::support::{Lab, wait_until};

const LEASE: [&str; 6] = ["gpus", "lease", "--", "sh", "-c", "echo on $CUDA_VISIBLE_DEVICES"];

#[test]
fn a_card_with_a_foreign_process_is_waited_for_and_the_waiter_says_so() {
    let mut state = State::with_cards(1);
    state.cards[0].processes.push(Process { pid: 1, memory: 1 << 30 });
    let lab = Lab::bare_folder().with_cards(&state);
    let waits = Background::start(&lab, "waiter", &LEASE);
    wait_until(|| waits.says(&lab).contains("GPU 0 is used by process 1 ("));
    let told = gpus(&lab);
    let stranger = &told["cards"][0]["strangers"][0];
    assert_eq!((&stranger["pid"], &stranger["memory"]), (&json!(1), &json!(1 << 30)));
    assert!(told["queue"][0]["reason"].as_str().unwrap().contains("is used by process 1 ("), "{told}");
    assert!(lab.gx(&["gpus"]).exits(0).stdout.contains("not given out"));
    lab.cards_are(&State::with_cards(1));
    wait_until(|| waits.says(&lab).contains("on 0"));
    waits.ends(&lab, 0);
}

#[test]
fn a_lost_and_a_hot_card_are_skipped_and_both_are_told() {
    let mut state = State::with_cards(3);
    state.cards[0].lost = true;
    state.cards[1].temperature = 91;
    let lab = Lab::new().with_cards(&state).with("GX_GPU_MAX_TEMPERATURE", "85");
    let told = lab.gx(&LEASE).exits(0);
    assert_eq!(told.stdout, "on 2\n");
    let held = Background::holding(&lab, "1");
    let arguments = ["run", "--hypothesis", "x", "--gpus", "1", "--isolated", "--", "true"];
    let run = Background::start(&lab, "run", &arguments);
    let reasons =
        ["GPU 0 cannot be used: lost: it fell off", "GPU 1 is 91 °C, above gpu.max_temperature = 85"];
    wait_until(|| reasons.iter().all(|reason| run.says(&lab).contains(reason)));
    let text = lab.gx(&["gpus"]).exits(0).stdout;
    assert!(text.matches("not given out").count() == 2 && text.contains(reasons[1]), "{text}");
    let reason = gpus(&lab)["queue"][0]["reason"].to_string();
    assert!(reasons.iter().all(|wanted| reason.contains(wanted)), "{reason}");
    run.signal(Signal::INT);
    run.ends(&lab, 130);
    down(&lab);
    held.ends(&lab, 0);
}

#[test]
fn a_driver_that_hangs_is_cut_off_whoever_asks() {
    let hanging = State::with_cards(1).hanging("nvmlDeviceGetTemperature");
    let lab = Lab::new().with_cards(&hanging).with("GX_GPU_QUERY_TIMEOUT", "200ms");
    let began = Instant::now();
    let run = ["run", "--hypothesis", "x", "--gpus", "1", "--", "true"];
    for arguments in [&["gpus"][..], &LEASE, &run] {
        let told = lab.gx(arguments).exits(4);
        assert!(
            told.stderr.contains("the cards did not answer within 0.2 s (`gpu.query_timeout`)"),
            "{told:?}"
        );
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(lab.states(), [], "nothing was begun");
}

#[test]
fn a_driver_that_hangs_while_somebody_waits_only_makes_the_wait_longer() {
    let mut state = State::with_cards(1);
    state.cards[0].temperature = 91;
    let lab = Lab::bare_folder().with_cards(&state).with("GX_GPU_MAX_TEMPERATURE", "85");
    let lab = lab.with("GX_GPU_QUERY_TIMEOUT", "1s");
    let waits = Background::start(&lab, "waiter", &LEASE);
    wait_until(|| waits.says(&lab).contains("GPU 0 is 91 °C"));
    lab.cards_are(&state.clone().hanging("nvmlInit_v2"));
    wait_until(|| {
        waits.says(&lab).contains("the cards cannot be asked: the cards did not answer within 1 s")
    });
    lab.cards_are(&State::with_cards(1));
    wait_until(|| waits.says(&lab).contains("on 0"));
    waits.ends(&lab, 0);
}

#[test]
fn a_machine_without_a_driver_has_no_cards_to_give() {
    let lab = Lab::new().with_cards(&State::without_driver());
    for arguments in [&LEASE[..], &["run", "--hypothesis", "x", "--gpus", "1", "--", "true"]] {
        let told = lab.gx(arguments).exits(4);
        assert!(told.stderr.starts_with("error: NVIDIA's driver is not loaded"), "{told:?}");
    }
    let lab = lab.with("GX_GPU_SOURCE", "auto");
    let told = lab.gx(&LEASE).exits(4);
    assert!(told.stderr.starts_with("error: 1 card is asked for, and this machine has none"), "{told:?}");
}

/// A command that leaves memory behind when it ends; gx still has the card then.
fn ended_with_memory_left(lab: &Lab) -> Background {
    let held = Background::holding(lab, "1");
    let mut state = State::with_cards(1);
    state.cards[0].held = Some((9 << 30, u64::MAX));
    lab.cards_are(&state);
    down(lab);
    held
}

#[test]
fn a_card_is_kept_until_its_memory_is_back() {
    let lab = Lab::bare_folder().with_cards(&State::with_cards(1));
    let held = ended_with_memory_left(&lab);
    let waits = Background::start(&lab, "waiter", &LEASE);
    wait_until(|| waits.says(&lab).contains("GPU 0 is taken by"));
    assert_eq!(gpus(&lab)["cards"][0]["holders"][0]["is_supervised"], true);
    lab.cards_are(&State::with_cards(1));
    wait_until(|| waits.says(&lab).contains("on 0"));
    assert_eq!(held.says(&lab), "");
    held.ends(&lab, 0);
    waits.ends(&lab, 0);
}

#[test]
fn memory_that_never_comes_back_is_waited_for_so_long_and_warned_of() {
    let lab = Lab::bare_folder().with_cards(&State::with_cards(1)).with("GX_GPU_RELEASE_TIMEOUT", "300ms");
    let held = ended_with_memory_left(&lab);
    let warning = "warning: GPU 0 still has 9GiB in use 0.3 s after the run; it is given back all the same\n";
    wait_until(|| held.says(&lab) == warning);
    held.ends(&lab, 0);
    assert!(gpus(&lab)["cards"][0]["holders"].as_array().unwrap().is_empty());
}

#[test]
fn only_what_the_environment_offers_is_shown_and_given_out() {
    let lab = Lab::bare_folder().with_cards(&State::with_cards(3)).with("CUDA_VISIBLE_DEVICES", "1,2");
    let indices: Vec<_> =
        gpus(&lab)["cards"].as_array().unwrap().iter().map(|card| card["index"].clone()).collect();
    assert_eq!(indices, [json!(1), json!(2)]);
    assert_eq!(lab.gx(&LEASE).exits(0).stdout, "on 1\n");
    lab.gx(&["gpus", "lease", "--gpus", "3", "--", "true"]).exits(4);
    let mut within = vec!["gpus", "lease", "--", env!("CARGO_BIN_EXE_gx")];
    within.extend(["gpus", "lease", "--gpus", "2", "--", "true"]);
    let told = lab.gx(&within).exits(4);
    assert!(told.stderr.contains("2 cards are asked for, and this machine has 1"), "{told:?}");
}
