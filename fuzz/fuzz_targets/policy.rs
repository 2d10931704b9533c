#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/policy.rs"]
mod policy;

fuzz_target!(|data: &[u8]| policy::check(data));
