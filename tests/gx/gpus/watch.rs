//! `gx gpus --watch`: a block a change in a pipe, a line of JSON, a screen of its own on a terminal.

use std::process::Stdio;

use rustix::process::Signal;
use serde_json::Value;

use super::{Background, down, made_up};
use crate::support::wait_until;

#[test]
fn a_watch_in_a_pipe_tells_each_change_once_and_ends_well_when_interrupted() {
    let lab = made_up(1);
    let watch = Background::start(&lab, "watch", &["gpus", "--watch"]);
    let json = Background::start(&lab, "json", &["gpus", "--watch", "--json"]);
    let blocks = |count| {
        watch.says(&lab).matches("GPU  ").count() >= count && json.says(&lab).lines().count() >= count
    };
    wait_until(|| blocks(1));
    let held = Background::holding(&lab, "1");
    wait_until(|| blocks(2));
    down(&lab);
    held.ends(&lab, 0);
    wait_until(|| blocks(3));
    let (text, lines) = (watch.says(&lab), json.says(&lab));
    assert!(!text.contains('\x1b'), "{text:?}");
    let held = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["cards"][0]["holders"].as_array().unwrap().len()
    };
    let all: Vec<usize> = lines.lines().map(held).collect();
    assert_eq!(all, [0, 1, 0]);
    watch.signal(Signal::INT);
    json.signal(Signal::TERM);
    watch.ends(&lab, 0);
    json.ends(&lab, 0);
}

#[test]
fn a_watch_ends_when_nobody_reads_on() {
    let lab = made_up(1);
    let mut gx = lab.gx_command().args(["gpus", "--watch"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(gx.stdout.take());
    wait_until(|| gx.try_wait().unwrap().is_some());
    assert!(gx.wait().unwrap().success());
}

#[test]
fn a_watch_gives_the_terminal_back_as_it_was() {
    let lab = made_up(1);
    let gx = format!("exec {} gpus --watch", env!("CARGO_BIN_EXE_gx"));
    let shown = lab.path("../shown");
    let mut terminal = lab.command("script");
    terminal.args(["-qefc", &gx, shown.to_str().unwrap()]).stdin(Stdio::piped());
    terminal.stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut terminal) = terminal.spawn() else {
        eprintln!("skipped: no `script` that makes a terminal");
        return;
    };
    let mut keys = terminal.stdin.take().unwrap();
    let read = || std::fs::read_to_string(&shown).unwrap_or_default();
    wait_until(|| read().contains("\x1b[1;1H"));
    std::io::Write::write_all(&mut keys, b"\x03").unwrap();
    wait_until(|| terminal.try_wait().unwrap().is_some());
    assert_eq!(terminal.wait().unwrap().code(), Some(0));
    let read = read();
    let (begin, end) =
        (read.find("\x1b[?1049h\x1b[?25l").unwrap(), read.rfind("\x1b[?25h\x1b[?1049l").unwrap());
    assert!(begin < end && !read.contains("\x1b[2J"), "{read:?}");
}
