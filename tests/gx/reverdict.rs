//! `gx keep` and `gx discard`: a person's verdict, and where it moves branch and files.

use serde_json::json;

use crate::support::Lab;

/// A lab with a kept baseline of 1.0 and a discarded exp-2 of 1.5.
fn with_discarded() -> Lab {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.try_value("1.5").exits(10);
    lab
}

#[test]
fn keep_brings_a_discarded_change_back_and_commits_it() {
    let lab = with_discarded();
    let base = lab.rev("HEAD");
    let told = lab.gx(&["keep", "exp-2", "--reason", "simpler", "--json"]).exits(0).json();
    assert_eq!(told["tree"]["refused"], json!(null), "{told:#}");
    assert_eq!((lab.read("train.py").as_str(), lab.status().as_str()), ("1.5\n", ""));
    assert_eq!((lab.rev("HEAD^"), lab.last_move("HEAD")), (base, "gx: keep exp-2".into()));
    let record = lab.record("exp-2");
    assert_eq!((&record["status"], &record["reason"]), (&json!("keep"), &json!("simpler")));
    assert_eq!((&record["verdict_by"], &record["kept_commit"]), (&json!("hand"), &json!(lab.rev("HEAD"))));
}

#[test]
fn discard_takes_a_kept_change_off_the_branch() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let base = lab.rev("HEAD");
    lab.try_value("0.9").exits(0);
    lab.gx(&["discard", "exp-2", "--reason", "it cheats"]).exits(0);
    assert_eq!((lab.rev("HEAD"), lab.read("train.py"), lab.status()), (base, "1.0\n".into(), String::new()));
    assert_eq!(lab.last_move("autoresearch/t"), "gx: discard exp-2");
    assert_eq!(lab.record("exp-2")["status"], json!("discard"));
    let told = lab.try_value("0.95").exits(0).json();
    assert_eq!(told["best_before"], json!("exp-1"), "a discarded result is no best");
}

#[test]
fn discard_of_the_baseline_changes_the_record_only() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    let head = lab.rev("HEAD");
    lab.gx(&["discard", "exp-1", "--reason", "wrong data"]).exits(0);
    assert_eq!((lab.rev("HEAD"), lab.read("train.py"), lab.status()), (head, "1.0\n".into(), String::new()));
    lab.try_value("5.0").exits(0);
}

#[test]
fn keep_and_back_and_keep_again_end_where_they_began() {
    let lab = with_discarded();
    let base = lab.rev("HEAD");
    for _ in 0..2 {
        lab.gx(&["keep", "exp-2", "--reason", "yes"]).exits(0);
        assert_eq!((lab.read("train.py").as_str(), lab.status().as_str()), ("1.5\n", ""));
        lab.gx(&["discard", "exp-2", "--reason", "no"]).exits(0);
        assert_eq!(
            (lab.rev("HEAD"), lab.read("train.py"), lab.status()),
            (base.clone(), "1.0\n".into(), String::new())
        );
    }
    lab.fsck();
}

#[test]
fn the_same_verdict_twice_gives_the_new_reason_and_moves_nothing() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("notes.txt", "mine\n");
    lab.try_value("0.9").exits(0);
    let head = lab.rev("HEAD");
    assert_ne!(head, lab.rev("refs/experiments/exp-2"), "notes.txt is only in the snapshot");
    let told = lab.gx(&["keep", "exp-2", "--reason", "still good", "--json"]).exits(0).json();
    assert_eq!((&told["tree"]["moved"], &told["tree"]["refused"]), (&json!(null), &json!(null)), "{told:#}");
    let record = lab.record("exp-2");
    assert_eq!((&record["kept_commit"], &record["reason"]), (&json!(head), &json!("still good")));
    for _ in 0..2 {
        lab.gx(&["discard", "exp-2", "--reason", "after all not"]).exits(0);
        assert_eq!(
            (lab.rev("HEAD"), lab.read("train.py")),
            (lab.rev("refs/experiments/exp-1^"), "1.0\n".into())
        );
    }
}

#[test]
fn keep_with_adds_a_new_file_to_what_was_kept_just_now() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("layers.py", "new\n");
    lab.try_value("0.9").exits(0);
    assert_eq!(lab.status(), "?? layers.py\n");
    let told =
        lab.gx(&["keep", "exp-2", "--reason", "it needs it", "--with", "layers.py", "--json"]).exits(0);
    assert_eq!(told.json()["tree"]["refused"], json!(null), "{told:#?}");
    assert_eq!((lab.git(&["show", "HEAD:layers.py"]).as_str(), lab.status().as_str()), ("new\n", ""));
    assert_eq!(lab.git(&["show", "HEAD:train.py"]), "0.9\n");
    assert_eq!(lab.record("exp-2")["kept_commit"], json!(lab.rev("HEAD")));
}

#[test]
fn keep_with_adds_a_new_file_to_a_change_that_comes_back() {
    let lab = with_discarded();
    lab.write("layers.py", "new\n");
    lab.gx(&["keep", "exp-2", "--reason", "it needs it", "--with", "layers.py"]).exits(0);
    assert_eq!(lab.git(&["show", "--format=", "--name-only", "HEAD"]), "layers.py\ntrain.py\n");
    assert_eq!(lab.status(), "");
}

