//! What a command leaves running when it ends.

use std::fs;
use std::time::{Duration, Instant};

use crate::support::script::BLOCK;
use crate::support::{Lab, wait_until};

#[test]
fn the_time_limit_holds_for_a_child_that_outlives_its_command() {
    let lab = Lab::new();
    let began = Instant::now();
    lab.run_script(&format!("sleep 300 & {BLOCK}"), &["--timeout", "300ms", "--config", "run.grace=20s"])
        .exits(0);
    // Neither its own time nor the whole grace.
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[test]
fn a_process_that_left_the_group_does_not_keep_the_work_tree() {
    let lab = Lab::new();
    let script = format!(
        "setsid sh -c 'echo $$ > ../pid; exec sleep 300' & while ! test -s ../pid; do :; done; {BLOCK}"
    );
    lab.run_script(&script, &[]).exits(0);
    let pid: u32 = fs::read_to_string(lab.path("../pid")).unwrap().trim().parse().unwrap();
    lab.run("at once", &[]).exits(11);
    lab.gx(&["note", "exp-1", "still there"]).exits(0);
    lab.command("kill").arg(pid.to_string()).status().unwrap();
    wait_until(|| fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default().is_empty());
}
