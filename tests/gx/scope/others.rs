//! The mark, `run.editable`, and everything dirty that is not the experiment's.

use serde_json::json;

use crate::support::Lab;

#[test]
fn what_was_dirty_at_the_mark_is_no_part_of_the_experiment_until_it_changes() {
    let lab = Lab::new();
    lab.write("README.md", "half written\n");
    lab.gx(&["init", "--no-commit"]).exits(0);
    lab.run("baseline", &[]).exits(0);
    assert_eq!(lab.git(&["show", "HEAD:README.md"]), "read me\n");
    let told = lab.try_value("0.9").exits(0).json();
    assert_eq!(told["tree"]["committed"], json!(["train.py"]));
    assert_eq!(
        (lab.read("README.md").as_str(), lab.git(&["show", "HEAD:README.md"]).as_str()),
        ("half written\n", "read me\n")
    );
    assert_eq!(lab.git(&["show", "refs/experiments/exp-2:README.md"]), "half written\n");
    lab.write("README.md", "edited on\n");
    lab.try_value("1.5").exits(10);
    assert_eq!((lab.read("README.md").as_str(), lab.read("train.py").as_str()), ("half written\n", "0.9\n"));
}

#[test]
fn an_edit_that_stayed_after_leave_belongs_to_the_next_experiment() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    lab.run("left", &["--leave"]).exits(10);
    let told = lab.run("the same, for good", &[]).exits(10).json();
    assert_eq!(
        (told["tree"]["restored"].clone(), lab.read("train.py")),
        (json!(["train.py"]), "1.0\n".into())
    );
}

#[test]
fn a_rejected_commit_that_had_to_stay_is_what_a_later_edit_goes_back_to() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "1.5\n");
    lab.commit("an idea of the agent");
    lab.run("left", &["--leave"]).exits(10);
    lab.try_value("1.7").exits(10);
    assert_eq!((lab.read("train.py").as_str(), lab.status().as_str()), ("1.5\n", ""));
}

#[test]
fn only_editable_paths_are_kept_or_put_back() {
    let lab = Lab::new().with("GX_RUN_EDITABLE", "train.py");
    lab.run("baseline", &[]).exits(0);
    lab.write("README.md", "mine\n");
    let told = lab.try_value("1.5").exits(10).json();
    assert_eq!(told["tree"]["others"], json!(["README.md"]));
    assert_eq!((lab.read("train.py").as_str(), lab.read("README.md").as_str()), ("1.0\n", "mine\n"));
    lab.try_value("0.9").exits(0);
    assert_eq!(lab.git(&["show", "--format=", "--name-only", "HEAD"]), "train.py\n");
    assert_eq!((lab.read("README.md").as_str(), lab.status().as_str()), ("mine\n", " M README.md\n"));
    assert_ne!(lab.rev("HEAD"), lab.rev("refs/experiments/exp-3"));
    assert_eq!(lab.rev("HEAD^"), lab.rev("refs/experiments/exp-3^"));
}

#[test]
fn a_new_file_is_neither_removed_nor_committed_unless_it_is_editable() {
    for (editable, is_candidate) in [("", false), ("train.py", false), ("train.py, model/", true)] {
        let lab = Lab::new().with("GX_RUN_EDITABLE", editable);
        lab.run("baseline", &[]).exits(0);
        lab.write("model/new.py", "new\n");
        lab.try_value("1.5").exits(10);
        assert_eq!(lab.has("model/new.py"), !is_candidate, "{editable}");
        assert_eq!(lab.git(&["show", "refs/experiments/exp-2:model/new.py"]), "new\n");
        lab.write("model/new.py", "new\n");
        lab.try_value("0.9").exits(0);
        let status = if is_candidate { "" } else { "?? model/\n" };
        assert_eq!((lab.read("model/new.py").as_str(), lab.status().as_str()), ("new\n", status));
    }
}

#[test]
fn other_dirty_files_are_named_in_one_line_of_the_output() {
    let lab = Lab::new().with("GX_RUN_EDITABLE", "train.py");
    lab.write("README.md", "mine\n");
    lab.write("notes.txt", "mine too\n");
    let told =
        lab.gx(&["run", "--hypothesis", "baseline", "--", "sh", "-c", "printf -- '---\\nval_bpb: 1\\n'"]);
    let told = told.exits(0);
    assert!(told.stdout.lines().any(|line| line.contains("README.md, notes.txt")), "{told:#?}");
}