#[test]
fn keep_with_a_path_that_is_no_file_of_the_work_tree_changes_nothing() {
    let lab = with_discarded();
    let before = lab.git(&["for-each-ref"]);
    for path in ["missing.py", "../home", "/etc/passwd"] {
        let told = lab.gx(&["keep", "exp-2", "--reason", "yes", "--with", path]).exits(2);
        assert!(told.stderr.contains("no file of this work tree"), "{told:#?}");
    }
    assert_eq!(lab.git(&["for-each-ref"]), before);
}

#[test]
fn keep_does_not_write_over_other_uncommitted_changes() {
    let lab = with_discarded();
    let head = lab.rev("HEAD");
    lab.write("train.py", "a new idea\n");
    let told = lab.gx(&["keep", "exp-2", "--reason", "yes", "--json"]).exits(0).json();
    assert!(told["tree"]["refused"].as_str().unwrap().contains("train.py"), "{told:#}");
    assert_eq!(told["tree"]["advice"], json!("gx restore exp-2"));
    assert_eq!((lab.rev("HEAD"), lab.read("train.py")), (head, "a new idea\n".into()));
    assert_eq!(lab.record("exp-2")["status"], json!("keep"), "the record follows all the same");
}

#[test]
fn keep_does_not_write_over_a_branch_that_went_another_way() {
    let lab = with_discarded();
    lab.try_value("0.9").exits(0);
    let head = lab.rev("HEAD");
    let told = lab.gx(&["keep", "exp-2", "--reason", "yes", "--json"]).exits(0).json();
    assert!(told["tree"]["refused"].as_str().unwrap().contains("train.py"), "{told:#}");
    assert_eq!((lab.rev("HEAD"), lab.read("train.py")), (head, "0.9\n".into()));
}

#[test]
fn discard_does_not_rewrite_a_branch_that_has_moved_on() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.try_value("0.9").exits(0);
    lab.try_value("0.8").exits(0);
    let head = lab.rev("HEAD");
    let told = lab.gx(&["discard", "exp-2", "--reason", "it cheats", "--json"]).exits(0).json();
    assert!(told["tree"]["advice"].as_str().unwrap().starts_with("git revert "), "{told:#}");
    assert_eq!((lab.rev("HEAD"), lab.read("train.py"), lab.status()), (head, "0.8\n".into(), String::new()));
}

#[test]
fn discard_leaves_an_uncommitted_edit_of_the_same_path() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.try_value("0.9").exits(0);
    lab.write("train.py", "a new idea\n");
    lab.gx(&["discard", "exp-2", "--reason", "it cheats"]).exits(0);
    assert_eq!(lab.read("train.py"), "a new idea\n");
}

#[test]
fn a_verdict_needs_a_reason_and_an_experiment() {
    let lab = with_discarded();
    let before = lab.git(&["for-each-ref"]);
    for verb in ["keep", "discard"] {
        lab.gx(&[verb, "exp-2"]).exits(2);
        lab.gx(&[verb, "exp-2", "--reason", "  "]).exits(2);
        lab.gx(&[verb, "exp-9", "--reason", "why"]).exits(5);
    }
    assert_eq!(lab.git(&["for-each-ref"]), before);
}

#[test]
fn a_verdict_does_not_touch_other_uncommitted_files() {
    let lab = with_discarded();
    lab.write("README.md", "mine\n");
    lab.write("notes.txt", "mine too\n");
    lab.gx(&["keep", "exp-2", "--reason", "yes"]).exits(0);
    assert_eq!(lab.status(), " M README.md\n?? notes.txt\n");
    lab.gx(&["discard", "exp-2", "--reason", "no"]).exits(0);
    assert_eq!(
        (lab.status().as_str(), lab.read("README.md").as_str()),
        (" M README.md\n?? notes.txt\n", "mine\n")
    );
    assert_eq!(lab.read("train.py"), "1.0\n");
}

#[test]
fn discarding_a_late_keep_takes_back_its_own_commit_and_no_other() {
    let lab = with_discarded();
    lab.write("README.md", "another idea\n");
    lab.write("train.py", "0.9\n");
    lab.run("kept meanwhile", &["--config", "run.editable=README.md"]).exits(0);
    lab.git(&["checkout", "-q", "train.py"]);
    let kept = lab.rev("HEAD");
    lab.gx(&["keep", "exp-2", "--reason", "after all"]).exits(0);
    assert_eq!(lab.rev("HEAD^"), kept);
    lab.gx(&["discard", "exp-2", "--reason", "not after all"]).exits(0);
    assert_eq!((lab.rev("HEAD"), lab.status()), (kept, String::new()));
    assert_eq!((lab.read("train.py").as_str(), lab.read("README.md").as_str()), ("1.0\n", "another idea\n"));
}

#[test]
fn a_verdict_on_an_experiment_of_another_branch_says_where_to_go() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.try_value("0.9").exits(0);
    lab.git(&["switch", "-q", "-c", "autoresearch/other", "HEAD^"]);
    let told = lab.gx(&["discard", "exp-2", "--reason", "luck", "--json"]).exits(0).json();
    let advice = told["tree"]["advice"].as_str().unwrap_or_else(|| panic!("{told:#}"));
    assert!(advice.starts_with("git switch autoresearch/t && gx discard exp-2"), "{advice}");
}

#[test]
fn discarding_a_baseline_offers_to_revert_nobody_elses_commit() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.try_value("0.9").exits(0);
    let told = lab.gx(&["discard", "exp-1", "--reason", "x", "--json"]).exits(0).json();
    assert_eq!((&told["tree"]["refused"], &told["tree"]["advice"]), (&json!(null), &json!(null)));
}
