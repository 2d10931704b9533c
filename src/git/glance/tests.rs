//! When Git is asked, and when its last answer does.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::*;
use crate::git::repo::Repo;

/// Waits until nothing is younger than a tick.
fn rest(repo: &Repo, head: ObjectId) {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(20) {
        let now = SystemTime::now();
        let seen = look(&repo.place, head).unwrap();
        if seen.iter().all(|(_, stamp)| stamp.is_none_or(|stamp| stamp.rests(now))) {
            return;
        }
        std::thread::yield_now();
    }
    panic!("the files do not come to rest");
}

#[test]
fn git_is_asked_again_only_after_something_was_touched() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("train.py"), "a = 1\n").unwrap();
    fs::create_dir(folder.path().join("data")).unwrap();
    fs::write(folder.path().join("data/x"), "x").unwrap();
    let repo = Repo::create(folder.path(), "start").unwrap();
    let mut head = repo.head().unwrap().commit;
    let (mut glance, asked) = (Glance::default(), Cell::new(0));
    let mut times = |head| {
        let before = asked.get();
        let ask = || {
            asked.set(asked.get() + 1);
            Ok(vec![asked.get()])
        };
        let answer = glance.again(&repo.place, head, ask).unwrap();
        assert_eq!(answer, [asked.get()], "an old answer");
        asked.get() - before
    };
    assert_eq!([times(head), times(head)], [1, 1], "the first is for those who ask once");
    rest(&repo, head);
    assert_eq!([times(head), times(head), times(head)], [1, 0, 0]);
    let set = |words: &[&str]| {
        repo.git().args(words).run().unwrap();
    };
    let touch: [(&str, &dyn Fn()); 6] = [
        ("edited, of the same size", &|| fs::write(folder.path().join("train.py"), "a = 2\n").unwrap()),
        ("new in a folder", &|| fs::write(folder.path().join("data/y"), "").unwrap()),
        ("deleted", &|| fs::remove_file(folder.path().join("data/y")).unwrap()),
        ("another mode", &|| {
            set(&["update-index", "--chmod=+x", "train.py"]);
        }),
        ("ignored", &|| fs::write(folder.path().join(".git/info/exclude"), "x\n").unwrap()),
        ("setting", &|| set(&["config", "core.fileMode", "false"])),
    ];
    for (what, touch) in touch {
        touch();
        assert_eq!(times(head), 1, "{what}");
        assert_eq!(times(head), 1, "{what}: it could have been touched twice within a tick");
        rest(&repo, head);
        assert_eq!([times(head), times(head)], [1, 0], "{what}, at rest");
    }
    repo.git().args(["commit", "--quiet", "--allow-empty", "-m", "x"]).run().unwrap();
    head = repo.head().unwrap().commit;
    assert_eq!(times(head), 1, "another HEAD");
    fs::create_dir_all(folder.path().join("inner/.git")).unwrap();
    assert_eq!([times(head), times(head)], [1, 1], "a repository inside");
    assert_eq!(glance.asked, Asked::InVain);
}
