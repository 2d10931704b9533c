//! `docs/json.md`: every key of every answer is in it.

use crate::support::Lab;

/// Every key of an object, those of objects inside it too.
fn keys_of(answer: &serde_json::Value) -> Vec<String> {
    if let Some(list) = answer.as_array() {
        return list.iter().flat_map(keys_of).collect();
    }
    let Some(object) = answer.as_object() else { return Vec::new() };
    // What is below these are names that the trainer or the user chose, or a record.
    let is_open = |key: &str| ["metrics", "params", "record", "by_status", "by_site"].contains(&key);
    let inside = object.iter().filter(|(key, _)| !is_open(key)).flat_map(|(_, value)| keys_of(value));
    object.keys().cloned().chain(inside).collect()
}

/// The keys of an answer that `docs/json.md` does not name.
pub fn unwritten(answer: &serde_json::Value) -> Vec<String> {
    let written = include_str!("../../../docs/json.md");
    let words: Vec<&str> = written.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    keys_of(answer).into_iter().filter(|key| !words.contains(&key.as_str())).collect()
}

#[test]
fn every_key_of_an_answer_is_written_down() {
    let lab = Lab::new();
    let mut answers = vec![lab.run("baseline", &[]).exits(0).json()];
    answers.push(lab.run("alone", &["--detach"]).exits(0).json());
    answers.push(lab.gx(&["wait", "exp-2", "--json"]).json());
    for arguments in [&["show", "exp-1"][..], &["best"], &["ls"], &["near"], &["tags"], &["diff", "exp-1"]] {
        answers.push(lab.gx(&[arguments, &["--json"]].concat()).exits(0).json());
    }
    for arguments in [&["store"][..], &["doctor"], &["gc", "--dry-run"], &["gc"], &["archive", "--keep", "0"]]
    {
        answers.push(lab.gx(&[arguments, &["--json"]].concat()).exits(0).json());
    }
    for arguments in [&["worktree", "add", "../a"][..], &["worktree", "ls"]] {
        answers.push(lab.gx(&[arguments, &["--json"]].concat()).exits(0).json());
    }
    let remote = crate::support::clones::Remote::new();
    lab.git(&["remote", "add", "origin", &remote.url()]);
    for arguments in [
        &["remote", "trust", "origin", "--private"][..],
        &["push"],
        &["push", "--dry-run"],
        &["pull"],
        &["remote"],
    ] {
        answers.push(lab.gx(&[arguments, &["--json"]].concat()).exits(0).json());
    }
    let missing: Vec<_> = answers.iter().flat_map(unwritten).collect();
    assert_eq!(missing, Vec::<String>::new());
}
