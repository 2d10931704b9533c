//! Which cards there are: as NVIDIA's library tells it, and what is said where it does not.

mod fallback;
mod real;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fake_nvml::{FakeCard, Process, State, codes};
use gx::config::layers::Layers;
use gx::config::schema::Gpu;
use gx::error::{Exit, Told, tell};
use gx::gpu::fitness::Fitness;
use gx::gpu::inventory::inventory_of;
use gx::model::gpu::{Card, Inventory, Occupant, Source};
use gx::process::command::Program;

use crate::support::{Lab, wait_until};

/// The configuration with the played library, an answer that is never too late, and more.
fn config(settings: &[(&str, &str)]) -> Gpu {
    let library = fake_nvml::library();
    let start = [("library", library.to_str().unwrap()), ("query_timeout", "10m")];
    let flags = start.iter().chain(settings).map(|(key, value)| (format!("gpu.{key}"), (*value).to_owned()));
    Layers { flags: flags.collect(), ..Layers::default() }.load().unwrap().config.gpu
}

fn machine(state: &State) -> Lab {
    let lab = Lab::bare_folder();
    lab.cards_are(state);
    lab
}

/// Why the card at this place is not given out, as whoever waits for cards finds it.
fn refusal(told: &Inventory, place: usize, config: &Gpu) -> Option<String> {
    let mut fitness = Fitness::new(config, told.clone());
    fitness.judge(&vec![Vec::new(); told.cards.len()], &mut || Ok(told.clone()));
    fitness.last_flaw(place, false).map(str::to_owned)
}

/// What gx learns on this machine.
#[track_caller]
fn asked(lab: &Lab, settings: &[(&str, &str)]) -> Inventory {
    inventory_of(lab.card_program(), &config(settings), None).unwrap()
}

#[track_caller]
fn refused(lab: &Lab, settings: &[(&str, &str)]) -> Told {
    tell(&inventory_of(lab.card_program(), &config(settings), None).unwrap_err())
}

/// The only card, after something was done to it.
#[track_caller]
fn only(change: impl FnOnce(&mut FakeCard)) -> Card {
    let mut state = State::with_cards(1);
    change(&mut state.cards[0]);
    let told = asked(&machine(&state), &[]);
    assert_eq!(told.cards.len(), 1);
    told.cards.into_iter().next().unwrap()
}

#[test]
fn every_reading_of_a_card_arrives_in_its_unit() {
    let card = only(|card| {
        card.name = "NVIDIA A100-SXM4-80GB, \"of\" Ada".to_owned();
        card.utilisation = 97;
        card.memory_used = 1 << 30;
        card.processes =
            vec![Process { pid: 4711, memory: 2 << 30 }, Process { pid: 4712, memory: u64::MAX }];
    });
    let wanted = Card {
        index: 0,
        uuid: "GPU-00000000-0000-4000-8000-000000000000".to_owned(),
        name: "NVIDIA A100-SXM4-80GB, \"of\" Ada".to_owned(),
        memory_total: Some(80 << 30),
        memory_used: Some(3 << 30),
        utilisation: Some(97),
        temperature: Some(30),
        power: Some(70.5),
        power_limit: Some(700.0),
        processes: vec![Occupant { pid: 4711, memory: Some(2 << 30) }, Occupant { pid: 4712, memory: None }],
        trouble: None,
    };
    assert_eq!(card, wanted);
}

#[test]
fn the_hidden_command_needs_no_repository() {
    let lab = Lab::bare_folder().with_cards(&State::with_cards(2));
    let library = fake_nvml::library();
    let told = lab.gx(&["cards", "--library", library.to_str().unwrap()]).exits(0).json();
    assert_eq!(told["Ok"]["driver"], "550.54.15");
    assert_eq!(told["Ok"]["cards"][1]["index"], 1);
    assert!(!lab.gx(&["--help"]).exits(0).stdout.contains("cards  "));
}

#[test]
fn cards_are_numbered_along_the_bus_however_the_library_counts_them() {
    let mut state = State::with_cards(3);
    state.cards.reverse();
    let told = asked(&machine(&state), &[]);
    assert_eq!((told.source, told.driver.as_deref(), told.hint), (Source::Nvml, Some("550.54.15"), None));
    let names: Vec<_> = told.cards.iter().map(|card| (card.index, &card.uuid[..12])).collect();
    assert_eq!(names, [(0, "GPU-00000000"), (1, "GPU-00000001"), (2, "GPU-00000002")]);
}

#[test]
fn the_next_question_finds_who_came_and_not_who_went() {
    let mut state = State::with_cards(1);
    let lab = machine(&state);
    assert_eq!(asked(&lab, &[]).cards[0].processes, []);
    state.cards[0].processes.push(Process { pid: 7, memory: 1 << 20 });
    lab.cards_are(&state);
    assert_eq!(asked(&lab, &[]).cards[0].processes, [Occupant { pid: 7, memory: Some(1 << 20) }]);
    lab.cards_are(&State::with_cards(1));
    assert_eq!(asked(&lab, &[]).cards[0].processes, []);
}

#[test]
fn memory_that_is_given_back_late_is_seen_to_come_back() {
    let mut state = State::with_cards(1);
    state.cards[0].held = Some((9 << 30, u64::MAX));
    let lab = machine(&state);
    let used = || asked(&lab, &[]).cards[0].memory_used;
    assert_eq!(used(), Some(9 << 30));
    let soon = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_millis(50);
    state.cards[0].held = Some((9 << 30, u64::try_from(soon.as_millis()).unwrap()));
    lab.cards_are(&state);
    wait_until(|| used() == Some(0));
}

