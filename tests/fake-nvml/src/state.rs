//! What the machine is like: the cards, and what is wrong with them, as a file that a test writes.

use std::fmt::{self, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, io, process};

/// The variable that holds the path of the state file.
pub const STATE_VARIABLE: &str = "FAKE_NVML_STATE";

/// The numbers of NVML's errors (`nvmlReturn_t`) that tests use.
pub mod codes {
    /// The library was not initialized.
    pub const UNINITIALIZED: u32 = 1;
    /// No such card, or a wrong pointer.
    pub const INVALID_ARGUMENT: u32 = 2;
    /// The card cannot tell this.
    pub const NOT_SUPPORTED: u32 = 3;
    /// This user may not ask.
    pub const NO_PERMISSION: u32 = 4;
    /// The buffer is too small; the size that is needed is told.
    pub const INSUFFICIENT_SIZE: u32 = 7;
    /// There is a library but no driver.
    pub const DRIVER_NOT_LOADED: u32 = 9;
    /// The card fell off the bus.
    pub const GPU_IS_LOST: u32 = 15;
    /// The card must be reset.
    pub const RESET_REQUIRED: u32 = 16;
    /// Library and driver are of different versions.
    pub const VERSION_MISMATCH: u32 = 18;
    /// Anything else.
    pub const UNKNOWN: u32 = 999;
}

/// The whole machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The driver's version.
    pub driver: String,
    /// Functions that answer with an error, such as `("nvmlInit_v2", codes::DRIVER_NOT_LOADED)`.
    pub failing: Vec<(String, u32)>,
    /// Functions that never return.
    pub hanging: Vec<String>,
    /// The cards, in the order in which the library counts them.
    pub cards: Vec<FakeCard>,
}

/// A card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FakeCard {
    /// Its UUID.
    pub uuid: String,
    /// Its model; no line break.
    pub name: String,
    /// Where it is on the PCI bus: domain, bus and device.
    pub pci: (u32, u32, u32),
    /// Its memory in bytes.
    pub memory_total: u64,
    /// How much of it is taken, in bytes, beside what its processes hold and what is not given back yet.
    pub memory_used: u64,
    /// Memory in bytes that is only given back at a moment, in milliseconds since 1970.
    pub held: Option<(u64, u64)>,
    /// How busy it is, in percent.
    pub utilisation: u32,
    /// In degrees Celsius.
    pub temperature: u32,
    /// What it draws, in milliwatts.
    pub power: u32,
    /// What it may draw, in milliwatts.
    pub power_limit: u32,
    /// Memory errors that could not be corrected, since the driver was loaded.
    pub ecc_errors: u64,
    /// Whether its compute mode lets nobody compute on it.
    pub is_prohibited: bool,
    /// Whether every call about it says that it fell off the bus.
    pub lost: bool,
    /// Functions that answer with an error for this card.
    pub failing: Vec<(String, u32)>,
    /// Who computes on it.
    pub processes: Vec<Process>,
}

/// A process that computes on a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// The memory in bytes that it holds; `u64::MAX` where that cannot be told.
    pub memory: u64,
}

impl Default for State {
    fn default() -> Self {
        Self { driver: "550.54.15".to_owned(), failing: Vec::new(), hanging: Vec::new(), cards: Vec::new() }
    }
}

impl State {
    /// A machine with so many healthy, idle cards.
    pub fn with_cards(count: u32) -> Self {
        Self { cards: (0..count).map(FakeCard::new).collect(), ..Self::default() }
    }

    /// A machine that has the library but no driver.
    pub fn without_driver() -> Self {
        let failing = vec![("nvmlInit_v2".to_owned(), codes::DRIVER_NOT_LOADED)];
        Self { failing, ..Self::default() }
    }

    /// A machine where one function never returns.
    pub fn hanging(mut self, function: &str) -> Self {
        self.hanging.push(function.to_owned());
        self
    }

    /// Writes it into a file, whole or not at all, so that no question finds half of it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let part = path.with_extension(format!("{}.part", process::id()));
        fs::write(&part, self.to_string())?;
        fs::rename(part, path)
    }

    /// The state that [`STATE_VARIABLE`] names; an empty machine where there is none.
    pub(crate) fn current() -> Self {
        let text = env::var_os(STATE_VARIABLE).and_then(|path| fs::read_to_string(path).ok());
        text.map_or_else(Self::default, |text| Self::parse(&text))
    }

    /// Reads what [`fmt::Display`] wrote. Lines that say nothing are passed over: a library must not panic.
    pub(crate) fn parse(text: &str) -> Self {
        let mut state = Self::default();
        for line in text.lines() {
            let (key, value) = line.split_once(' ').unwrap_or((line, ""));
            match (key, state.cards.last_mut()) {
                ("driver", _) => value.clone_into(&mut state.driver),
                ("hanging", _) => state.hanging.push(value.to_owned()),
                ("card", _) => state.cards.push(FakeCard { uuid: value.to_owned(), ..FakeCard::new(0) }),
                ("failing", None) => state.failing.extend(failing(value)),
                (_, Some(card)) => card.read(key, value),
                (_, None) => {}
            }
        }
        state
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "driver {}", self.driver)?;
        self.hanging.iter().try_for_each(|function| writeln!(f, "hanging {function}"))?;
        self.failing.iter().try_for_each(|(function, code)| writeln!(f, "failing {function} {code}"))?;
        self.cards.iter().try_for_each(|card| f.write_str(&card.written()))
    }
}

