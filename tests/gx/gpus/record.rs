//! What the record of a run keeps of its cards.

use fake_nvml::{Process, State};
use serde_json::{Value, json};

use super::{Background, WHILE_UP, down, gpus};
use crate::support::script::BLOCK;
use crate::support::{Lab, wait_until};

/// A run on one card that goes on while `../up` is there.
fn run(lab: &Lab, name: &'static str) -> Background {
    let up = lab.path("../up");
    let _ = std::fs::remove_file(&up);
    let script = format!("{}; {BLOCK}", WHILE_UP.replace("../up", up.to_str().unwrap()));
    let arguments = ["run", "--hypothesis", name, "--gpus", "1", "--isolated", "--", "sh", "-c", &script];
    let run = Background::start(lab, name, &arguments);
    wait_until(|| up.exists());
    run
}

fn kept(lab: &Lab, id: &str) -> [Value; 4] {
    let record = lab.record(id);
    ["gpus", "driver", "gpu_shared", "gpu_strangers"].map(|field| record[field].clone())
}

#[test]
fn the_record_keeps_the_card_and_the_driver() {
    let lab = Lab::new().with_cards(&State::with_cards(2));
    lab.run("baseline", &["--gpus", "1"]).exits(0);
    let uuid = "GPU-00000000-0000-4000-8000-000000000000";
    let cards = json!([{"index": 0, "uuid": uuid, "name": "NVIDIA H100 80GB HBM3"}]);
    assert_eq!(kept(&lab, "exp-1"), [cards, json!("550.54.15"), json!(false), json!(null)]);
}

#[test]
fn the_record_keeps_who_else_was_on_the_card() {
    let lab = Lab::new().with_cards(&State::with_cards(1)).with("GX_GPU_RELEASE_TIMEOUT", "0");
    let run = run(&lab, "beside");
    let mut state = State::with_cards(1);
    state.cards[0].processes.push(Process { pid: 1, memory: 1 << 30 });
    lab.cards_are(&state);
    let text = lab.gx(&["gpus"]).exits(0).stdout;
    assert!(text.contains("exp-1") && text.contains("which gx did not start"), "{text}");
    down(&lab);
    run.ends(&lab, 0);
    let [_, _, shared, strangers] = kept(&lab, "exp-1");
    assert_eq!(shared, json!(false));
    assert!(strangers[0].as_str().unwrap().starts_with("1 ("), "{strangers}");
}

#[test]
fn the_record_keeps_that_the_card_was_shared() {
    let lab = Lab::new().with_cards(&State::with_cards(1)).with("GX_GPU_SLOTS", "2");
    let first = run(&lab, "first");
    lab.write("train.py", "0.5\n");
    lab.run("second", &["--gpus", "1", "--isolated"]).exits(0);
    assert_eq!(kept(&lab, "exp-2")[2], json!(true));
    assert_eq!(gpus(&lab)["cards"][0]["room"], 1);
    down(&lab);
    // Meanwhile the second became the best.
    first.ends(&lab, 10);
}
