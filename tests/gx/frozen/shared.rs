//! A clone that shares its experiments and has archived some, as `fixtures/store/make-shared` left it.

use serde_json::json;

use super::{clone_of, says};
use crate::support::Lab;

/// That clone, with the little that its configuration said.
fn frozen() -> Lab {
    let lab = clone_of("v1-shared.bundle");
    lab.git(&["config", "gx.site", "lab-a"]);
    lab.git(&["config", "gx.clone", "00000000000000000000000000000a0a"]);
    lab.git(&["remote", "add", "origin", "nowhere.git"]);
    lab
}

#[test]
fn archived_and_foreign_experiments_of_version_1_are_listed_for_ever() {
    let lab = frozen();
    insta::assert_snapshot!(says(lab.gx(&["ls"])), @r"
    id              status    val_bpb      delta    GB   took  category   hypothesis
    exp-1           keep     1.000000             44.0  0.0 s             baseline
    exp-2           keep     0.900000  -0.100000  44.0  0.0 s  optimizer  a smaller rate
    exp-3           discard  1.500000  +0.600000  44.0  0.0 s             far too much
    exp-4           keep     0.850000  -0.050000  44.0  0.0 s             keeps its weights
    exp-5           keep     0.800000  -0.050000  44.0  0.0 s             since the archive
    lab-b/exp-1     keep     0.990000             44.0  0.0 s             where lab-b begins
    lab-b/exp-2  *  keep     0.700000  -0.290000  44.0  0.0 s  attention  lab-b's best
    ");
    insta::assert_snapshot!(says(lab.gx(&["best", "--any-hardware"])), @r"
    lab-b/exp-2  val_bpb 0.700000  lab-b's best
    tag     v1: 7 experiments, better than the first by 0.300000 (+30.00 %)
    code    a469e24   (gx diff lab-b/exp-2, gx restore lab-b/exp-2 --into DIR)
    ");
    insta::assert_snapshot!(says(lab.gx(&["tags"])), @r"
    tag  runs  keep  near  discard  failed  best            value  last
    v1      7     6     0        1       0  lab-b/exp-2  0.700000  2026-04-02 12:03
    ");
    let read = lab.gx(&["--config", "store.index=off", "ls"]);
    assert_eq!(says(read), says(lab.gx(&["ls"])), "the index says something else");
    lab.fsck();
}

#[test]
fn archived_and_foreign_experiments_of_version_1_are_read_for_ever() {
    let lab = frozen();
    insta::assert_snapshot!(says(lab.gx(&["show", "exp-2"])), @r"
    exp-2  keep  a smaller rate
    about   as the paper has it
    why     better than exp-1
    value   val_bpb 0.900000  -0.100000 against the best before it
    tag     v1  optimizer
    params  lr 0.0003
    metrics val_bpb 0.9 · peak_vram_mb 45060.2
    command ./trainer
    code    snapshot 8017ecb, on 409e1d8 (exp-1), kept as 8017ecb, 1 file +1 −1
    time    2026-04-02 12:01, took 0.0 s, ada@vm, gx 0.1.0
    changed train.py
    note    2026-04-02 12:02  wider was no better either
    ");
    insta::assert_snapshot!(says(lab.gx(&["show", "lab-b/exp-2"])), @r"
    lab-b/exp-2  keep  best of its tag  lab-b's best
    why     better than exp-1
    value   val_bpb 0.700000  -0.290000 against the best before it
    tag     v1  attention
    metrics val_bpb 0.7 · peak_vram_mb 45060.2
    command ./trainer
    code    snapshot a469e24, on 12326af (lab-b/exp-1), kept as a469e24, 1 file +1 −1
    time    2026-04-02 12:00, took 0.0 s, ada@vm, gx 0.1.0
    changed train.py
    note    2026-04-02 12:02  looks right from here
    ");
    insta::assert_snapshot!(says(lab.gx(&["diff", "exp-2", "lab-b/exp-1"])), @r"
    diff --git a/train.py b/train.py
    index b63ba69..0338f8d 100644
    --- a/train.py
    +++ b/train.py
    @@ -1 +1 @@
    -0.9
    +0.99
                      exp-2  lab-b/exp-1  delta
    status             keep         keep
    val_bpb             0.9         0.99  +0.09
    peak_vram_mb    45060.2      45060.2     +0
    lr               0.0003            –
    category      optimizer
    exp-2        a smaller rate
    lab-b/exp-1  where lab-b begins
    code    1 file +1 −1
    ");
}

#[test]
fn logs_files_and_results_of_version_1_come_back_for_ever() {
    let lab = frozen();
    insta::assert_snapshot!(says(lab.gx(&["logs", "exp-3"])), @r"
    step 1
    ---
    val_bpb:          1.5
    peak_vram_mb:     45060.2
    ");
    insta::assert_snapshot!(says(lab.gx(&["logs", "lab-b/exp-1"])), @r"
    step 1
    ---
    val_bpb:          0.99
    peak_vram_mb:     45060.2
    ");
    for (id, value) in [("exp-2", "0.9\n"), ("lab-b/exp-1", "0.99\n"), ("lab-b/exp-2", "0.7\n")] {
        lab.gx(&["restore", id, "--into", &format!("../of/{id}")]).exits(0);
        assert_eq!(lab.read(format!("../of/{id}/train.py")), value, "{id}");
    }
    for (artifact, value) in [("exp-4", "0.85\n"), ("lab-b/exp-2", "0.7\n")] {
        assert_eq!(lab.git(&["show", &format!("refs/artifacts/{artifact}:weights.bin")]), value);
    }
}

#[test]
fn the_trash_of_version_1_is_hidden_and_gives_back_for_ever() {
    let lab = frozen();
    for id in ["exp-6", "lab-b/exp-3"] {
        let told = lab.gx(&["show", id]).exits(5);
        assert!(told.stderr.contains(&format!("gx undo {id}")), "{}", told.stderr);
        lab.gx(&["undo", id]).exits(0);
        lab.gx(&["show", id]).exits(0);
    }
    assert_eq!(lab.states().len(), 9);
    lab.fsck();
}

#[test]
fn archives_of_version_1_give_back_for_ever() {
    let lab = frozen();
    let before = lab.states();
    let all = ["exp-1", "exp-2", "exp-3", "lab-b/exp-1"];
    lab.gx(&[&["archive", "--restore"][..], &all].concat()).exits(0);
    for id in all {
        lab.rev(&format!("refs/experiments/{id}"));
    }
    assert_eq!(lab.states(), before);
    lab.gx(&["archive", "--keep", "0"]).exits(0);
    assert_eq!(lab.git(&["for-each-ref", "refs/experiments"]), "");
    assert_eq!(lab.states(), before);
    assert_eq!(lab.try_value("0.5").exits(0).json()["id"], "exp-7");
    lab.fsck();
}

#[test]
fn what_version_1_knew_of_a_remote_is_known_for_ever() {
    let lab = frozen();
    let plan = lab.gx(&["push", "--dry-run", "--logs", "--artifacts", "--json"]).exits(0).json();
    assert_eq!(
        (&plan["site"], &plan["experiments"], &plan["there"]),
        (&json!("lab-a"), &json!(["exp-5"]), &json!(7)),
        "{plan}"
    );
    // The record of exp-5 and the remark on lab-b's; its log.
    assert_eq!((&plan["records"], &plan["logs"], &plan["artifacts"]), (&json!(2), &json!(1), &json!(0)));
    let standing = lab.gx(&["remote", "--json"]).exits(0).json();
    assert_eq!((&standing["remotes"][0]["ahead"], &standing["remotes"][0]["behind"]), (&json!(1), &json!(0)));
    // The claim is this clone's own, and nobody else's.
    lab.git(&["config", "gx.clone", "00000000000000000000000000000b0b"]);
    let told = lab.gx(&["push", "--dry-run"]).exits(1);
    assert!(told.stderr.contains("`lab-a` is the name of another clone"), "{}", told.stderr);
}
