//! A real card, where there is one: does NVIDIA's own library say what `nvidia-smi` says?

use std::process::Command;

use gx::model::gpu::Source;
use gx::process::command::Program;

use super::config;

/// What the real `nvidia-smi` says to a question, or nothing where there is none that works.
fn smi(arguments: &[&str]) -> Option<String> {
    let told = Command::new("nvidia-smi").args(arguments).output().ok()?;
    told.status.success().then(|| String::from_utf8_lossy(&told.stdout).into_owned())
}

#[test]
fn a_real_card_is_told_as_nvidia_smi_tells_it() {
    let query = ["--query-gpu=uuid,name,memory.total", "--format=csv,noheader,nounits"];
    let Some(listed) = smi(&["-L"]).and_then(|_| smi(&query)) else {
        eprintln!("skipped: no NVIDIA card");
        return;
    };
    let settings = config(&[("source", "nvml"), ("library", "")]);
    let gx = || Program::new(env!("CARGO_BIN_EXE_gx"));
    let by_library = gx::gpu::inventory::inventory_of(gx(), &settings, None).unwrap();
    assert_eq!(by_library.source, Source::Nvml);
    let mut told: Vec<String> = Vec::new();
    for card in &by_library.cards {
        let mebibytes = card.memory_total.unwrap() >> 20;
        told.push(format!("{}, {}, {mebibytes}", card.uuid, card.name));
        assert!(card.memory_used.is_some_and(|used| used <= card.memory_total.unwrap()), "{card:?}");
        assert!(card.temperature.is_some_and(|degrees| (1..120).contains(&degrees)), "{card:?}");
        assert_eq!(card.trouble, None);
    }
    let mut listed: Vec<&str> = listed.lines().collect();
    listed.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, listed);

    let settings = config(&[("source", "nvml"), ("library", "/nowhere.so")]);
    let by_program = gx::gpu::inventory::inventory_of(gx(), &settings, None).unwrap();
    assert_eq!(by_program.driver, by_library.driver);
    let names = |cards: &[gx::model::gpu::Card]| {
        cards.iter().map(|card| (card.index, card.uuid.clone(), card.memory_total)).collect::<Vec<_>>()
    };
    assert_eq!(names(&by_program.cards), names(&by_library.cards));
}
