//! No library, no driver, no cards: what is asked instead, and what is said.

use fake_nvml::{State, codes};
use gx::error::Exit;
use gx::model::gpu::Source;

use super::{asked, machine, refused};
use crate::support::Lab;

const NO_LIBRARY: (&str, &str) = ("library", "/nowhere/libnvidia-ml.so.1");

/// An `nvidia-smi` that answers each question with its text.
fn smi(cards: &str, processes: &str) -> Lab {
    let lab = machine(&State::default());
    let script = format!(
        "case \"$1\" in\n--query-gpu=*) printf '%s\\n' '{cards}' ;;\n--query-compute-apps=*) printf '%s\\n' '{processes}' ;;\n\
         *) exit 2 ;;\nesac"
    );
    lab.install("nvidia-smi", &script);
    lab
}

#[test]
fn without_a_driver_there_are_no_cards_and_it_is_said_why() {
    let lab = machine(&State::without_driver());
    let told = asked(&lab, &[]);
    assert_eq!((told.source, told.cards.len()), (Source::None, 0));
    let hint = told.hint.unwrap();
    assert!(hint.starts_with("NVIDIA's driver is not loaded"), "{hint}");
    assert!(hint.contains("modprobe") && hint.contains("`gpu.source = \"fixed\"`"), "{hint}");
    let told = refused(&lab, &[("source", "nvml")]);
    assert_eq!(told.message, "NVIDIA's driver is not loaded (its library says so)");
    assert_eq!((told.exit, told.hints.len()), (Exit::NoCard, 2));
}

#[test]
fn a_driver_of_another_version_than_the_library_is_said_with_its_remedy() {
    let mut state = State::with_cards(1);
    state.failing.push(("nvmlInit_v2".to_owned(), codes::VERSION_MISMATCH));
    let told = refused(&machine(&state), &[("source", "nvml")]);
    assert!(told.message.contains("driver/library version mismatch"), "{told:?}");
    assert!(told.hints[0].contains("reboot"), "{told:?}");
}

#[test]
fn a_driver_that_shows_no_card_says_where_to_look() {
    let told = asked(&machine(&State::default()), &[]);
    assert_eq!((told.source, told.cards.len()), (Source::Nvml, 0));
    assert!(told.hint.unwrap().contains("`ls -l /dev/nvidia*`"));
}

#[test]
fn without_library_and_program_there_are_no_cards_and_it_is_said_why() {
    let lab = machine(&State::with_cards(1));
    let told = asked(&lab, &[NO_LIBRARY]);
    assert_eq!((told.source, told.cards.len()), (Source::None, 0));
    let hint = told.hint.unwrap();
    assert!(hint.starts_with("NVIDIA's library cannot be loaded, and `nvidia-smi` is not there"), "{hint}");
    assert!(hint.contains("(/nowhere/libnvidia-ml.so.1: ") && hint.contains("`gpu.library"), "{hint}");
    let told = refused(&lab, &[NO_LIBRARY, ("source", "nvml")]);
    assert_eq!(told.exit, Exit::NoCard);
}

#[test]
fn a_file_that_is_no_library_of_nvidia_counts_as_none() {
    let lab = machine(&State::with_cards(1));
    for file in ["/dev/null", "/bin/sh"] {
        let told = asked(&lab, &[("library", file)]);
        assert_eq!(told.source, Source::None);
        assert!(told.hint.unwrap().starts_with("NVIDIA's library cannot be loaded"));
    }
}

#[test]
fn where_the_library_cannot_be_loaded_the_program_tells_the_cards() {
    let lab = smi(
        "GPU-b, 00000000:3B:00.0, 535.104.05, 15360, 1024, 50, 60, 35.00, 70.00, 0, Default, Tesla T4\n\
         GPU-a, 00000000:1A:00.0, 535.104.05, 15360, 0, [N/A], ERR!, [Not Supported], 70.00, [N/A], Default, Tesla T4",
        "GPU-b, 99, 1000",
    );
    let told = asked(&lab, &[NO_LIBRARY]);
    assert_eq!((told.source, told.driver.as_deref()), (Source::Nvml, Some("535.104.05")));
    let [first, second] = &told.cards[..] else { panic!("{told:?}") };
    assert_eq!((first.uuid.as_str(), first.index, first.temperature), ("GPU-a", 0, None));
    assert_eq!((second.uuid.as_str(), second.memory_used), ("GPU-b", Some(1 << 30)));
    assert_eq!((second.processes[0].pid, second.processes[0].memory), (99, Some(1000 << 20)));
}

#[test]
fn the_library_is_preferred_to_the_program() {
    let lab = smi("GPU-x, 00000000:3B:00.0, 1, 1, 1, 1, 1, 1, 1, 0, Default, of the program", "");
    lab.cards_are(&State::with_cards(2));
    assert_eq!(asked(&lab, &[]).cards.len(), 2);
}

#[test]
fn a_program_that_fails_is_believed_what_it_says() {
    let lab = machine(&State::default());
    let says = "couldn't communicate with the NVIDIA driver";
    lab.install(
        "nvidia-smi",
        &format!("printf '%s\\n' \"NVIDIA-SMI has failed because it {says}.\"; exit 9"),
    );
    let told = refused(&lab, &[NO_LIBRARY, ("source", "nvml")]);
    assert!(
        told.message.starts_with("NVIDIA's driver is not loaded (`nvidia-smi` ended with exit code 9: "),
        "{told:?}"
    );
    assert!(told.message.contains(says));
    lab.install("nvidia-smi", "printf 'No devices were found\\n'; exit 6");
    let told = asked(&lab, &[NO_LIBRARY]);
    assert_eq!((told.source, told.cards.len(), told.hint.is_some()), (Source::Nvml, 0, true));
    lab.install("nvidia-smi", "printf 'Field \"x\" is not a valid field to query.\\n'; exit 2");
    assert!(asked(&lab, &[NO_LIBRARY]).hint.unwrap().contains("Field \"x\" is not a valid field"));
}

#[test]
fn a_program_that_hangs_is_cut_off_too() {
    let lab = machine(&State::default());
    lab.install("nvidia-smi", "exec /bin/sleep 3600");
    let told = refused(&lab, &[NO_LIBRARY, ("query_timeout", "300ms")]);
    assert_eq!(told.message, "the cards did not answer within 0.3 s (`gpu.query_timeout`)");
}
