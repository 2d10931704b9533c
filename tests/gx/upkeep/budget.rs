//! A run that fills what logs or results may take says so.

use std::fs;

use crate::support::{Lab, Told};

/// A run that prints some hundred bytes.
fn run(lab: &Lab) -> Told {
    let script = "printf '%0500d\\n---\\nval_bpb: 1.0\\n' 7";
    lab.gx(&["run", "--hypothesis", "long words", "--", "sh", "-c", script])
}

/// The warnings of a call.
fn warnings(told: &Told) -> Vec<&str> {
    told.stderr.lines().filter(|line| line.starts_with("warning: ")).collect()
}

#[test]
fn a_run_warns_when_the_logs_take_more_than_they_may_and_no_more_after_gc() {
    let lab = Lab::new().with("GX_STORE_MAX_LOGS", "1200");
    for _ in 0..2 {
        assert_eq!(warnings(&run(&lab)), Vec::<&str>::new());
    }
    for size in ["1.5KiB", "2KiB"] {
        let told = run(&lab);
        let expected = format!(
            "warning: whole logs take {size}, more than `store.max_logs` (1.1KiB); see what could go: gx gc --dry-run"
        );
        assert_eq!(warnings(&told), [expected]);
    }
    lab.gx(&["gc"]).exits(0);
    assert_eq!(fs::read_dir(lab.path(".git/gx/runs")).unwrap().count(), 4);
    // What was remembered is too much now, and is looked at again before anything is said.
    let lab = lab.with("GX_STORE_MAX_LOGS", "1800");
    assert_eq!(warnings(&run(&lab)), Vec::<&str>::new());
}

#[test]
fn logs_that_nobody_has_counted_are_found() {
    let lab = Lab::new();
    run(&lab);
    // A sum that is too low, as two runs that end at once may leave, holds for some runs only.
    lab.write(".git/gx/log-bytes.json", r#"{"bytes": 0, "added": 100}"#);
    let lab = lab.with("GX_STORE_MAX_LOGS", "600");
    assert_eq!(warnings(&run(&lab)).len(), 1);
    lab.write(".git/gx/log-bytes.json", "torn");
    assert_eq!(warnings(&run(&lab)).len(), 1);
}

#[test]
fn a_run_warns_when_kept_results_take_more_than_they_may() {
    let lab = Lab::new().with("GX_STORE_MAX_ARTIFACTS", "5000");
    let run = |flags: &[&str]| {
        let script = "head -c 4000 /dev/urandom > out.bin; printf -- '---\\nval_bpb: 1\\n'";
        let start = ["run", "--isolated", "--hypothesis", "x"];
        lab.gx(&[&start[..], flags, &["--", "sh", "-c", script]].concat())
    };
    assert_eq!(warnings(&run(&["--artifact", "out.bin"])), Vec::<&str>::new());
    let told = run(&["--artifact", "out.bin"]);
    assert!(
        warnings(&told)[0].contains("kept results take 7.8KiB, more than `store.max_artifacts` (4.8KiB)"),
        "{told:?}"
    );
    assert_eq!(warnings(&run(&[])), Vec::<&str>::new(), "it has kept nothing");
}
