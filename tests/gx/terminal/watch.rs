//! `gx ls --watch`: a list that follows what happens.

use rustix::process::Signal;
use serde_json::Value;

use super::Background;
use crate::support::{Lab, wait_until};

#[test]
fn a_watched_list_tells_each_change_once_and_ends_well_when_interrupted() {
    let lab = Lab::with_series();
    let text = Background::start(&lab, "text", lab.gx_command().args(["ls", "--watch", "0.1"]));
    let json = Background::start(&lab, "json", lab.gx_command().args(["ls", "--watch", "0.1", "--json"]));
    wait_until(|| text.says().contains("exp-5") && json.says().contains("exp-5"));
    lab.run("while somebody looks", &["--tag", "other"]).exits(0);
    let has_ended = |said: &str| said.contains("while somebody looks") && !said.contains("running");
    wait_until(|| {
        json.says().ends_with("}\n")
            && json.says().lines().last().is_some_and(has_ended)
            && text.says().rsplit("\n\n").next().is_some_and(has_ended)
    });
    text.signal(Signal::INT);
    json.signal(Signal::TERM);
    let (text, json) = (text.ends(0), json.ends(0));
    assert!(!text.contains('\x1b'), "{text:?}");
    let lists: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut told: Vec<String> = lists.iter().map(|list| list["experiments"].to_string()).collect();
    let before = told.len();
    told.dedup();
    assert_eq!(told.len(), before, "the same list was told twice");
    assert_eq!(lists[0]["total"], 5);
    assert_eq!(lists.last().unwrap()["experiments"][5]["status"], "keep");
}

#[test]
fn a_watched_list_takes_the_filters_and_refuses_a_pause_that_is_none() {
    let lab = Lab::with_series();
    let watch = ["ls", "--watch", "0.1", "--status", "crash", "--json"];
    let watch = Background::start(&lab, "crash", lab.gx_command().args(watch));
    wait_until(|| watch.says().contains("exp-5"));
    watch.signal(Signal::INT);
    assert_eq!(watch.ends(0).matches("\"id\"").count(), 1, "only the crash");
    for pause in ["0", "-1", "soon"] {
        let told = lab.gx(&["ls", &format!("--watch={pause}")]).exits(2);
        assert!(told.stderr.contains("--watch"), "{told:?}");
    }
}

#[test]
fn on_a_terminal_a_watched_list_draws_only_what_differs_and_gives_the_screen_back() {
    let lab = Lab::with_series();
    let Some(mut watch) = Background::on_a_terminal(&lab, "watch", "ls --watch 0.1") else { return };
    wait_until(|| watch.says().contains("exp-5"));
    lab.gx(&["keep", "exp-4", "--reason", "while somebody looks"]).exits(0);
    wait_until(|| watch.says().matches("twice as wide").count() == 2);
    watch.types(b"\x03");
    let said = watch.ends(0);
    let (begin, end) = (said.find("\x1b[?1049h").unwrap(), said.rfind("\x1b[?1049l").unwrap());
    assert!(begin < end, "{said:?}");
    assert_eq!(said.matches("GELU").count(), 1, "a line that stays the same is drawn once: {said:?}");
}