#[test]
fn an_index_entry_with_content_of_its_own_is_left_and_named() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    lab.write("train.py", "7.0\n");
    lab.git(&["add", "train.py"]);
    let told = lab.try_value("1.5").exits(10).json();
    assert_eq!((lab.read("train.py"), lab.staged("train.py")), ("1.0\n".into(), Some("7.0\n".into())));
    assert_eq!(told["tree"]["left"], json!([{"path": "train.py", "why": "staged with other content"}]));
}

#[test]
fn an_index_entry_that_says_what_ran_follows_keep_and_discard() {
    let lab = Lab::new();
    lab.run("baseline", &[]).exits(0);
    for (value, code, stays) in [("1.5", 10, "1.0\n"), ("0.9", 0, "0.9\n")] {
        lab.write("train.py", format!("{value}\n"));
        lab.write("added.py", "added\n");
        lab.git(&["add", "-A"]);
        lab.run("staged", &[]).exits(code);
        assert_eq!((lab.staged("train.py").as_deref(), lab.status().as_str()), (Some(stays), ""));
        assert_eq!(lab.has("added.py"), code == 0, "a staged new file is tracked, and so a candidate");
    }
}

#[test]
fn staged_entries_of_other_paths_stay_staged() {
    let lab = Lab::new().with("GX_RUN_EDITABLE", "train.py");
    lab.run("baseline", &[]).exits(0);
    lab.write("README.md", "staged\n");
    lab.write("new.txt", "staged too\n");
    lab.git(&["add", "README.md", "new.txt"]);
    for (value, code) in [("1.5", 10), ("0.9", 0)] {
        lab.try_value(value).exits(code);
        assert_eq!(lab.status(), "M  README.md\nA  new.txt\n");
    }
}

#[test]
fn a_new_file_in_place_of_a_tracked_folder_is_not_removed() {
    let lab = Lab::new();
    lab.write("configs/a.toml", "a\n");
    lab.commit("configs");
    lab.run("baseline", &[]).exits(0);
    std::fs::remove_dir_all(lab.path("configs")).unwrap();
    lab.write("configs", "now a file\n");
    let told = lab.try_value("1.5").exits(10).json();
    assert_eq!((lab.read("configs").as_str(), lab.read("train.py").as_str()), ("now a file\n", "1.0\n"));
    assert_eq!(
        told["tree"]["left"],
        json!([{"path": "configs/a.toml", "why": "something else is in its place"}])
    );
}

#[test]
fn new_files_in_a_folder_in_place_of_a_tracked_file_are_not_removed() {
    let lab = Lab::new();
    lab.write("model", "a file\n");
    lab.commit("model");
    lab.run("baseline", &[]).exits(0);
    std::fs::remove_file(lab.path("model")).unwrap();
    lab.write("model/init.py", "now a folder\n");
    let told = lab.try_value("1.5").exits(10).json();
    assert_eq!(told["tree"]["left"], json!([{"path": "model", "why": "something else is in its place"}]));
    assert_eq!(
        (lab.read("model/init.py").as_str(), lab.read("train.py").as_str()),
        ("now a folder\n", "1.0\n")
    );
}

#[test]
fn a_file_and_a_folder_that_changed_places_change_back_where_both_are_editable() {
    let lab = Lab::new().with("GX_RUN_EDITABLE", "train.py, model, configs");
    lab.write("model", "a file\n");
    lab.write("configs/a.toml", "a\n");
    lab.commit("both kinds");
    lab.run("baseline", &[]).exits(0);
    for (value, code) in [("1.5", 10), ("0.9", 0)] {
        std::fs::remove_file(lab.path("model")).unwrap();
        lab.write("model/init.py", "now a folder\n");
        std::fs::remove_dir_all(lab.path("configs")).unwrap();
        lab.write("configs", "now a file\n");
        lab.try_value(value).exits(code);
        assert_eq!(lab.status(), "");
        let names = if code == 0 { ("configs", "model/init.py") } else { ("configs/a.toml", "model") };
        assert!(lab.path(names.0).is_file() && lab.path(names.1).is_file(), "{value}");
    }
}

#[test]
fn a_link_in_place_of_a_tracked_folder_is_not_followed_or_removed() {
    let lab = Lab::new();
    lab.write("configs/a.toml", "a\n");
    lab.commit("configs");
    lab.run("baseline", &[]).exits(0);
    lab.write("../shared/other.toml", "of another project\n");
    std::fs::remove_dir_all(lab.path("configs")).unwrap();
    std::os::unix::fs::symlink("../shared", lab.path("configs")).unwrap();
    lab.try_value("1.5").exits(10);
    assert_eq!(std::fs::read_link(lab.path("configs")).unwrap().to_str(), Some("../shared"));
    assert!(!lab.has("../shared/a.toml"));
    assert_eq!(lab.read("train.py"), "1.0\n");
}
