//! Ids that name nothing, and what cannot be done to an experiment.

use std::collections::BTreeMap;

use crate::support::Lab;

#[test]
fn an_unknown_id_gets_the_nearest_ones() {
    let lab = Lab::new();
    insta::assert_snapshot!(lab.refused(&["show", "exp-1"], 5), @r#"
    error: no experiment is called `exp-1`
    hint: there is none yet; make the first with `gx run --hypothesis "baseline"`
    "#);
    for _ in 0..4 {
        lab.run("again", &["--leave"]);
    }
    insta::assert_snapshot!(lab.refused(&["show", "exp-12"], 5), @"
    error: no experiment is called `exp-12`
    hint: the nearest are `exp-4`, `exp-3`, `exp-2`; list all with `gx ls`
    ");
    for arguments in [
        &["logs", "exp-9"][..],
        &["diff", "exp-9"],
        &["diff", "exp-1", "exp-9"],
        &["note", "exp-9", "x"],
        &["keep", "exp-9", "--reason", "x"],
        &["discard", "exp-9", "--reason", "x"],
        &["restore", "exp-9"],
        &["rm", "exp-1", "exp-9"],
        &["complete", "exp-9", "--metric", "val_bpb=1"],
        &["crash", "exp-9"],
    ] {
        let said = lab.refused(arguments, 5);
        assert!(said.starts_with("error: no experiment is called `exp-9`\n"), "{arguments:?}: {said}");
    }
}

#[test]
fn a_prefix_of_a_commit_that_names_none_or_several() {
    let lab = Lab::new();
    insta::assert_snapshot!(lab.refused(&["show", "deadbeef"], 5), @r#"
    error: no experiment is called `deadbeef`
    hint: there is none yet; make the first with `gx run --hypothesis "baseline"`
    "#);
    insta::assert_snapshot!(lab.refused(&["show", "abc"], 5), @r#"
    error: no experiment is called `abc`
    hint: there is none yet; make the first with `gx run --hypothesis "baseline"`
    "#);
    // Refs are made by hand until two commits share their first four digits: 300 of 65,536 nearly always do.
    let tree = lab.rev("HEAD^{tree}");
    let mut seen = BTreeMap::new();
    let prefix = (1..).find_map(|number: u32| {
        let commit = lab.git(&["commit-tree", &tree, "-m", &number.to_string()]).trim().to_owned();
        let prefix = commit[..4].to_owned();
        seen.insert(prefix.clone(), (number, commit.clone())).map(|(_, other)| {
            for (id, commit) in [("exp-1", &other), ("exp-2", &commit)] {
                lab.git(&["update-ref", &format!("refs/experiments/{id}"), commit]);
            }
            prefix
        })
    });
    let prefix = prefix.unwrap();
    let said = lab.refused(&["show", &prefix], 5);
    insta::assert_snapshot!(said.replace(&prefix, "PREFIX"), @"
    error: `PREFIX` is ambiguous: exp-1 and exp-2
    hint: use the id, or more digits of the commit
    ");
}

#[test]
fn what_was_removed_is_pointed_to_in_the_trash() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    insta::assert_snapshot!(lab.refused(&["undo"], 5), @"
    error: the trash is empty
    hint: `gx rm ID` is what `gx undo` undoes
    ");
    lab.gx(&["rm", "exp-1"]).exits(0);
    insta::assert_snapshot!(lab.refused(&["show", "exp-1"], 5), @"
    error: no experiment is called `exp-1`
    hint: it is in the trash; bring it back with `gx undo exp-1`
    ");
    insta::assert_snapshot!(lab.refused(&["undo", "exp-7"], 5), @"
    error: `exp-7` is not in the trash
    hint: `gx rm ID` is what `gx undo` undoes
    ");
}

#[test]
fn what_is_still_going_on_is_not_removed() {
    let lab = Lab::new();
    lab.gx(&["register", "--hypothesis", "x"]).exits(0);
    insta::assert_snapshot!(lab.refused(&["rm", "exp-1"], 1), @"
    error: exp-1 is not finished
    hint: wait until it has its outcome, or stop it: `gx stop exp-1`
    hint: or end it, where it was registered: `gx crash exp-1`
    ");
    insta::assert_snapshot!(lab.refused(&["logs", "exp-1"], 1), @"
    error: exp-1 has no log
    hint: see what is known: `gx show exp-1`
    ");
}

#[test]
fn reasons_and_remarks_must_say_something() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    insta::assert_snapshot!(lab.refused(&["note", "exp-1", " "], 2), @r#"
    error: the remark is empty
    hint: say something: `gx note ID "…"`
    "#);
    insta::assert_snapshot!(lab.refused(&["discard", "exp-1", "--reason", ""], 2), @"
    error: the reason is empty
    hint: say why, for those who read it in a month
    ");
    insta::assert_snapshot!(lab.refused(&["keep", "exp-1"], 2), @"
    error: the following required arguments were not provided: --reason <TEXT>
    hint: usage: `gx keep --reason <TEXT> <ID>`
    hint: `gx --help` and `gx COMMAND --help` tell more
    ");
}

#[test]
fn a_place_that_is_taken_is_not_written_over() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("full/file", "mine\n");
    insta::assert_snapshot!(lab.refused(&["restore", "exp-1", "--into", "full"], 2), @"
    error: LAB/full is not an empty folder
    hint: name a new one: `gx restore exp-1 --into DIR`
    ");
    insta::assert_snapshot!(lab.refused(&["restore", "exp-1", "--branch", "a b"], 2), @"
    error: `a b` cannot be a branch name
    hint: such as `gx restore exp-1 --branch exp-1`
    ");
    let said = lab.refused(&["restore", "exp-1", "--branch", "autoresearch/t"], 1);
    assert!(said.contains("autoresearch/t"), "{said}");
    insta::assert_snapshot!(lab.refused(&["export", "tsv", "--output", "train.py"], 1), @"
    error: LAB/train.py exists already
    hint: name a new file
    ");
    insta::assert_snapshot!(lab.refused(&["demo", "full"], 2), @"
    error: full is not an empty folder
    hint: name a new one: `gx demo DIR`
    ");
    assert_eq!(lab.read("full/file"), "mine\n");
}

#[test]
fn one_of_several_that_cannot_come_back_keeps_all_of_them_where_they_are() {
    let lab = Lab::new();
    for value in ["1.0", "0.9"] {
        lab.try_value(value).exits(0);
    }
    lab.gx(&["rm", "exp-1", "exp-2"]).exits(0);
    let refs = lab.git(&["for-each-ref"]);
    lab.gx(&["undo", "exp-1", "exp-7"]).exits(5);
    assert_eq!(lab.git(&["for-each-ref"]), refs);
    assert_eq!(lab.gx(&["undo", "exp-2", "exp-1", "exp-2"]).exits(0).stdout, "exp-1, exp-2 are back\n");
    assert_eq!(lab.states().len(), 2);
}

#[test]
fn a_table_that_cannot_be_imported_names_file_line_and_column() {
    let lab = Lab::new();
    insta::assert_snapshot!(lab.refused(&["import", "nosuch.tsv"], 1), @"
    error: cannot read LAB/nosuch.tsv: No such file or directory (os error 2)
    hint: name autoresearch's table: `gx import results.tsv`
    ");
    let import = |text: &str| {
        lab.write("broken.tsv", text);
        lab.refused(&["import", "broken.tsv"], 1)
    };
    let header = "commit\tval_bpb\tmemory_gb\tstatus\tdescription\n";
    let good = "bea057b\t0.98\t43.9\tkeep\tgood\n";
    insta::assert_snapshot!(import("commit,val_bpb\n"), @"
    error: cannot import LAB/broken.tsv: line 1: `commit,val_bpb` is not the header of a results.tsv
    hint: the first line holds, separated by tabs: commit val_bpb memory_gb status description
    ");
    insta::assert_snapshot!(import(&format!("{header}{good}bea057b\tfast\t43.9\tkeep\tx\n")), @"
    error: cannot import LAB/broken.tsv: line 3, column 2 (the metric): `fast` is no number
    hint: a line holds, separated by one tab each: commit val_bpb memory_gb status description
    ");
    insta::assert_snapshot!(import(&format!("{header}{good}bea057b\t0.9\t43.9\tkept\tx\n")), @"
    error: cannot import LAB/broken.tsv: line 3, column 4 (status): `kept` is none of keep, discard and crash
    hint: a line holds, separated by one tab each: commit val_bpb memory_gb status description
    ");
    let nul = import(&format!("{header}bea057b\t0.9\t43.9\tkeep\thalf\0a word\n"));
    assert!(nul.contains("line 2, column 5 (description)") && nul.contains("holds a NUL"), "{nul}");
    insta::assert_snapshot!(import(&format!("{header}bea057b\t0.9\n")), @"
    error: cannot import LAB/broken.tsv: line 2, column 3 (memory_gb): is missing
    hint: a line holds, separated by one tab each: commit val_bpb memory_gb status description
    ");
}
