//! `gx gpus`, and leases of cards for anything.

mod lease;

use fake_nvml::State;
use serde_json::json;

use crate::support::Lab;

/// A folder without a repository on a machine with made-up cards.
fn made_up(count: u32) -> Lab {
    Lab::bare_folder().with("GX_GPU_SOURCE", "fixed").with("GX_GPU_COUNT", &count.to_string())
}

#[test]
fn a_machine_without_cards_is_told_with_a_hint_and_no_error() {
    let lab = Lab::bare_folder();
    let told = lab.gx(&["gpus"]).exits(0);
    assert_eq!(told.stdout, "no cards\nhint    no cards are used: `gpu.source` is \"none\"\n");
    let told = lab.gx(&["gpus", "--json"]).exits(0).json();
    assert_eq!((&told["cards"], &told["source"]), (&json!([]), &json!("none")));
    assert!(!lab.locks().exists(), "a look makes nothing");
    let lab = lab.with_cards(&State::without_driver()).with("GX_GPU_SOURCE", "auto");
    let told = lab.gx(&["gpus"]).exits(0);
    assert!(told.stdout.starts_with("no cards\nhint    NVIDIA's driver is not loaded"), "{told:?}");
}

#[test]
fn the_settings_of_a_repository_count_where_there_is_one() {
    let lab = Lab::new();
    lab.write("gx.toml", "[gpu]\nmax_temperature = 20\n");
    let lab = lab.with_cards(&State::with_cards(1));
    let told = lab.gx(&["gpus"]).exits(0).stdout;
    assert!(told.contains("why     GPU 0 is 30 °C, above gpu.max_temperature = 20"), "{told}");
}
