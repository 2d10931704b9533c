//! A lease of a real card, where there is one that this user may compute on.

use std::process::Command;

use super::{Background, gpus};
use crate::support::{Lab, wait_until};

/// Takes a gibibyte of the card until `../up` is removed, with nothing but NVIDIA's driver.
const COMPUTES: &str = r#"
import ctypes, os, time
cuda = ctypes.CDLL("libcuda.so.1")
def do(code): assert code == 0, code
context, memory, device = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_int()
do(cuda.cuInit(0))
do(cuda.cuDeviceGet(ctypes.byref(device), 0))
do(cuda.cuCtxCreate_v2(ctypes.byref(context), 0, device))
do(cuda.cuMemAlloc_v2(ctypes.byref(memory), ctypes.c_size_t(1 << 30)))
open("../up", "w").close()
while os.path.exists("../up"): time.sleep(0.02)
"#;

fn works(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

#[test]
fn a_real_card_is_leased_and_its_memory_is_back_before_the_next_has_it() {
    let driver = ["-c", "import ctypes; ctypes.CDLL('libcuda.so.1')"];
    if !works("nvidia-smi", &["-L"]) || !works("python3", &driver) {
        eprintln!("skipped: no NVIDIA card");
        return;
    }
    let lab = Lab::bare_folder().with("GX_GPU_SOURCE", "nvml");
    let before = gpus(&lab)["cards"][0]["memory_used"].as_u64().unwrap();
    let held = Background::start(&lab, "held", &["gpus", "lease", "--", "python3", "-c", COMPUTES]);
    wait_until(|| !held.says(&lab).is_empty() || lab.path("../up").exists());
    assert_eq!(held.says(&lab), "");
    let card = gpus(&lab)["cards"]
        .as_array()
        .unwrap()
        .iter()
        .find(|card| card["holders"][0]["pid"].is_u64())
        .cloned();
    let card = card.expect("a card is held");
    assert!(card["memory_used"].as_u64().unwrap() >= before + (1 << 30), "{card}");
    assert_eq!(card["strangers"], serde_json::json!([]), "its process is the holder's");
    let waits = Background::start(&lab, "waiter", &["gpus", "lease", "--", "true"]);
    std::fs::remove_file(lab.path("../up")).unwrap();
    held.ends(&lab, 0);
    waits.ends(&lab, 0);
    let after = gpus(&lab)["cards"][0]["memory_used"].as_u64().unwrap();
    assert!(after < before + (256 << 20), "{after} after {before}");
}
