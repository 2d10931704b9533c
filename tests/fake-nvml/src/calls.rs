//! The functions of the library under their C names, for those questions that gx asks.

use std::ffi::{c_char, c_uint, c_ulonglong, c_void};
use std::thread;
use std::time::Duration;

use crate::state::{FakeCard, State, codes};

type Answer = Result<(), u32>;
type Handle = *mut c_void;

/// `nvmlMemory_v2_t`
#[repr(C)]
pub struct Memory {
    version: c_uint,
    total: c_ulonglong,
    reserved: c_ulonglong,
    free: c_ulonglong,
    used: c_ulonglong,
}

/// `nvmlUtilization_t`
#[repr(C)]
pub struct Utilisation {
    gpu: c_uint,
    memory: c_uint,
}

/// `nvmlProcessInfo_t`
#[repr(C)]
pub struct ProcessInfo {
    pid: c_uint,
    memory: c_ulonglong,
    gpu_instance: c_uint,
    compute_instance: c_uint,
}

/// `nvmlPciInfo_t`
#[repr(C)]
pub struct PciInfo {
    bus_id_legacy: [c_char; 16],
    domain: c_uint,
    bus: c_uint,
    device: c_uint,
    pci_device_id: c_uint,
    pci_sub_system_id: c_uint,
    bus_id: [c_char; 32],
}

/// Answers one call from the state as it is now.
fn answer(function: &str, tell: impl FnOnce(&State) -> Answer) -> c_uint {
    let state = State::current();
    while state.hanging.iter().any(|name| name == function) {
        thread::sleep(Duration::from_secs(3600));
    }
    let told = match code(&state.failing, function) {
        Some(code) => Err(code),
        None => tell(&state),
    };
    told.err().unwrap_or_default()
}

/// As [`answer`], about one card.
fn about(function: &str, handle: Handle, tell: impl FnOnce(&FakeCard) -> Answer) -> c_uint {
    answer(function, |state| {
        let card = (handle as usize).checked_sub(1).and_then(|index| state.cards.get(index));
        let card = card.ok_or(codes::INVALID_ARGUMENT)?;
        usable(card, function)?;
        tell(card)
    })
}

fn usable(card: &FakeCard, function: &str) -> Answer {
    if card.lost {
        return Err(codes::GPU_IS_LOST);
    }
    code(&card.failing, function).map_or(Ok(()), Err)
}

fn code(failing: &[(String, u32)], function: &str) -> Option<u32> {
    failing.iter().find(|(name, _)| name == function).map(|(_, code)| *code)
}

/// Puts a value where the caller wants it.
fn put<T>(place: *mut T, value: T) -> Answer {
    if place.is_null() {
        return Err(codes::INVALID_ARGUMENT);
    }
    // SAFETY: the caller gives a place for a `T`, as nvml.h says of each of these functions.
    unsafe { place.write(value) };
    Ok(())
}

/// Puts a text where the caller has room for `length` characters, the closing zero among them.
fn put_text(place: *mut c_char, length: c_uint, text: &str) -> Answer {
    if text.len() >= length as usize {
        return Err(codes::INSUFFICIENT_SIZE);
    }
    for (at, byte) in text.bytes().chain([0]).enumerate() {
        // SAFETY: `at` is below `length`, and the caller has room for so many.
        put(unsafe { place.add(at) }, byte.cast_signed() as c_char)?;
    }
    Ok(())
}

fn characters<const N: usize>(text: &str) -> [c_char; N] {
    let mut all = [0; N];
    all.iter_mut()
        .zip(text.bytes().take(N - 1))
        .for_each(|(place, byte)| *place = byte.cast_signed() as c_char);
    all
}

#[unsafe(no_mangle)]
extern "C" fn nvmlInit_v2() -> c_uint {
    answer("nvmlInit_v2", |_| Ok(()))
}

#[unsafe(no_mangle)]
extern "C" fn nvmlShutdown() -> c_uint {
    answer("nvmlShutdown", |_| Ok(()))
}

