//! What has changed between a plan and its execution is seen.

use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::clock::Timestamp;
use crate::config::store::{Index, Store as Rules, Upkeep};
use crate::git::object::NewCommit;
use crate::git::refs::Ref;
use crate::git::repo::Repo;
use crate::model::record::Fields;
use crate::store::experiments::{RECORDS, Store, Stored};
use crate::store::logs::LOGS;

/// Everything goes that may.
const RULES: Rules = Rules {
    index: Index::Off,
    upkeep: Upkeep::Off,
    upkeep_refs: 500,
    upkeep_objects: 500,
    keep_trash: Some(Duration::ZERO),
    keep_logs: Some(Duration::ZERO),
    max_logs: 0,
    max_artifacts: 0,
    keep_journal: Duration::ZERO,
};

/// A repository with one experiment that has a record and a log.
fn repository() -> (TempDir, Repo, Stored) {
    let folder = tempfile::tempdir().unwrap();
    let repo = Repo::create(folder.path(), "start").unwrap();
    let store = Store::new(&repo);
    let head = repo.head().unwrap().commit;
    let (tree, at) = (repo.tree_of(head).unwrap(), Timestamp::now());
    let new = NewCommit { tree, parents: &[head], message: "snapshot", at };
    let snapshot = repo.write_commit(&new).unwrap();
    let id = store.claim(snapshot).unwrap();
    store.append(snapshot, Fields::from_iter([("status".to_owned(), json!("keep"))])).unwrap();
    let log = store.log_file(&id);
    std::fs::create_dir_all(log.parent().unwrap()).unwrap();
    std::fs::write(&log, "said\n").unwrap();
    store.keep_log(snapshot, b"said\n").unwrap();
    drop(store);
    (folder, repo, Stored { id, snapshot })
}

fn forget(repo: &Repo, name: &str) {
    let target = repo.read_ref(name).unwrap().unwrap();
    repo.delete_refs(&[Ref { name: name.to_owned(), target }]).unwrap();
}

#[test]
fn copies_go_with_the_plan_while_the_notes_hold_them() {
    let (_folder, repo, one) = repository();
    let store = Store::new(&repo);
    let plan = store.plan_expiry(&RULES).unwrap();
    store.expire(&plan).unwrap();
    assert!(!store.log_file(&one.id).exists());
    assert!(store.journal.applied().unwrap().is_empty());
}

#[test]
fn lines_of_the_journal_stay_where_the_notes_were_rewound_since_the_plan() {
    let (_folder, repo, one) = repository();
    let store = Store::new(&repo);
    let plan = store.plan_expiry(&RULES).unwrap();
    forget(&repo, RECORDS);
    store.expire(&plan).unwrap();
    assert_eq!(store.journal.applied().unwrap().len(), 1);
    store.settle().unwrap();
    assert_eq!(store.record(one.snapshot).unwrap().text("status"), Some("keep"));
}

#[test]
fn a_log_stays_where_its_note_went_since_the_plan() {
    let (_folder, repo, one) = repository();
    let store = Store::new(&repo);
    let plan = store.plan_expiry(&RULES).unwrap();
    forget(&repo, LOGS);
    store.expire(&plan).unwrap();
    assert_eq!(store.log(&one).unwrap().as_deref(), Some(&b"said\n"[..]));
}

#[test]
fn what_was_thrown_away_and_taken_back_since_is_not_given_up() {
    let (_folder, repo, one) = repository();
    let store = Store::new(&repo);
    let say = |is_trashed: bool| {
        let fields = Fields::from_iter([("trashed".to_owned(), json!(is_trashed))]);
        store.append(one.snapshot, fields).unwrap();
    };
    // The highest number stays whatever is said of it.
    let second = store.claim(one.snapshot).unwrap();
    assert_ne!(second, one.id);
    store.trash(&one).unwrap();
    let gives_up = || {
        let plan = store.plan_expiry(&RULES).unwrap();
        plan.trash.iter().any(|stored| stored.id == one.id)
    };
    assert!(gives_up());
    // As a `gx undo` leaves it that was killed before it moved the ref.
    say(false);
    assert!(!gives_up());
    say(true);
    assert!(gives_up());
}
