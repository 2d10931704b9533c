//! What waits, and what was applied.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::*;
use crate::clock::Timestamp;
use crate::model::record::Fields;

fn line(micros: i64) -> (ObjectId, Line) {
    ("ab".repeat(20).parse().unwrap(), Line::new(Timestamp::from_micros(micros), Fields::new()))
}

#[test]
fn a_line_waits_until_it_is_retired_and_is_never_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path());
    assert!(journal.everything().unwrap().is_empty());
    journal.append(&[line(1)]).unwrap();
    journal.append(&[line(2)]).unwrap();
    let waiting = journal.waiting().unwrap();
    assert_eq!(waiting.len(), 2);
    journal.retire(&waiting).unwrap();
    assert!(journal.waiting().unwrap().is_empty());
    assert_eq!(journal.everything().unwrap().len(), 2);
}

#[test]
fn what_waits_for_one_snapshot_is_told_from_the_rest_whoever_wrote_it() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path());
    let ((one, first), (_, second)) = (line(1), line(2));
    let other: ObjectId = "cd".repeat(20).parse().unwrap();
    assert!(journal.waiting_of(one).unwrap().is_empty());
    journal.append(&[(one, first.clone())]).unwrap();
    journal.append(&[(other, first.clone())]).unwrap();
    journal.append(&[(other, first.clone()), (one, second.clone())]).unwrap();
    let older = journal.waiting_folder().join("cb980070-1583760-26781-17.jsonl");
    fs::write(older, format!("{one} {{\"at\":3}}\n")).unwrap();
    let mut waiting = journal.waiting_of(one).unwrap();
    waiting.sort();
    let mut expected = [first.text().to_owned(), second.text().to_owned(), "{\"at\":3}".to_owned()];
    expected.sort();
    assert_eq!(waiting, expected);
    assert_eq!(journal.waiting_of(other).unwrap(), [first.text(), first.text()]);
}

#[test]
fn joining_keeps_every_line() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path());
    for micros in 0..JOIN_AT as i64 {
        journal.append(&[line(micros)]).unwrap();
    }
    for batch in journal.waiting().unwrap() {
        journal.retire(&[batch]).unwrap();
    }
    let others = journal.applied_folder().join("other.joined.tmp");
    fs::write(&others, "another process is joining too").unwrap();
    journal.join().unwrap();
    assert!(others.exists(), "the file of a process that joins too was taken away");
    let all = journal.everything().unwrap();
    assert_eq!((all.len(), all[0].entries.len()), (1, JOIN_AT));
}

#[test]
fn many_batches_are_kept_as_one_with_every_line_though_another_process_was_faster() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path());
    for micros in 0..TOGETHER as i64 {
        journal.append(&[line(micros)]).unwrap();
    }
    let waiting = journal.waiting().unwrap();
    journal.retire(&waiting[..1]).unwrap();
    journal.append(&[line(-1)]).unwrap();
    journal.retire(&waiting).unwrap();
    assert_eq!(journal.waiting().unwrap().len(), 1, "what came since is in nobody's hand");
    let kept = journal.applied().unwrap();
    let most = kept.iter().map(|batch| batch.entries.len()).max();
    assert_eq!((kept.len(), most), (2, Some(TOGETHER)));
}

#[test]
fn half_a_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::new(folder.path());
    fs::create_dir_all(journal.waiting_folder()).unwrap();
    fs::write(journal.waiting_folder().join("x.jsonl.tmp"), "half").unwrap();
    assert!(journal.waiting().unwrap().is_empty());
}

#[test]
fn a_line_that_others_move_or_join_meanwhile_is_among_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (journal, written) = (Journal::new(folder.path()), AtomicU64::new(0));
    thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let journal = Journal::new(folder.path());
            for micros in 0..JOIN_AT as i64 * 5 {
                journal.append(&[line(micros)]).unwrap();
                written.fetch_add(1, Ordering::SeqCst);
                journal.retire(&journal.waiting().unwrap()).unwrap();
                journal.join().unwrap();
            }
        });
        while !writer.is_finished() {
            let least = written.load(Ordering::SeqCst);
            let all = journal.everything().unwrap();
            let lines: BTreeSet<_> =
                all.iter().flat_map(|batch| &batch.entries).map(|one| &one.line).collect();
            assert!(lines.len() as u64 >= least, "{} of {least}", lines.len());
        }
    });
}
