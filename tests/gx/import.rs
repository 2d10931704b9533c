//! `gx import` and `gx export`.

mod dvc;
mod loops;

use serde_json::json;

use crate::support::Lab;

/// A real session: 126 rows under a header.
const MAR8: &str = "results-mar8.tsv";

const HEADER: &str = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n";

/// Imports a table.
#[track_caller]
fn import(lab: &Lab, table: &str) -> serde_json::Value {
    lab.write(".git/results.tsv", table);
    lab.gx(&["import", ".git/results.tsv", "--json"]).exits(0).json()
}

#[test]
fn a_real_session_comes_back_byte_for_byte_and_is_not_taken_twice() {
    let lab = Lab::new();
    let table = Lab::fixture(MAR8);
    let told = import(&lab, &table);
    assert_eq!((&told["added"], &told["code_lost"], &told["skipped"]), (&json!(126), &json!(126), &json!(0)));
    let exported = lab.gx(&["export", "tsv"]).exits(0).stdout;
    assert_eq!(exported.lines().count(), 127);
    assert_eq!(exported, table);
    let refs = lab.git(&["for-each-ref"]);
    let told = import(&lab, &table);
    assert_eq!((&told["added"], &told["skipped"]), (&json!(0), &json!(126)));
    assert_eq!(lab.git(&["for-each-ref"]), refs);
    let counts = lab.gx(&["tags", "--json"]).exits(0).json()["tags"][0]["by_status"].clone();
    assert_eq!(counts, json!({"crash": 1, "discard": 102, "keep": 23}));
    insta::assert_snapshot!(lab.screen(&["best"]), @"
    exp-119  val_bpb 0.969686  warmdown 0.7 to 0.75
    tag     t: 126 experiments, better than the first by 0.028214 (+2.83 %)
    code    lost before it was imported
    ");
    let screen = lab.screen(&["ls"]);
    assert_eq!(screen.lines().count(), 1 + 30 + 1, "{screen}");
    assert!(screen.ends_with("… and 96 more: --limit 0 shows all\n"), "{screen}");
    assert_eq!(lab.status(), "");
    lab.fsck();
}

#[test]
fn an_import_tells_what_it_found() {
    let lab = Lab::new();
    let table = format!(
        "{HEADER}{}\t0.99\t44.0\tkeep\tthere\nbea057b\t1.2\t44.0\tdiscard\tgone\n",
        &lab.rev("HEAD")[..7]
    );
    lab.write(".git/results.tsv", &table);
    insta::assert_snapshot!(lab.screen(&["import", ".git/results.tsv"]), @"imported 2 experiments into tag `t`: the code of 1 was found and pinned, of 1 it is lost");
    lab.write(".git/results.tsv", format!("{table}bea057b\t1.3\t44.0\tdiscard\tone more\n"));
    insta::assert_snapshot!(lab.screen(&["import", ".git/results.tsv"]), @"
    imported 1 experiment into tag `t`: the code of 0 was found and pinned, of 1 it is lost
    2 rows were there already
    ");
    insta::assert_snapshot!(lab.screen(&["show", "exp-2"]), @"
    exp-2  discard  gone
    why     imported
    value   val_bpb 1.200000
    tag     t
    metrics val_bpb 1.2 · peak_vram_mb 45056
    code    snapshot #######, on ####### (exp-1), code lost before it was imported
    ");
}

#[test]
fn rows_that_are_unusual_or_equal_come_back_as_they_were() {
    let lab = Lab::new();
    let table = format!(
        "{HEADER}bea057b\t0.000000\t43.9\tcrash\tout of memory\nbea057b\t0.970000\t44.0\tcrash\tat the end\n\
         7f2a65c\t1.200000\t0.0\tdiscard\ttwice\n7f2a65c\t1.200000\t0.0\tdiscard\ttwice\n"
    );
    assert_eq!(import(&lab, &table)["added"], 4);
    assert_eq!(lab.gx(&["export", "tsv"]).exits(0).stdout, table);
    assert_eq!(import(&lab, &table)["skipped"], 4);
    assert_eq!(lab.gx(&["best", "--json"]).exits(0).json()["tags"], json!([]), "a crash is never the best");
}

#[test]
fn code_is_found_on_branches_in_reflogs_and_unreachable_and_is_pinned() {
    let lab = Lab::new();
    let commit = |value: &str| {
        lab.write("train.py", value);
        lab.commit(value);
        lab.rev("HEAD")
    };
    let start = lab.rev("HEAD");
    let on_branch = commit("0.99\n");
    let in_reflog = commit("0.98\n");
    lab.git(&["reset", "-q", "--hard", &on_branch]);
    let unreachable = commit("0.97\n");
    lab.git(&["reset", "-q", "--hard", &on_branch]);
    lab.git(&["reflog", "delete", "HEAD@{1}", "HEAD@{0}"]);
    lab.git(&["reflog", "delete", "autoresearch/t@{1}", "autoresearch/t@{0}"]);
    let reflog = lab.git(&["reflog", "--all", "--format=%H"]);
    assert!(reflog.contains(&in_reflog) && !reflog.contains(&unreachable), "{reflog}");
    let rows = [("baseline", "keep"), (&on_branch[..7], "keep"), (&in_reflog[..7], "discard")];
    let rows = rows.into_iter().chain([(&unreachable[..7], "discard"), ("bea057b", "discard")]);
    let table: String =
        rows.map(|(id, status)| format!("{id}\t0.980000\t44.0\t{status}\tof {id}\n")).collect();
    let table = format!("{HEADER}{table}");
    let told = import(&lab, &table);
    assert_eq!((&told["code_found"], &told["code_lost"]), (&json!(3), &json!(2)));
    lab.git(&["reflog", "expire", "--expire=now", "--expire-unreachable=now", "--all"]);
    lab.git(&["gc", "-q", "--prune=now"]);
    for (id, value, code) in
        [("exp-2", "0.99\n", "found"), ("exp-3", "0.98\n", "found"), ("exp-4", "0.97\n", "found")]
    {
        assert_eq!(lab.git(&["show", &format!("refs/experiments/{id}:train.py")]), value);
        assert_eq!(lab.record(id)["code"], code);
    }
    assert_eq!(lab.rev("refs/experiments/exp-2^"), start, "compared with the commit it was made on");
    for id in ["exp-1", "exp-5"] {
        assert_eq!(lab.record(id)["code"], "lost");
        let message = lab.git(&["log", "-1", "--format=%s", &format!("refs/experiments/{id}")]);
        assert!(message.starts_with("code lost: of "), "{message}");
    }
    assert_eq!(lab.rev("refs/experiments/exp-5^{tree}"), lab.rev(&format!("{on_branch}^{{tree}}")));
    assert_eq!(lab.gx(&["export", "tsv"]).exits(0).stdout, table);
    lab.fsck();
}

#[test]
fn a_session_goes_on_from_the_best_of_its_import() {
    let lab = Lab::new();
    import(
        &lab,
        &format!("{HEADER}baseline\t0.997900\t44.0\tkeep\tbaseline\nbea057b\t0.980000\t44.0\tkeep\tbetter\n"),
    );
    let told = lab.try_value("0.99").exits(10).json();
    assert_eq!((&told["id"], &told["best_before"]), (&json!("exp-3"), &json!("exp-2")));
    lab.try_value("0.97").exits(0);
}

#[test]
fn the_table_knows_three_outcomes_and_leaves_the_rest_out() {
    let lab = Lab::with_series().with("GX_RUN_PROTECTED", "prepare.py");
    lab.run("measured with the seal", &["--leave"]).exits(11);
    lab.gx(&["run", "--hypothesis", "too slow", "--timeout", "100ms", "--", "sleep", "30"]).exits(13);
    lab.write("prepare.py", "cheat\n");
    lab.run("cheat", &[]).exits(15);
    lab.gx(&["register", "--hypothesis", "not over yet"]).exits(0);
    let rows = lab.gx(&["export", "tsv"]).exits(0).stdout;
    let rows: String = rows.lines().map(|row| row.split_once('\t').unwrap().1.to_owned() + "\n").collect();
    insta::assert_snapshot!(rows, @"
    val_bpb	memory_gb	status	description
    1.000000	44.0	keep	baseline
    0.990000	44.0	keep	halve the batch: more steps in the budget
    0.990500	44.0	discard	GELU instead of ReLU squared
    1.200000	44.0	discard	twice as wide, half as deep
    0.000000	0.0	crash	warm up over the first tenth
    0.990000	0.0	discard	measured with the seal
    0.000000	0.0	crash	too slow
    0.990000	0.0	discard	cheat
    ");
    let kept = lab.gx(&["show", "exp-2", "--json"]).exits(0).json()["kept_commit"].clone();
    let table = lab.gx(&["export", "tsv"]).exits(0).stdout;
    let commit = table.lines().nth(2).unwrap().split('\t').next().unwrap().to_owned();
    assert!(commit.len() == 7 && kept.as_str().unwrap().starts_with(&commit), "{commit} of {kept}");
}

#[test]
fn tabs_and_line_ends_in_a_hypothesis_become_spaces() {
    let lab = Lab::new();
    lab.run("one\ttab\nand a line\r\nend", &[]).exits(0);
    let table = lab.gx(&["export", "tsv"]).exits(0).stdout;
    assert_eq!(table.lines().count(), 2);
    assert!(table.ends_with("\tkeep\tone tab and a line  end\n"), "{table:?}");
    assert_eq!(lab.record("exp-1")["hypothesis"], "one\ttab\nand a line\r\nend");
}

#[test]
fn csv_and_json_carry_every_metric_of_all_tags_or_of_one() {
    let lab = Lab::with_series();
    lab.write("train.py", "0.9\n");
    lab.run("another, \"quoted\"", &["--tag", "other"]).exits(0);
    let csv = lab.gx(&["export", "csv"]).exits(0).stdout;
    assert_eq!(csv.lines().count(), 7);
    assert!(csv.lines().next().unwrap().ends_with(",peak_vram_mb,val_bpb"), "{csv}");
    assert!(csv.contains("\"another, \"\"quoted\"\"\""), "{csv}");
    let told = lab.gx(&["export", "json", "--tag", "other"]).exits(0).json();
    assert_eq!((&told[0]["id"], told.as_array().unwrap().len()), (&json!("exp-6"), 1));
    assert_eq!(told[0]["metrics"], json!({"val_bpb": 0.9}));
    lab.gx(&["export", "tsv", "--output", "results.tsv"]).exits(0);
    assert_eq!(lab.read("results.tsv"), lab.gx(&["export", "tsv"]).exits(0).stdout);
}
