//! `nvidia-smi`, for a gx that cannot load NVIDIA's library: a static binary, or a library in an unusual place.

use std::ffi::OsStr;
use std::path::Path;

use crate::gpu::bus::{Address, in_order};
use crate::gpu::failure::{Failure, Obstacle};
use crate::gpu::trouble;
use crate::model::gpu::{Card, Inventory, Occupant, Source};
use crate::process::command::{Ended, Output, Program};
use crate::process::find;

const PROGRAM: &str = "nvidia-smi";

/// The name stands at the end, where its own commas do no harm.
const QUERY: &str = "--query-gpu=uuid,pci.bus_id,driver_version,memory.total,memory.used,utilization.gpu,temperature.gpu,\
     power.draw,enforced.power.limit,ecc.errors.uncorrected.volatile.total,compute_mode,name";
const FIELDS: usize = 12;

const QUERY_PROCESSES: &str = "--query-compute-apps=gpu_uuid,pid,used_gpu_memory";
const FORMAT: &str = "--format=csv,noheader,nounits";

/// Exit codes, from the manual page of `nvidia-smi`.
const NO_DEVICES: i32 = 6;
const NO_DRIVER: i32 = 9;

/// Whether there is such a program.
pub fn is_there() -> bool {
    find::program(OsStr::new(PROGRAM), Path::new("/")).is_ok()
}

/// Every card that the program tells, also those that are lost.
///
/// # Errors
/// It tells none, and ends with an error.
pub fn read() -> Result<Inventory, Failure> {
    let told = call(QUERY)?;
    let (driver, mut cards) = cards(&text(&told.stdout));
    match told.status {
        Ended::Exit(0 | NO_DEVICES) => {}
        // Newer versions list the other cards beside one that is lost.
        _ if !cards.is_empty() => {}
        Ended::Exit(NO_DRIVER) => return Err(Failure::new(Obstacle::Driver, last_words(&told))),
        _ => return Err(Failure::new(Obstacle::Answer, last_words(&told))),
    }
    if let Ok(told) = call(QUERY_PROCESSES) {
        place(&mut cards, processes(&text(&told.stdout)));
    }
    Ok(Inventory { source: Source::Nvml, driver, cards, hint: None })
}

