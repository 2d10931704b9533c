//! The frozen stores of version 1: every later gx reads them, and goes on in them.

mod shared;

use std::path::Path;

use crate::support::{Lab, Told};

/// A clone of a repository that version 1 wrote; it has what a clone has, and nothing of `.git/gx`.
fn clone_of(bundle: &str) -> Lab {
    let lab = Lab::bare_folder();
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/store").join(bundle);
    lab.git(&["init", "-q", "--object-format=sha1", "-b", "nowhere"]);
    lab.git(&["fetch", "-q", bundle.to_str().unwrap(), "refs/*:refs/*"]);
    lab.git(&["checkout", "-q", "autoresearch/v1"]);
    lab
}

fn frozen() -> Lab {
    clone_of("v1.bundle")
}

#[track_caller]
fn says(told: Told) -> String {
    let told = told.exits(0);
    assert_eq!(told.stderr, "");
    told.stdout.replace('\r', "␍")
}

#[test]
fn the_lists_of_version_1_can_be_read_for_ever() {
    let lab = frozen();
    insta::assert_snapshot!(says(lab.gx(&["ls"])), @r#"
    id        status      val_bpb      delta    GB   took  category        hypothesis
    exp-1     keep       1.000000             44.0  0.0 s                  baseline
    exp-2  *  keep       0.900000  -0.100000  44.0  0.0 s  optimizer       a smaller rate
    exp-3     near-miss  0.901000  +0.001000  44.0  0.0 s  hyperparams     a hair too much
    exp-4     discard    1.500000  +0.600000  44.0  0.0 s                  far too much
    exp-5     crash             –                   0.0 s                  does not start
    exp-6     timeout           –                   0.0 s                  never ends
    exp-7     keep       0.950000  +0.050000  44.0  0.0 s  simplification  simpler, a little worse
    "#);
    insta::assert_snapshot!(says(lab.gx(&["best"])), @r#"
    exp-2  val_bpb 0.900000  a smaller rate
    tag     v1: 7 experiments, better than the first by 0.100000 (+10.00 %)
    code    b02d11b   (gx diff exp-2, gx restore exp-2 --into DIR)
    "#);
    insta::assert_snapshot!(says(lab.gx(&["near"])), @r#"
    id      val_bpb     behind  category     hypothesis
    exp-3  0.901000  +0.001000  hyperparams  a hair too much
    "#);
    insta::assert_snapshot!(says(lab.gx(&["tags"])), @r#"
    tag  runs  keep  near  discard  failed  best      value  last
    v1      7     3     1        1       2  exp-2  0.900000  2026-03-08 12:01
    "#);
}

#[test]
fn an_experiment_of_version_1_can_be_read_for_ever() {
    let lab = frozen();
    insta::assert_snapshot!(says(lab.gx(&["show", "exp-3"])), @r#"
    exp-3  near-miss  a hair too much
    why     within 0.002 of exp-2
    value   val_bpb 0.901000  +0.001000 against the best before it
    tag     v1  hyperparams
    metrics val_bpb 0.901 · peak_vram_mb 45060.2 · num_steps 953
    command ./trainer
    code    snapshot 11570d8, on b02d11b (exp-2), 1 file +1 −1
    time    2026-03-08 12:00, took 0.0 s, ada@vm, gx 0.1.0
    changed train.py
    "#);
    insta::assert_snapshot!(says(lab.gx(&["show", "exp-5"])), @r#"
    exp-5  crash  does not start
    why     the command ended with exit code 3
    tag     v1
    command sh -c echo "Traceback: typo" >&2; exit 3
    code    snapshot dcdf3a5, on b02d11b (exp-2), 1 file +1 −1
    time    2026-03-08 12:01, took 0.0 s, ada@vm, gx 0.1.0
    changed train.py
    log     the last lines:
        Traceback: typo
    "#);
    insta::assert_snapshot!(says(lab.gx(&["show", "exp-6"])), @r#"
    exp-6  timeout  never ends
    why     killed at the time limit
    tag     v1
    command sleep 60
    code    snapshot e8123ca, on b02d11b (exp-2), 1 file +1 −1
    time    2026-03-08 12:01, took 0.0 s, ada@vm, gx 0.1.0
    changed train.py
    "#);
    insta::assert_snapshot!(says(lab.gx(&["logs", "exp-2"])), @r#"
    step 1␍---
    val_bpb:          0.9
    peak_vram_mb:     45060.2
    num_steps:        953
    "#);
    insta::assert_snapshot!(says(lab.gx(&["diff", "exp-2", "--stat"])), @r#"
     train.py | 2 +-
     1 file changed, 1 insertion(+), 1 deletion(-)
    exp-2  keep  a smaller rate  1 file +1 −1
    "#);
    lab.fsck();
}

#[test]
fn the_store_of_version_1_can_be_written_on() {
    let lab = frozen();
    assert_eq!(lab.states().len(), 7);
    lab.gx(&["undo"]).exits(0);
    assert_eq!(lab.states().len(), 8);
    let next = lab.try_value("0.5").exits(0).json();
    assert_eq!(next["id"], "exp-9");
    lab.gx(&["note", "exp-1", "still here"]).exits(0);
    assert_eq!(lab.record("exp-1")["note"], "still here");
    lab.fsck();
}

#[test]
fn a_record_of_a_newer_version_is_read_and_never_added_to() {
    let lab = frozen();
    let newer = r#"{"at":"2026-03-09T00:00:00.000000Z","v":2,"shape":"unknown"}"#;
    lab.git(&["notes", "--ref=experiments", "append", "-m", newer, "refs/experiments/exp-1"]);
    let before = lab.rev("refs/notes/experiments");
    lab.gx(&["show", "exp-1"]).exits(0);
    let told = lab.gx(&["note", "exp-1", "too late"]).exits(1);
    assert!(told.stderr.starts_with("error: the record is of version 2"), "{}", told.stderr);
    assert_eq!(lab.rev("refs/notes/experiments"), before);
}
