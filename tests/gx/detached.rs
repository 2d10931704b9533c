//! Runs that go on by themselves: begun, waited for, watched, stopped, killed at any step, and taken up again.

mod killed;
mod logs;
mod orphans;
mod recovery;
mod stopping;
mod waiting;

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use gx::process::identity::Identity;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::{Value, json};

use crate::support::{Lab, Told, wait_until};

/// A trainer that ends with the result of its `train.py` once `../go` (of the lab) is there, or its lab is gone.
const PATIENT: &str = r#"echo ready; while [ -e train.py ] && [ ! -e "$LAB/../go" ]; do sleep 0.02; done
    printf -- '---\nval_bpb: %s\n' "$(cat train.py)""#;

/// A lab with one made-up card.
fn lab() -> Lab {
    let lab = Lab::new();
    let (dir, locks) = (lab.dir(), lab.path("../locks"));
    lab.with("LAB", dir.to_str().unwrap())
        .with("GX_GPU_SOURCE", "fixed")
        .with("GX_GPU_COUNT", "1")
        .with("GX_GPU_LOCK_DIR", locks.to_str().unwrap())
}

fn arguments<'a>(flags: &[&'a str], script: &'a str) -> Vec<&'a str> {
    [&["run", "--json", "--hypothesis", "slow"], flags, &["--", "sh", "-c", script]].concat()
}

/// Begins a detached run; gives its name.
#[track_caller]
fn begin(lab: &Lab, flags: &[&str], script: &str) -> String {
    let told = lab.gx(&arguments(&[&["--detach"], flags].concat(), script)).exits(0).json();
    told["experiments"][0]["id"].as_str().unwrap().to_owned()
}

/// Starts gx and leaves it running.
fn start(lab: &Lab, arguments: &[&str]) -> Child {
    let mut gx = lab.gx_command();
    gx.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for a process, and gives what it said.
#[track_caller]
fn ends(mut gx: Child) -> Told {
    wait_until(|| gx.try_wait().unwrap().is_some());
    let output = gx.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Told { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

fn status(lab: &Lab, id: &str) -> String {
    lab.states().into_iter().find(|(known, _)| known == id).map(|(_, status)| status).unwrap_or_default()
}

/// The path of what is noted beside a pending run.
fn aside(lab: &Lab, id: &str, what: &str) -> std::path::PathBuf {
    let uuid = lab.record(id)["uuid"].as_str().unwrap().to_owned();
    lab.path(format!(".git/gx/pending/{uuid}.{what}"))
}

/// Who is noted as `shim` or `trainer` of a run.
fn noted(lab: &Lab, id: &str, what: &str) -> Option<Identity> {
    serde_json::from_slice(&fs::read(aside(lab, id, what)).ok()?).ok()
}

#[track_caller]
fn wait_for(lab: &Lab, id: &str, what: &str) -> Identity {
    wait_until(|| noted(lab, id, what).is_some_and(|who| who.is_alive()));
    noted(lab, id, what).unwrap()
}

/// Waits until the trainer of a run prints.
#[track_caller]
fn trains(lab: &Lab, id: &str) {
    wait_for(lab, id, "trainer");
    wait_until(|| fs::read(lab.path(format!(".git/gx/runs/{id}/log"))).is_ok_and(|log| !log.is_empty()));
}

fn send(whom: &Identity, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(whom.pid).unwrap()).unwrap();
    let _ = kill_process(pid, signal);
}

/// Kills a process that is noted, and waits until it is gone.
#[track_caller]
fn kill(lab: &Lab, id: &str, what: &str) {
    let whom = wait_for(lab, id, what);
    send(&whom, Signal::KILL);
    wait_until(|| !whom.is_alive());
}

/// Kills supervisor and trainer as a power cut does.
#[track_caller]
fn power_cut(lab: &Lab, id: &str) {
    kill(lab, id, "shim");
    let trainer = noted(lab, id, "trainer").unwrap();
    let _ = kill_process_group(Pid::from_raw(i32::try_from(trainer.pid).unwrap()).unwrap(), Signal::KILL);
    wait_until(|| !trainer.is_alive());
}

/// A process that has nothing to do with gx, in a group of its own.
struct Innocent(Child);

impl Innocent {
    fn new() -> Self {
        Self(Command::new("sleep").arg("600").process_group(0).spawn().unwrap())
    }

    fn is_alive(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Innocent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One beginning, one end, and nothing left over.
#[track_caller]
fn ended_once(lab: &Lab, id: &str, end: &str) {
    assert_eq!(lab.record(id)["status"], json!(end));
    let note = lab.git(&["notes", "--ref=experiments", "show", &format!("refs/experiments/{id}")]);
    let lines = note.lines().filter(|line| !line.is_empty());
    let lines: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_end = |line: &&Value| line["status"].as_str().is_some_and(|it| it != "running" && it != "queued");
    assert_eq!(lines.iter().filter(is_end).count(), 1, "{note}");
    wait_until(|| lab.path(".git/gx/pending").read_dir().unwrap().count() == 0);
    lab.fsck();
}

#[test]
fn a_detached_run_says_its_name_at_once_and_keeps_no_pipe_of_its_caller_open() {
    let lab = lab();
    let mut shell = lab.command("sh");
    let script = "id=$(\"$GX\" run --detach --json --hypothesis x -- sh -c \"$TRAIN\" 2>&1); echo \"$id\"";
    shell.env("GX", env!("CARGO_BIN_EXE_gx")).env("TRAIN", PATIENT).args(["-c", script]);
    let told = ends(shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()).exits(0);
    assert_eq!(told.json()["experiments"][0]["id"], json!("exp-1"));
    assert_eq!(status(&lab, "exp-1"), "running");
    lab.write("../go", "");
    lab.gx(&["wait", "exp-1"]).exits(0);
    ended_once(&lab, "exp-1", "keep");
}
