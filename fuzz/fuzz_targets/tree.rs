#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/tree.rs"]
mod tree;

fuzz_target!(|data: &[u8]| tree::check(data));
