#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/condition.rs"]
mod condition;

fuzz_target!(|data: &[u8]| condition::check(data));