impl FakeCard {
    /// A healthy, idle card, the one with this number on the bus.
    pub fn new(index: u32) -> Self {
        Self {
            uuid: format!("GPU-{index:08x}-0000-4000-8000-000000000000"),
            name: "NVIDIA H100 80GB HBM3".to_owned(),
            pci: (0, index + 1, 0),
            memory_total: 80 << 30,
            memory_used: 0,
            held: None,
            utilisation: 0,
            temperature: 30,
            power: 70_500,
            power_limit: 700_000,
            ecc_errors: 0,
            is_prohibited: false,
            lost: false,
            failing: Vec::new(),
            processes: Vec::new(),
        }
    }

    /// All memory that is taken now.
    pub(crate) fn taken(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let held = self.held.filter(|(_, until)| since.as_millis() < u128::from(*until));
        let of_processes = self.processes.iter().filter(|process| process.memory != u64::MAX);
        self.memory_used
            + held.map_or(0, |(bytes, _)| bytes)
            + of_processes.map(|one| one.memory).sum::<u64>()
    }

    fn written(&self) -> String {
        let (domain, bus, device) = self.pci;
        let mut text = format!("card {}\nname {}\npci {domain} {bus} {device}\n", self.uuid, self.name);
        for (key, value) in [
            ("memory_total", self.memory_total),
            ("memory_used", self.memory_used),
            ("utilisation", self.utilisation.into()),
            ("temperature", self.temperature.into()),
            ("power", self.power.into()),
            ("power_limit", self.power_limit.into()),
            ("ecc_errors", self.ecc_errors),
            ("is_prohibited", self.is_prohibited.into()),
            ("lost", self.lost.into()),
        ] {
            let _ = writeln!(text, "{key} {value}");
        }
        if let Some((bytes, until)) = self.held {
            let _ = writeln!(text, "held {bytes} {until}");
        }
        for (function, code) in &self.failing {
            let _ = writeln!(text, "failing {function} {code}");
        }
        for Process { pid, memory } in &self.processes {
            let _ = writeln!(text, "process {pid} {memory}");
        }
        text
    }

    fn read(&mut self, key: &str, value: &str) {
        let numbers: Vec<u64> = value.split(' ').filter_map(|word| word.parse().ok()).collect();
        let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        match (key, &numbers[..]) {
            ("name", _) => value.clone_into(&mut self.name),
            ("pci", &[domain, bus, device]) => self.pci = (small(domain), small(bus), small(device)),
            ("memory_total", &[bytes]) => self.memory_total = bytes,
            ("memory_used", &[bytes]) => self.memory_used = bytes,
            ("utilisation", &[percent]) => self.utilisation = small(percent),
            ("temperature", &[degrees]) => self.temperature = small(degrees),
            ("power", &[milliwatts]) => self.power = small(milliwatts),
            ("power_limit", &[milliwatts]) => self.power_limit = small(milliwatts),
            ("ecc_errors", &[count]) => self.ecc_errors = count,
            ("is_prohibited", &[flag]) => self.is_prohibited = flag == 1,
            ("lost", &[flag]) => self.lost = flag == 1,
            ("held", &[bytes, until]) => self.held = Some((bytes, until)),
            ("failing", _) => self.failing.extend(failing(value)),
            ("process", &[pid, memory]) => self.processes.push(Process { pid: small(pid), memory }),
            _ => {}
        }
    }
}

fn failing(value: &str) -> Option<(String, u32)> {
    let (function, code) = value.split_once(' ')?;
    Some((function.to_owned(), code.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_as_it_was_written() {
        let mut state = State::with_cards(2).hanging("nvmlShutdown");
        state.failing.push(("nvmlInit_v2".to_owned(), 18));
        state.cards[1] = FakeCard {
            name: "A card, with a comma".to_owned(),
            pci: (1, 0xc1, 2),
            memory_used: 5,
            held: Some((7, u64::MAX)),
            ecc_errors: 3,
            is_prohibited: true,
            lost: true,
            failing: vec![("nvmlDeviceGetName".to_owned(), 3)],
            processes: vec![Process { pid: 4, memory: u64::MAX }, Process { pid: 5, memory: 6 }],
            ..FakeCard::new(9)
        };
        assert_eq!(State::parse(&state.to_string()), state);
        assert_eq!(state.cards[1].taken(), 5 + 7 + 6);
        assert_eq!(FakeCard { held: Some((7, 1)), ..FakeCard::new(0) }.taken(), 0);
    }
}
