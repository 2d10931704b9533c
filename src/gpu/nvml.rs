//! NVIDIA's management library, loaded when it is asked; any of these calls may hang for ever.

use std::path::Path;

use nvml_wrapper::enum_wrappers::device::{ComputeMode, EccCounter, MemoryError, TemperatureSensor};
use nvml_wrapper::enums::device::UsedGpuMemory;
use nvml_wrapper::error::NvmlError;
use nvml_wrapper::struct_wrappers::device::ProcessInfo;
use nvml_wrapper::{Device, Nvml};

use crate::gpu::bus::{Address, in_order};
use crate::gpu::failure::{Failure, Obstacle};
use crate::gpu::trouble;
use crate::model::gpu::{Card, Inventory, Occupant, Source};

/// Every card that the library knows, also those that are lost.
///
/// # Errors
/// Only what concerns all of them: no library, no driver, no answer.
pub fn read(library: Option<&Path>) -> Result<Inventory, Failure> {
    let mut builder = Nvml::builder();
    if let Some(path) = library {
        builder.lib_path(path.as_os_str());
    }
    let nvml = builder.init().map_err(|error| failure(&error))?;
    let count = nvml.device_count().map_err(|error| failure(&error))?;
    let cards = in_order((0..count).map(|position| card(&nvml, position)).collect());
    Ok(Inventory { source: Source::Nvml, driver: nvml.sys_driver_version().ok(), cards, hint: None })
}

fn failure(error: &NvmlError) -> Failure {
    match error {
        NvmlError::LibloadingError(why) => Failure::new(Obstacle::Library, why),
        // A library that lacks the first function is not the one that was meant.
        NvmlError::FailedToLoadSymbol(why) => Failure::new(Obstacle::Library, why),
        NvmlError::DriverNotLoaded => Failure::new(Obstacle::Driver, "its library says so"),
        _ => Failure::new(Obstacle::Answer, error),
    }
}

fn card(nvml: &Nvml, position: u32) -> (Option<Address>, Card) {
    match nvml.device_by_index(position) {
        Ok(device) => (address(&device), described(&device)),
        Err(error) => {
            let trouble = grave(&error).unwrap_or_else(|| trouble::nameless(&error.to_string()));
            (None, Card { trouble: Some(trouble), ..Card::default() })
        }
    }
}

fn address(device: &Device<'_>) -> Option<Address> {
    let info = device.pci_info().ok()?;
    Some(Address { domain: info.domain, bus: info.bus, device: info.device })
}

fn described(device: &Device<'_>) -> Card {
    let mut exam = Exam::default();
    let uuid = device.uuid().inspect_err(|error| exam.nameless(error));
    let memory = exam.reading(device.memory_info());
    Card {
        index: 0,
        uuid: uuid.unwrap_or_default(),
        name: exam.reading(device.name()).unwrap_or_default(),
        memory_total: memory.as_ref().map(|memory| memory.total),
        memory_used: memory.as_ref().map(|memory| memory.used),
        utilisation: exam.reading(device.utilization_rates()).map(|rates| rates.gpu),
        temperature: exam.reading(device.temperature(TemperatureSensor::Gpu)),
        power: exam.reading(device.power_usage()).map(watts),
        power_limit: exam.reading(device.enforced_power_limit()).map(watts),
        processes: occupants(exam.reading(device.running_compute_processes())),
        trouble: exam.verdict(device),
    }
}

fn watts(milliwatts: u32) -> f64 {
    f64::from(milliwatts) / 1000.0
}

fn occupants(processes: Option<Vec<ProcessInfo>>) -> Vec<Occupant> {
    let occupant = |process: ProcessInfo| Occupant {
        pid: process.pid,
        memory: match process.used_gpu_memory {
            UsedGpuMemory::Used(bytes) => Some(bytes),
            UsedGpuMemory::Unavailable => None,
        },
    };
    processes.unwrap_or_default().into_iter().map(occupant).collect()
}

/// What the answers about one card say about its health.
#[derive(Default)]
struct Exam {
    trouble: Option<String>,
}

impl Exam {
    /// A value, or nothing where the card cannot tell it: most cards lack one or the other sensor.
    fn reading<T>(&mut self, answer: Result<T, NvmlError>) -> Option<T> {
        answer.inspect_err(|error| self.blame(grave(error))).ok()
    }

    fn nameless(&mut self, error: &NvmlError) {
        self.blame(grave(error).or_else(|| Some(trouble::nameless(&error.to_string()))));
    }

    fn blame(&mut self, trouble: Option<String>) {
        self.trouble = self.trouble.take().or(trouble);
    }

    fn verdict(mut self, device: &Device<'_>) -> Option<String> {
        let count = self.reading(device.total_ecc_errors(MemoryError::Uncorrected, EccCounter::Volatile));
        self.blame(count.filter(|count| *count > 0).map(trouble::memory_errors));
        let is_closed = self.reading(device.compute_mode()) == Some(ComputeMode::Prohibited);
        self.blame(is_closed.then(|| trouble::CLOSED.to_owned()));
        self.trouble
    }
}

/// What an error says of the whole card; one of a single reading says nothing.
fn grave(error: &NvmlError) -> Option<String> {
    match error {
        NvmlError::GpuLost => Some(trouble::LOST.to_owned()),
        NvmlError::ResetRequired => Some(trouble::RESET.to_owned()),
        NvmlError::InsufficientPower | NvmlError::IrqIssue => {
            Some(format!("{error}; shut the machine down and look at the card"))
        }
        _ => None,
    }
}