#[test]
fn a_lost_card_stands_in_the_list_and_the_others_are_told() {
    let mut state = State::with_cards(3);
    state.cards[1].lost = true;
    let told = asked(&machine(&state), &[("source", "nvml")]);
    let is_lost = |card: &Card| card.trouble.as_ref().is_some_and(|trouble| trouble.starts_with("lost: "));
    assert_eq!(told.cards.iter().map(is_lost).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!(told.cards[1].uuid, "UNKNOWN-1");
    assert_eq!((told.cards[2].index, &told.cards[2].uuid[..12]), (2, "GPU-00000002"));
    assert!(refusal(&told, 1, &config(&[])).unwrap().contains("reboot"));
}

#[test]
fn a_card_that_is_lost_between_two_questions_keeps_what_it_told() {
    let card = only(|card| {
        for function in ["nvmlDeviceGetMemoryInfo_v2", "nvmlDeviceGetTemperature"] {
            card.failing.push((function.to_owned(), codes::GPU_IS_LOST));
        }
    });
    assert!(card.uuid.starts_with("GPU-0000"), "{card:?}");
    assert!(card.trouble.unwrap().starts_with("lost: "));
    let reset = only(|card| {
        card.failing.push(("nvmlDeviceGetPowerUsage".to_owned(), codes::RESET_REQUIRED));
    });
    assert!(reset.trouble.unwrap().starts_with("needs a reset: "));
}

#[test]
fn a_sensor_that_a_card_lacks_is_no_trouble() {
    let card = only(|card| {
        for (function, code) in [
            ("nvmlDeviceGetUtilizationRates", codes::NOT_SUPPORTED),
            ("nvmlDeviceGetEnforcedPowerLimit", codes::NO_PERMISSION),
            ("nvmlDeviceGetTotalEccErrors", codes::NOT_SUPPORTED),
            ("nvmlDeviceGetComputeRunningProcesses_v3", codes::UNKNOWN),
        ] {
            card.failing.push((function.to_owned(), code));
        }
    });
    assert_eq!((card.utilisation, card.power_limit, card.processes), (None, None, vec![]));
    assert_eq!((card.temperature, card.trouble), (Some(30), None));
}

#[test]
fn a_card_that_is_nameless_or_broken_or_closed_is_in_trouble() {
    let nameless = only(|card| card.failing.push(("nvmlDeviceGetUUID".to_owned(), codes::UNKNOWN)));
    assert_eq!(nameless.uuid, "UNKNOWN-0");
    assert!(nameless.trouble.unwrap().starts_with("its UUID cannot be read: "));
    let broken = only(|card| card.ecc_errors = 2);
    assert!(broken.trouble.unwrap().starts_with("2 uncorrected memory errors: "));
    let closed = only(|card| card.is_prohibited = true);
    assert!(closed.trouble.unwrap().contains("`sudo nvidia-smi -c DEFAULT`"));
}

#[test]
fn a_card_is_refused_while_it_is_hot() {
    let limit = config(&[("max_temperature", "85")]);
    let at = |temperature| {
        let mut state = State::with_cards(1);
        state.cards[0].temperature = temperature;
        refusal(&asked(&machine(&state), &[]), 0, &limit)
    };
    assert_eq!(at(86).unwrap(), "GPU 0 is 86 °C, above gpu.max_temperature = 85");
    assert_eq!(at(85), None);
}

#[test]
fn cards_are_chosen_by_the_beginning_of_their_uuid() {
    let lab = machine(&State::with_cards(3));
    let settings = config(&[("devices", "GPU-00000002,0")]);
    let told = inventory_of(lab.card_program(), &settings, Some("2,1")).unwrap();
    assert_eq!(told.cards.iter().map(|card| card.index).collect::<Vec<_>>(), [2]);
    let told = refused(&lab, &[("devices", "3")]);
    assert_eq!((told.message.as_str(), told.exit), ("no card is called `3` (`gpu.devices`)", Exit::NoCard));
}

#[test]
fn a_library_that_hangs_is_cut_off_and_asked_again_the_next_time() {
    for function in
        ["nvmlInit_v2", "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetTemperature", "nvmlShutdown"]
    {
        let lab = machine(&State::with_cards(1).hanging(function));
        for source in ["auto", "nvml"] {
            let told = refused(&lab, &[("source", source), ("query_timeout", "100ms")]);
            assert_eq!(
                told.message, "the cards did not answer within 0.1 s (`gpu.query_timeout`)",
                "{function}"
            );
            assert_eq!(told.exit, Exit::NoCard);
            assert!(told.hints.last().unwrap().contains("`gpu.source = \"fixed\"`"), "{told:?}");
        }
        lab.cards_are(&State::with_cards(1));
        assert_eq!(asked(&lab, &[]).cards.len(), 1);
    }
}

#[test]
fn a_library_that_crashes_takes_only_the_question_with_it() {
    let crash = Program::new("sh").args(["-c", "echo oops >&2; kill -SEGV $$"]);
    let told = tell(&inventory_of(crash, &config(&[]), None).unwrap_err());
    assert_eq!(told.message, "the question after the cards ended with signal 11: oops");
    let silent = Program::new("true");
    let told = tell(&inventory_of(silent, &config(&[]), None).unwrap_err());
    assert_eq!(told.message, "the question after the cards ended with exit code 0");
}
