#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/record.rs"]
mod record;

fuzz_target!(|data: &[u8]| record::check(data));
