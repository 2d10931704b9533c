//! `gx ls`: one screen, and the filters that narrow it.

use crate::support::Lab;

/// The ids that `gx ls` names with these flags, in its order.
#[track_caller]
fn ids(lab: &Lab, flags: &[&str]) -> String {
    let list = lab.gx(&[&["ls", "--json"], flags].concat()).exits(0).json();
    let rows = list["experiments"].as_array().unwrap().clone();
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn ls_is_one_aligned_screen_with_the_best_marked() {
    let lab = Lab::with_series();
    insta::assert_snapshot!(lab.screen(&["ls"]), @"
    id        status      val_bpb      delta    GB   took  category      hypothesis
    exp-1     keep       1.000000             44.0  #.# s  other         baseline
    exp-2  *  keep       0.990000  -0.010000  44.0  #.# s  hyperparams   halve the batch: more steps in…
    exp-3     near-miss  0.990500  +0.000500  44.0  #.# s  activation    GELU instead of ReLU squared
    exp-4     discard    1.200000  +0.210000  44.0  #.# s  architecture  twice as wide, half as deep
    exp-5     crash             –             44.0  #.# s  scheduling    warm up over the first tenth
    ");
}

#[test]
fn every_filter_of_ls_narrows_the_list() {
    let lab = Lab::with_series();
    lab.run("another session", &["--tag", "other"]).exits(0);
    assert_eq!(ids(&lab, &[]), "exp-1 exp-2 exp-3 exp-4 exp-5 exp-6");
    assert_eq!(ids(&lab, &["--tag", "other"]), "exp-6");
    assert_eq!(ids(&lab, &["--status", "keep"]), "exp-1 exp-2 exp-6");
    assert_eq!(ids(&lab, &["--status", "near-miss,crash"]), "exp-3 exp-5");
    assert_eq!(ids(&lab, &["--category", "architecture"]), "exp-4");
    assert_eq!(ids(&lab, &["--limit", "2"]), "exp-5 exp-6");
    assert_eq!(ids(&lab, &["--where", "val_bpb < 1 and status = 'keep'"]), "exp-2 exp-6");
    assert_eq!(ids(&lab, &["--where", "hypothesis like '%batch%'"]), "exp-2");
    assert_eq!(ids(&lab, &["--tag", "t", "--where", "value >= 1", "--limit", "1"]), "exp-4");
}

#[test]
fn ls_sorts_both_ways_and_puts_what_has_no_value_last() {
    let lab = Lab::with_series();
    assert_eq!(ids(&lab, &["--sort", "value"]), "exp-2 exp-3 exp-1 exp-4 exp-5");
    assert_eq!(ids(&lab, &["--sort", "-value"]), "exp-4 exp-1 exp-3 exp-2 exp-5");
    assert_eq!(ids(&lab, &["--sort", "-number", "--limit", "2"]), "exp-5 exp-4");
    assert_eq!(ids(&lab, &["--sort", "category"]), "exp-3 exp-4 exp-2 exp-1 exp-5");
}

#[test]
fn a_list_that_is_cut_says_so() {
    let lab = Lab::with_series();
    insta::assert_snapshot!(lab.screen(&["ls", "--limit", "2"]), @"
    id     status    val_bpb      delta    GB   took  category      hypothesis
    exp-4  discard  1.200000  +0.210000  44.0  #.# s  architecture  twice as wide, half as deep
    exp-5  crash           –             44.0  #.# s  scheduling    warm up over the first tenth
    … and 3 more: --limit 0 shows all
    ");
    insta::assert_snapshot!(lab.screen(&["ls", "--sort", "value", "--limit", "1"]), @"
    id        status   val_bpb      delta    GB   took  category     hypothesis
    exp-2  *  keep    0.990000  -0.010000  44.0  #.# s  hyperparams  halve the batch: more steps in the…
    … and 4 more: --limit 0 shows all
    ");
    assert_eq!(lab.screen(&["ls", "--limit", "0"]), lab.screen(&["ls"]));
}

#[test]
fn lists_of_nothing_say_what_to_do_and_end_with_zero() {
    let lab = Lab::new();
    let answers = ["ls", "best", "near", "tags"].map(|command| lab.screen(&[command])).concat();
    insta::assert_snapshot!(answers, @r#"
    no experiments yet; make the first: gx run --hypothesis "baseline"
    nothing has been kept yet; make a baseline: gx run --hypothesis "baseline"
    nothing came within 0.002 of the best
    no experiments yet; make the first: gx run --hypothesis "baseline"
    "#);
    lab.run("baseline", &[]).exits(0);
    insta::assert_snapshot!(lab.screen(&["ls", "--status", "crash"]), @"no match among 1 experiment");
    assert_eq!(ids(&lab, &["--tag", "none"]), "");
}

#[test]
fn ls_as_csv_has_a_column_for_every_metric() {
    let lab = Lab::with_series();
    lab.gx(&["note", "exp-1", "beside"]).exits(0);
    lab.idea("1.3", "commas, \"quotes\"", "other", 10);
    let told = lab.gx(&["ls", "--csv", "--where", "number in (2, 5, 6)"]).exits(0);
    let columns = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        // The spans of time and the times differ from call to call.
        format!("{} | {}", cells[2..6].join(","), cells[7..].join(","))
    };
    let lines: Vec<String> = told.stdout.split_terminator("\r\n").map(columns).collect();
    insta::assert_snapshot!(lab.cover(&lines.join("\n")), @r#"
    tag,status,value,delta | category,hypothesis,kept_commit,started,finished,peak_vram_mb,val_bpb
    t,keep,0.99,-0.010000000000000009 | hyperparams,halve the batch: more steps in the budget,########################################,2026-03-08T00:00:04.000000Z,2026-03-08T00:00:04.000000Z,45060.2,0.99
    t,crash,, | scheduling,warm up over the first tenth,,2026-03-08T00:00:07.000000Z,2026-03-08T00:00:07.000000Z,45060.2,oops
    t,discard,1.3,0.31000000000000005 | other,"commas, ""quotes""",,2026-03-08T00:00:09.000000Z,2026-03-08T00:00:09.000000Z,45060.2,1.3
    "#);
}
