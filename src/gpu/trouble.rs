//! Why a card cannot be used, in the words that a person reads, each with what to do about it.

/// The card no longer answers.
pub const LOST: &str =
    "lost: it fell off the PCI bus; `sudo dmesg | grep -i xid` may say why, and a reboot brings it back";

/// The driver wants the card reset before anything else.
pub const RESET: &str =
    "needs a reset: `sudo nvidia-smi --gpu-reset` once nobody computes on it, or a reboot";

/// Somebody closed it to computing: each program that tries ends with an error.
pub const CLOSED: &str = "its compute mode is \"Prohibited\": `sudo nvidia-smi -c DEFAULT` opens it";

/// Its memory lost data since the driver was loaded.
///
/// One such error is enough: NVIDIA's DCGM also fails a card on it (`DCGM_FR_VOLATILE_DBE_DETECTED`) until it is reset.
pub fn memory_errors(count: u64) -> String {
    let errors = if count == 1 { "error" } else { "errors" };
    format!(
        "{count} uncorrected memory {errors}: `sudo nvidia-smi --gpu-reset` once nobody computes on it, or a reboot"
    )
}

/// Nothing names the card across reboots, so nobody can lock it.
pub fn nameless(why: &str) -> String {
    format!("its UUID cannot be read: {why}; `nvidia-smi -L` shows whether the driver knows it")
}
