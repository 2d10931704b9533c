//! Nothing leaves for a place that nobody has declared private, and every clone has a name of its own there.

use serde_json::json;

use super::{pull, push};
use crate::support::clones::Remote;

#[test]
fn an_undeclared_remote_is_refused_with_the_command_that_declares_it_before_it_is_touched() {
    let remote = Remote::new();
    let lab = remote.fresh_lab();
    lab.try_value("0.9").exits(0);
    // Whatever is asked of it, it must not be asked.
    lab.git(&["config", "remote.origin.uploadpack", "touch ../asked; false"]);
    lab.git(&["config", "remote.origin.receivepack", "touch ../asked; false"]);
    let told = lab.refused(&["push"], 3);
    assert!(told.contains("hint: if it is: `gx remote trust origin --private`"), "{told}");
    assert!(!lab.path("../asked").exists());
    let told = lab.gx(&["push", "--json"]).exits(3);
    assert!(told.stderr.contains("\"exit\":3"), "{}", told.stderr);
    lab.git(&["config", "--unset", "remote.origin.uploadpack"]);
    lab.git(&["config", "--unset", "remote.origin.receivepack"]);
    lab.gx(&["remote", "trust", "origin", "--private"]).exits(0);
    push(&lab);
    lab.gx(&["remote", "trust", "origin", "--forget"]).exits(0);
    lab.refused(&["push"], 3);
}

#[test]
fn another_address_of_a_declared_remote_is_asked_about_again() {
    let remote = Remote::new();
    let lab = remote.lab("lab-a");
    lab.try_value("0.9").exits(0);
    let other = Remote::new();
    lab.git(&["remote", "set-url", "--add", "--push", "origin", &other.url()]);
    lab.refused(&["push"], 3);
    lab.git(&["config", "--unset-all", "remote.origin.pushurl"]);
    lab.gx(&["push", "--dry-run"]).exits(0);
    lab.git(&["config", &format!("url.{}.pushInsteadOf", other.url()), &remote.url()]);
    assert!(lab.refused(&["push"], 3).contains("which nobody has declared private"));
    assert_eq!(other.refs(&lab), Vec::<String>::new());
    lab.gx(&["remote", "trust", "origin", "--private"]).exits(0);
    push(&lab);
    assert!(remote.refs(&lab).is_empty() && !other.refs(&lab).is_empty());
}

#[test]
fn a_remote_that_is_not_there_is_told_with_those_that_are() {
    let remote = Remote::new();
    let lab = remote.lab("lab-a");
    lab.try_value("0.9").exits(0);
    assert_eq!(
        lab.refused(&["push", "backup"], 2),
        "error: there is no remote called `backup`\nhint: the remotes are origin\n"
    );
    lab.git(&["remote", "set-url", "origin", "/nowhere/at/all"]);
    let told = lab.gx(&["pull"]).exits(1);
    assert!(told.stderr.contains("cannot fetch from `origin`"), "{}", told.stderr);
    assert!(told.stderr.contains("hint: try `git ls-remote origin`"), "{}", told.stderr);
}

#[test]
fn a_name_that_another_clone_has_is_told_and_never_changed_silently() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab"), remote.lab("lab"));
    for lab in [&a, &b] {
        lab.try_value("0.9").exits(0);
    }
    push(&a);
    let before = remote.git(&a, &["for-each-ref"]);
    let told = b.gx(&["push"]).exits(1);
    assert!(
        told.stderr.starts_with("error: `lab` is the name of another clone on `origin`"),
        "{}",
        told.stderr
    );
    assert_eq!(remote.git(&a, &["for-each-ref"]), before);
    b.gx(&["init", "--site", "lab-b"]).exits(0);
    push(&b);
    assert_eq!(pull(&a)["experiments"], json!(["lab-b/exp-1"]));
    assert_eq!(pull(&b)["experiments"], json!(["lab/exp-1"]));
}

#[test]
fn a_name_that_nobody_chose_is_the_machines_or_a_free_variation_of_it() {
    let remote = Remote::new();
    let labs = [remote.fresh_lab(), remote.fresh_lab()];
    let mut sites = Vec::new();
    for lab in &labs {
        lab.gx(&["remote", "trust", "origin", "--private"]).exits(0);
        lab.try_value("0.9").exits(0);
        sites.push(push(lab)["site"].as_str().unwrap().to_owned());
        assert_eq!(lab.git(&["config", "--local", "gx.site"]).trim(), sites[sites.len() - 1]);
    }
    assert_eq!(sites[1], format!("{}-2", sites[0]));
}

#[test]
fn a_bad_name_is_refused() {
    let lab = Remote::new().fresh_lab();
    lab.gx(&["init", "--site", "exp-3"]).exits(2);
    lab.git(&["config", "gx.site", "a/b"]);
    lab.try_value("0.9").exits(0);
    let told = lab.gx(&["push"]).exits(2);
    assert!(told.stderr.contains("git config gx.site: `a/b` is none"), "{}", told.stderr);
}

#[test]
fn a_list_of_remotes_says_what_is_ahead_and_behind_without_asking_them() {
    let remote = Remote::new();
    let (a, b) = (remote.lab("lab-a"), remote.lab("lab-b"));
    let line = |lab: &crate::support::Lab, words: &[&str]| {
        let told = lab.gx(&[&["remote", "--json"], words].concat()).exits(0).json();
        let row = &told["remotes"][0];
        ["ahead", "behind", "records_ahead", "records_behind"].map(|key| row[key].as_u64().unwrap())
    };
    a.try_value("0.9").exits(0);
    push(&a);
    a.try_value("0.8").exits(0);
    a.gx(&["note", "exp-1", "good"]).exits(0);
    assert_eq!(line(&a, &[]), [1, 0, 1, 0]);
    b.try_value("0.7").exits(0);
    pull(&b);
    push(&b);
    assert_eq!(line(&a, &[]), [1, 0, 1, 0]);
    assert_eq!(line(&a, &["--fetch"]), [1, 1, 1, 1]);
    pull(&a);
    push(&a);
    assert_eq!(line(&a, &[]), [0, 0, 0, 0]);
    let text = a.gx(&["remote"]).exits(0).stdout;
    assert!(text.contains("origin  yes      even         even"), "{text}");
}
