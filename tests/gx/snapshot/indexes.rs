//! Indexes that are not plain: split, sparse, and with flags on their entries.

use std::fs;

use super::{held, is_the_whole_tree, paths, restore, take, tree_by_git};
use crate::support::Lab;

fn index(lab: &Lab) -> Vec<u8> {
    fs::read(lab.path(".git/index")).unwrap()
}

#[test]
fn a_split_index_is_read_and_left_split() {
    let lab = Lab::new();
    lab.git(&["update-index", "--split-index"]);
    lab.write("staged.txt", "staged\n");
    lab.git(&["add", "staged.txt"]);
    lab.write("train.py", "0.9\n");
    let before = index(&lab);
    take(&lab);
    assert_eq!(index(&lab), before);
    assert_eq!((held(&lab, "train.py").as_str(), held(&lab, "staged.txt").as_str()), ("0.9\n", "staged\n"));
    is_the_whole_tree(&lab);
    lab.try_value("0.8").exits(0);
    assert_eq!((lab.status(), lab.git(&["show", "HEAD:train.py"])), (String::new(), "0.8\n".to_owned()));
}

#[test]
fn a_sparse_checkout_keeps_what_lies_outside_the_cone() {
    for form in ["--no-sparse-index", "--sparse-index"] {
        let lab = Lab::new();
        lab.git(&["config", "advice.sparseIndexExpanded", "false"]);
        for folder in ["in", "out/deep", "other"] {
            lab.write(format!("{folder}/file"), "one\n");
        }
        lab.commit("folders");
        lab.git(&["sparse-checkout", "set", "--cone", form, "in"]);
        assert!(!lab.path("out").exists());
        lab.write("in/file", "two\n");
        lab.write("in/new", "new\n");
        lab.write("train.py", "0.9\n");
        let before = index(&lab);
        take(&lab);
        assert_eq!(index(&lab), before, "{form}");
        let names: Vec<_> = paths(&lab).into_iter().map(|path| String::from_utf8(path).unwrap()).collect();
        assert_eq!(
            names,
            ["README.md", "in/file", "in/new", "other/file", "out/deep/file", "prepare.py", "train.py"]
        );
        assert_eq!(
            (held(&lab, "in/file").as_str(), held(&lab, "out/deep/file").as_str()),
            ("two\n", "one\n")
        );
        let back = restore(&lab, "back");
        assert_eq!(fs::read_to_string(back.join("out/deep/file")).unwrap(), "one\n");
        lab.try_value("0.8").exits(0);
        assert_eq!((lab.status().as_str(), lab.path("out").exists()), ("?? in/new\n", false), "{form}");
        assert_eq!(lab.git(&["show", "HEAD:out/deep/file"]), "one\n");
        lab.fsck();
    }
}

#[test]
fn an_entry_that_skips_the_work_tree_stays_in_the_snapshot_as_it_is_in_the_index() {
    let lab = Lab::new();
    lab.git(&["update-index", "--skip-worktree", "README.md"]);
    fs::remove_file(lab.path("README.md")).unwrap();
    lab.write("train.py", "0.9\n");
    let before = index(&lab);
    take(&lab);
    assert_eq!(index(&lab), before);
    assert_eq!((held(&lab, "README.md").as_str(), held(&lab, "train.py").as_str()), ("read me\n", "0.9\n"));
    lab.try_value("1.5");
    assert!(!lab.path("README.md").exists());
    assert!(lab.git(&["ls-files", "-v"]).contains("S README.md\n"));
    lab.fsck();
}

#[test]
fn an_entry_assumed_unchanged_keeps_its_flag_and_its_file() {
    let lab = Lab::new();
    lab.git(&["update-index", "--assume-unchanged", "README.md"]);
    lab.write("README.md", "mine\n");
    lab.write("train.py", "0.9\n");
    let before = index(&lab);
    take(&lab);
    assert_eq!(index(&lab), before);
    lab.try_value("1.5");
    assert_eq!(lab.read("README.md"), "mine\n");
    assert!(lab.git(&["ls-files", "-v"]).contains("h README.md\n"));
    lab.fsck();
}

#[test]
fn a_file_that_is_only_intended_to_be_added_is_in_the_snapshot_with_its_content() {
    let lab = Lab::new();
    lab.write("soon.py", "print()\n");
    lab.git(&["add", "-N", "soon.py"]);
    let before = index(&lab);
    take(&lab);
    assert_eq!(index(&lab), before);
    assert_eq!(held(&lab, "soon.py"), "print()\n");
    is_the_whole_tree(&lab);
}

#[test]
fn what_is_staged_and_then_removed_or_changed_counts_as_it_is_in_the_work_tree() {
    let lab = Lab::new();
    lab.write("gone.txt", "staged\n");
    lab.write("kept.txt", "staged\n");
    lab.git(&["add", "gone.txt", "kept.txt"]);
    lab.git(&["rm", "-q", "--cached", "README.md"]);
    fs::remove_file(lab.path("gone.txt")).unwrap();
    let (before, tree) = (index(&lab), tree_by_git(&lab));
    take(&lab);
    assert_eq!(index(&lab), before);
    assert_eq!(lab.rev("refs/experiments/exp-1^{tree}"), tree);
    assert_eq!(held(&lab, "README.md"), "read me\n");
    lab.fsck();
}