#[unsafe(no_mangle)]
extern "C" fn nvmlSystemGetDriverVersion(place: *mut c_char, length: c_uint) -> c_uint {
    answer("nvmlSystemGetDriverVersion", |state| put_text(place, length, &state.driver))
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetCount_v2(place: *mut c_uint) -> c_uint {
    answer("nvmlDeviceGetCount_v2", |state| put(place, state.cards.len() as c_uint))
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetHandleByIndex_v2(index: c_uint, place: *mut Handle) -> c_uint {
    answer("nvmlDeviceGetHandleByIndex_v2", |state| {
        let card = state.cards.get(index as usize).ok_or(codes::INVALID_ARGUMENT)?;
        usable(card, "nvmlDeviceGetHandleByIndex_v2")?;
        put(place, (index as usize + 1) as Handle)
    })
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetName(handle: Handle, place: *mut c_char, length: c_uint) -> c_uint {
    about("nvmlDeviceGetName", handle, |card| put_text(place, length, &card.name))
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetUUID(handle: Handle, place: *mut c_char, length: c_uint) -> c_uint {
    about("nvmlDeviceGetUUID", handle, |card| put_text(place, length, &card.uuid))
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetPciInfo_v3(handle: Handle, place: *mut PciInfo) -> c_uint {
    about("nvmlDeviceGetPciInfo_v3", handle, |card| {
        let (domain, bus, device) = card.pci;
        let info = PciInfo {
            bus_id_legacy: characters(&format!("{domain:04X}:{bus:02X}:{device:02X}.0")),
            domain,
            bus,
            device,
            pci_device_id: 0x2330_10de,
            pci_sub_system_id: 0x16c1_10de,
            bus_id: characters(&format!("{domain:08X}:{bus:02X}:{device:02X}.0")),
        };
        put(place, info)
    })
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetMemoryInfo_v2(handle: Handle, place: *mut Memory) -> c_uint {
    about("nvmlDeviceGetMemoryInfo_v2", handle, |card| {
        let (total, used) = (card.memory_total, card.taken());
        let version = (size_of::<Memory>() | 2 << 24) as c_uint;
        put(place, Memory { version, total, reserved: 0, free: total.saturating_sub(used), used })
    })
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetUtilizationRates(handle: Handle, place: *mut Utilisation) -> c_uint {
    about("nvmlDeviceGetUtilizationRates", handle, |card| {
        put(place, Utilisation { gpu: card.utilisation, memory: 0 })
    })
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetTemperature(handle: Handle, _sensor: c_uint, place: *mut c_uint) -> c_uint {
    about("nvmlDeviceGetTemperature", handle, |card| put(place, card.temperature))
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetPowerUsage(handle: Handle, place: *mut c_uint) -> c_uint {
    about("nvmlDeviceGetPowerUsage", handle, |card| put(place, card.power))
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetEnforcedPowerLimit(handle: Handle, place: *mut c_uint) -> c_uint {
    about("nvmlDeviceGetEnforcedPowerLimit", handle, |card| put(place, card.power_limit))
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetTotalEccErrors(
    handle: Handle,
    kind: c_uint,
    counter: c_uint,
    place: *mut c_ulonglong,
) -> c_uint {
    about("nvmlDeviceGetTotalEccErrors", handle, |card| match (kind, counter) {
        // Not corrected, since the driver was loaded.
        (1, 0) => put(place, card.ecc_errors),
        // Every card has seen some: corrected ones, and others in its past.
        _ => put(place, card.ecc_errors + 40),
    })
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetComputeMode(handle: Handle, place: *mut c_uint) -> c_uint {
    about("nvmlDeviceGetComputeMode", handle, |card| put(place, if card.is_prohibited { 2 } else { 0 }))
}

#[unsafe(no_mangle)]
extern "C" fn nvmlDeviceGetComputeRunningProcesses_v3(
    handle: Handle,
    count: *mut c_uint,
    place: *mut ProcessInfo,
) -> c_uint {
    about("nvmlDeviceGetComputeRunningProcesses_v3", handle, |card| {
        if count.is_null() {
            return Err(codes::INVALID_ARGUMENT);
        }
        // SAFETY: it points to the number of places that the caller has.
        let room = unsafe { *count } as usize;
        put(count, card.processes.len() as c_uint)?;
        if card.processes.len() > room {
            return Err(codes::INSUFFICIENT_SIZE);
        }
        card.processes.iter().enumerate().try_for_each(|(at, process)| {
            let (pid, memory) = (process.pid, process.memory);
            let info = ProcessInfo { pid, memory, gpu_instance: u32::MAX, compute_instance: u32::MAX };
            // SAFETY: `at` is below `room`, and the caller has so many places.
            put(unsafe { place.add(at) }, info)
        })
    })
}
