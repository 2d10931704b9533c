#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/hook.rs"]
mod hook;

fuzz_target!(|data: &[u8]| hook::check(data));