/// No time limit of its own: who asks has one for the whole question.
fn call(query: &str) -> Result<Output, Failure> {
    let answered = Program::new(PROGRAM).args([query, FORMAT]).env("LC_ALL", "C").output();
    answered.map_err(|error| Failure::new(Obstacle::Answer, error))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The first line of what it said, wherever it said that.
fn last_words(told: &Output) -> String {
    let said = text(&told.stdout) + &text(&told.stderr);
    let first = said.lines().map(str::trim).find(|line| !line.is_empty());
    format!("`{PROGRAM}` ended with {}: {}", told.status, first.unwrap_or("it said nothing"))
}

/// The driver's version and the cards of an answer to [`QUERY`].
fn cards(csv: &str) -> (Option<String>, Vec<Card>) {
    let driver = csv.lines().find_map(|line| value(fields(line)?[2]).map(str::to_owned));
    (driver, in_order(csv.lines().filter_map(|line| card(line).or_else(|| lost(line))).collect()))
}

fn fields(line: &str) -> Option<[&str; FIELDS]> {
    line.splitn(FIELDS, ',').map(str::trim).collect::<Vec<_>>().try_into().ok()
}

fn card(line: &str) -> Option<(Option<Address>, Card)> {
    let fields = fields(line)?;
    let [uuid, bus, _, total, used, utilisation, temperature, power, limit, errors, mode, name] = fields;
    let uuid_read = value(uuid).unwrap_or_default();
    let card = Card {
        index: 0,
        uuid: uuid_read.to_owned(),
        name: value(name).unwrap_or_default().to_owned(),
        memory_total: bytes(total),
        memory_used: bytes(used),
        utilisation: number(utilisation),
        temperature: number(temperature),
        power: number(power),
        power_limit: number(limit),
        processes: Vec::new(),
        trouble: told_trouble(&fields)
            .or_else(|| uuid_read.is_empty().then(|| trouble::nameless(uuid)))
            .or_else(|| number(errors).filter(|count| *count > 0).map(trouble::memory_errors))
            .or_else(|| (mode == "Prohibited").then(|| trouble::CLOSED.to_owned())),
    };
    Some((Address::read(bus), card))
}

/// What stands in place of values where the whole card is in trouble.
fn told_trouble(fields: &[&str; FIELDS]) -> Option<String> {
    let says = |word: &str| fields.iter().any(|field| field.to_ascii_lowercase().contains(word));
    if says("[gpu is lost") {
        return Some(trouble::LOST.to_owned());
    }
    says("[gpu requires reset").then(|| trouble::RESET.to_owned())
}

/// `Unable to determine the device handle for GPU 0000:3B:00.0: GPU is lost.  Reboot the system …`
fn lost(line: &str) -> Option<(Option<Address>, Card)> {
    let (_, rest) = line.split_once("device handle for GPU")?;
    let (bus, why) = rest.trim().split_once(": ")?;
    let is_lost = why.to_ascii_lowercase().contains("lost");
    let trouble = if is_lost { trouble::LOST.to_owned() } else { trouble::nameless(why.trim()) };
    Some((Address::read(bus), Card { trouble: Some(trouble), ..Card::default() }))
}

/// A value; what is missing stands in brackets, such as `[N/A]` or `[Not Supported]`, or reads `ERR!`.
fn value(field: &str) -> Option<&str> {
    let is_missing = field.is_empty() || field.starts_with('[') || field == "N/A" || field == "ERR!";
    (!is_missing).then_some(field)
}

fn number<T: std::str::FromStr>(field: &str) -> Option<T> {
    value(field)?.parse().ok()
}

/// Sizes are told in MiB.
fn bytes(field: &str) -> Option<u64> {
    number::<u64>(field)?.checked_mul(1 << 20)
}

/// Who computes on which card, of an answer to [`QUERY_PROCESSES`].
fn processes(csv: &str) -> Vec<(String, Occupant)> {
    let process = |line: &str| {
        let mut fields = line.split(',').map(str::trim);
        let (uuid, pid, memory) = (fields.next()?, fields.next()?, fields.next()?);
        Some((uuid.to_owned(), Occupant { pid: number(pid)?, memory: bytes(memory) }))
    };
    csv.lines().filter_map(process).collect()
}

fn place(cards: &mut [Card], processes: Vec<(String, Occupant)>) {
    for (uuid, occupant) in processes {
        if let Some(card) = cards.iter_mut().find(|card| card.uuid == uuid) {
            card.processes.push(occupant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UUID: &str = "GPU-6c3b1a52-8a47-3e12-9d0c-0f7e5e1c2a11";

    #[test]
    fn a_whole_answer_is_read() {
        let (driver, cards) = cards(&format!(
            "GPU-2, 00000000:C1:00.0, 550.54.15, 81559, 4, 0, 33, 71.20, 700.00, 0, Default, NVIDIA H100 80GB HBM3\n\
             {UUID}, 00000000:3B:00.0, 550.54.15, 15360, 14021, 97, 81, 69.61, 70.00, [N/A], Exclusive_Process, Tesla T4, of 2018\n"
        ));
        assert_eq!(driver.as_deref(), Some("550.54.15"));
        assert_eq!(cards.iter().map(|card| card.index).collect::<Vec<_>>(), [0, 1]);
        let first = Card {
            uuid: UUID.to_owned(),
            name: "Tesla T4, of 2018".to_owned(),
            memory_total: Some(15360 << 20),
            memory_used: Some(14021 << 20),
            utilisation: Some(97),
            temperature: Some(81),
            power: Some(69.61),
            power_limit: Some(70.0),
            ..Card::default()
        };
        assert_eq!(cards[0], first);
        assert_eq!((cards[1].uuid.as_str(), cards[1].trouble.as_deref()), ("GPU-2", None));
    }

    #[test]
    fn what_a_card_cannot_tell_is_missing_and_no_trouble() {
        let (_, cards) = cards(&format!(
            "{UUID}, 00000000:01:00.0, 535.183.01, 8192, 512, [Not Supported], ERR!, [N/A], [Unknown Error], N/A, Default, GTX 1080\n"
        ));
        let Card { memory_total, utilisation, temperature, power, power_limit, trouble, .. } = &cards[0];
        assert_eq!((*memory_total, *utilisation, *temperature), (Some(8 << 30), None, None));
        assert_eq!((*power, *power_limit, trouble), (None, None, &None));
    }

    #[test]
    fn cards_in_trouble_stand_in_the_list() {
        let reset = "[GPU requires reset]";
        let (_, cards) = cards(&format!(
            "{UUID}, 00000000:3B:00.0, 550.54.15, 15360, 0, 0, 40, 20.00, 70.00, 2, Default, Tesla T4\n\
             Unable to determine the device handle for GPU 0000:86:00.0: GPU is lost.  Reboot the system.\n\
             GPU-9, 00000000:AF:00.0, 550.54.15, {reset}, {reset}, {reset}, {reset}, {reset}, {reset}, {reset}, {reset}, Tesla T4\n\
             GPU-A, 00000000:D8:00.0, 550.54.15, 1, 0, 0, 40, 20.00, 70.00, 0, Prohibited, Tesla T4\n"
        ));
        let trouble: Vec<&str> = cards.iter().map(|card| card.trouble.as_deref().unwrap()).collect();
        assert!(trouble[0].starts_with("2 uncorrected memory errors: "), "{trouble:?}");
        assert_eq!(trouble[1..], [trouble::LOST, trouble::RESET, trouble::CLOSED]);
        assert_eq!(cards[1].uuid, "UNKNOWN-1");
    }

    #[test]
    fn processes_go_to_their_cards() {
        let (_, mut cards) =
            cards(&format!("{UUID}, 00000000:3B:00.0, 550.54.15, 1, 1, 1, 1, 1, 1, 0, Default, Tesla T4\n"));
        let csv = format!("{UUID}, 4711, 1024\n{UUID}, 4712, [N/A]\nGPU-other, 1, 1\nno line of it\n");
        place(&mut cards, processes(&csv));
        let occupant = |pid, memory| Occupant { pid, memory };
        assert_eq!(cards[0].processes, [occupant(4711, Some(1 << 30)), occupant(4712, None)]);
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_panic(text in "([a-zA-Z0-9:.\\[\\]!]{0,6}, ?){0,14}\\PC*") {
            let _ = (cards(&text), processes(&text));
        }
    }
}
