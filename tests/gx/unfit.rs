//! Isolated runs that can never start.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Lab, wait_until};

#[test]
fn a_run_whose_checkout_cannot_be_made_ends_as_a_crash_that_says_why() {
    let lab = Lab::new().with("GX_RUN_LINK", "README.md");
    let told = lab.run("borrow what Git tracks", &["--isolated"]).exits(12).json();
    let reason = told["reason"].as_str().unwrap();
    assert!(
        reason.starts_with("its checkout could not be made: ") && reason.contains("README.md"),
        "{reason}"
    );
    assert_eq!(lab.record("exp-1")["status"], json!("crash"));
    assert_eq!(lab.gx(&["wait", "--all"]).exits(0).stdout, "nothing waits or runs\n");
}

#[test]
fn what_cannot_be_kept_of_a_checkout_does_not_cost_the_verdict() {
    let lab = Lab::new();
    let script = "mkdir out; mkfifo out/pipe; echo 1 >out/result; mkdir -p out/lab/.git; \
        printf -- '---\\nval_bpb: 1\\n'";
    let start = ["run", "--json", "--isolated", "--hypothesis", "leave a pipe", "--artifact", "out/**", "--"];
    lab.gx(&[&start[..], &["sh", "-c", script]].concat()).exits(0);
    assert_eq!(lab.record("exp-1")["artifacts"]["files"], json!(["out/result"]));
    lab.run("the next one", &[]).exits(11);
}

#[test]
fn a_keep_does_not_bring_back_what_was_wound_back_while_it_ran() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.try_value("0.9").exits(0);
    lab.write("train.py", "0.8\n");
    let script = "touch ../started; while [ ! -e \"$GX_TEST_GO\" ]; do sleep 0.02; done; \
        printf -- '---\\nval_bpb: %s\\n' \"$(cat train.py)\"";
    let mut gx = lab.gx_command();
    let go = lab.path("../go");
    gx.env("GX_TEST_GO", &go).args([
        "run",
        "--json",
        "--isolated",
        "--hypothesis",
        "slow",
        "--",
        "sh",
        "-c",
        script,
    ]);
    let run = gx.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| lab.states().iter().any(|(id, status)| id == "exp-3" && status == "running"));
    lab.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let wound_back = lab.rev("HEAD");
    std::fs::write(go, "").unwrap();
    let told: Value = serde_json::from_slice(&run.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(told["status"], json!("keep"));
    assert_eq!(told["tree"]["refused"], json!("HEAD has moved since the run began"));
    assert_eq!(lab.rev("HEAD"), wound_back);
}

#[test]
fn an_edit_made_while_an_isolated_run_is_kept_does_not_revert_it_unseen() {
    let lab = Lab::new().with("GX_RUN_EDITABLE", "train.py");
    let sum = r#"printf -- '---\nval_bpb: %s\n' "$(awk -F= '{sum += $2} END {print sum}' train.py)""#;
    let run = |flags: &[&str], script: &str| {
        let start = ["run", "--json", "--hypothesis", "an idea"];
        lab.gx(&[&start[..], flags, &["--", "sh", "-c", script]].concat())
    };
    lab.write("train.py", "A=1.0\n\n\n\n\nB=1.0\n");
    run(&[], sum).exits(0);
    lab.write("train.py", "A=0.9\n\n\n\n\nB=1.0\n");
    let go = lab.path("../go");
    let patient = format!("while [ ! -e {} ]; do sleep 0.02; done; {sum}", go.display());
    run(&["--detach", "--put-back"], &patient).exits(0);
    lab.write("train.py", "A=1.0\n\n\n\n\nB=0.7\n");
    std::fs::write(go, "").unwrap();
    let waited = lab.gx(&["wait", "--json", "exp-2"]).exits(0).json();
    let notes = waited["experiments"][0]["tree"]["notes"][0].as_str().unwrap();
    assert!(notes.contains("stays behind its branch: train.py edited"), "{notes}");
    let told = run(&[], sum).exits(0).json();
    // It was tried on what it was edited from, and says what it leaves out.
    assert_eq!((&told["status"], &told["tree"]["superseded"]), (&json!("keep"), &json!(["exp-2"])));
    assert_eq!(lab.rev("HEAD^1"), lab.rev("refs/experiments/exp-2"));
    assert_eq!((lab.status(), lab.read("train.py").as_str()), (String::new(), "A=1.0\n\n\n\n\nB=0.7\n"));
    lab.fsck();
}

#[test]
fn locks_that_would_lie_in_every_folder_are_refused() {
    let lab =
        Lab::new().with("GX_GPU_SOURCE", "fixed").with("GX_GPU_COUNT", "1").with("GX_GPU_LOCK_DIR", "locks");
    let told = lab.run("an idea", &["--gpus", "1"]).exits(2);
    assert!(told.stderr.contains("`gpu.lock_dir` is `locks`, which is no absolute path"), "{told:?}");
    assert!(!lab.path("locks").exists());
}

#[test]
fn one_that_cannot_go_on_keeps_nobody_from_waiting_for_the_others() {
    let lab = Lab::new().with("GX_GPU_SOURCE", "fixed").with("GX_GPU_COUNT", "1");
    let go = lab.path("../go");
    let patient =
        format!("while [ ! -e {} ]; do sleep 0.02; done; printf -- '---\nval_bpb: 1\n'", go.display());
    let begin = |gpus: &str| {
        let start = ["run", "--json", "--detach", "--hypothesis", "x", "--gpus", gpus, "--"];
        lab.gx(&[&start[..], &["sh", "-c", &patient]].concat()).exits(0);
    };
    begin("1");
    begin("1");
    begin("0");
    let uuid = lab.record("exp-2")["uuid"].as_str().unwrap().to_owned();
    let shim = lab.read(format!(".git/gx/pending/{uuid}.shim"));
    let shim: gx::process::identity::Identity = serde_json::from_str(&shim).unwrap();
    let pid = rustix::process::Pid::from_raw(shim.pid.try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    wait_until(|| !shim.is_alive());
    // Its card is gone when somebody wants to take it up.
    let mut wait = lab.gx_command();
    wait.env("GX_GPU_COUNT", "0").args(["wait", "exp-2", "exp-3"]);
    // What was configured when it began counts, its environment too: so there must be none at all.
    std::fs::remove_file(lab.path(format!(".git/gx/pending/{uuid}.environment"))).unwrap();
    let text = lab.read(format!(".git/gx/pending/{uuid}.json")).replace("\"gpu.count\":1", "\"gpu.count\":0");
    lab.write(format!(".git/gx/pending/{uuid}.json"), text);
    let wait = wait.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::fs::write(go, "").unwrap();
    let told = wait.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&told.stderr);
    assert_eq!(told.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("warning: exp-2 stays queued"), "{stderr}");
    assert!(["keep", "near-miss"].contains(&lab.states()[2].1.as_str()), "{stderr}");
    lab.gx(&["stop", "exp-2"]).exits(0);
    lab.gx(&["wait", "--all"]);
}
