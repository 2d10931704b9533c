//! One contract for both engines, in every format, within a process and between many.

use super::*;
use crate::clock::Timestamp;
use crate::git::engine::objects::Kind;
use crate::git::engine::refs::{HeadRef, Move, Ref, Try};
use crate::git::notes::{Notes, is_torn};
use crate::git::object::NewCommit;
use crate::git::refs::Swap;
use crate::git::repo::Repo;
use crate::model::object::ObjectId;
use crate::process::command::Program;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command};

/// Says to a test that it is one of many processes: engine, number, folder.
const PART: &str = "GX_TEST_PART";

const PROCESSES: usize = 8;

#[derive(Clone, Copy, Debug)]
struct World {
    engine: &'static str,
    flags: [&'static str; 2],
}

const WORLDS: [World; 5] = [
    World { engine: "git2", flags: ["--object-format=sha1", "--ref-format=files"] },
    World { engine: "program", flags: ["--object-format=sha1", "--ref-format=files"] },
    World { engine: "program", flags: ["--object-format=sha256", "--ref-format=files"] },
    World { engine: "program", flags: ["--object-format=sha1", "--ref-format=reftable"] },
    World { engine: "program", flags: ["--object-format=sha256", "--ref-format=reftable"] },
];

fn open_with(engine: &str, folder: &Path) -> Repo {
    let opened = match engine {
        "git2" => with_libgit2(folder, Choice::Libgit2),
        _ => with_program(folder),
    };
    Repo::of(opened.unwrap())
}

/// Every world that this git can make, with a first commit.
fn each_world(test: impl Fn(&str, &Path, &Repo)) {
    for world in WORLDS {
        let folder = tempfile::tempdir().unwrap();
        let made = Program::new("git").args(["init", "-q"]).args(world.flags).dir(folder.path()).output();
        if !made.unwrap().status.success() {
            continue;
        }
        let repo = open_with(world.engine, folder.path());
        let first = commit(&repo, "first");
        let branch = repo.refs.head().unwrap().branch.unwrap();
        assert_eq!(repo.swap_ref(&branch, first, None, "first").unwrap(), Swap::Done, "{world:?}");
        test(world.engine, folder.path(), &repo);
    }
}

fn commit(repo: &Repo, message: &str) -> ObjectId {
    let tree = repo.objects.write(Kind::Tree, b"").unwrap();
    repo.write_commit(&NewCommit { tree, parents: &[], message, at: Timestamp::now() }).unwrap()
}

#[test]
fn a_ref_moves_only_from_what_it_was_expected_to_be() {
    each_world(|_, _, repo| {
        let (one, two) = (commit(repo, "one"), commit(repo, "two"));
        let swap = |new, old| repo.refs.swap(&Move { name: "refs/gx/x", new, old, log: "gx: try" }).unwrap();
        assert_eq!((repo.refs.read("refs/gx/x").unwrap(), swap(one, Some(two))), (None, Try::Lost));
        assert_eq!((swap(one, None), swap(two, None)), (Try::Done, Try::Lost));
        assert_eq!(
            (swap(two, Some(two)), swap(two, Some(one)), swap(one, Some(one))),
            (Try::Lost, Try::Done, Try::Lost)
        );
        assert_eq!(repo.refs.read("refs/gx/x").unwrap(), Some(two));
        for number in [1, 2, 10] {
            let name = format!("refs/experiments/exp-{number}");
            assert_eq!(repo.swap_ref(&name, one, None, "gx: claim").unwrap(), Swap::Done);
        }
        repo.git().args(["pack-refs", "--all"]).run().unwrap();
        assert_eq!(repo.swap_ref("refs/experiments/exp-2", two, Some(one), "gx: move").unwrap(), Swap::Done);
        let names = ["exp-1", "exp-10", "exp-2"].map(|id| format!("refs/experiments/{id}"));
        let listed = |prefix| {
            let mut names = repo.refs.names(prefix).unwrap();
            names.sort();
            names
        };
        assert_eq!(listed("refs/experiments/exp-"), names);
        assert_eq!(listed("refs/experiments/exp-1"), names[..2]);
        assert_eq!(
            repo.refs.list("refs/experiments/exp-2").unwrap(),
            [Ref { name: names[2].clone(), target: two }]
        );
        assert_eq!(repo.refs.read("refs/experiments/exp-").unwrap(), None);
        repo.rename_refs(&[(Ref { name: names[2].clone(), target: two }, "refs/gx/trash/exp-2".into())])
            .unwrap();
        assert_eq!(repo.refs.read(&names[2]).unwrap(), None);
        assert_eq!(repo.refs.read("refs/gx/trash/exp-2").unwrap(), Some(two));
    });
}

#[test]
fn head_is_on_a_branch_or_detached_and_its_moves_are_logged() {
    each_world(|_, _, repo| {
        let (one, two) = (commit(repo, "one"), commit(repo, "two"));
        repo.start_branch("autoresearch/t", one).unwrap();
        let branch = "refs/heads/autoresearch/t";
        assert_eq!(repo.refs.head().unwrap(), HeadRef { branch: Some(branch.into()), target: Some(one) });
        assert_eq!(repo.swap_ref(branch, two, Some(one), "gx: keep").unwrap(), Swap::Done);
        assert_eq!(repo.reflog(branch), [two, one]);
        let log = repo.git().args(["reflog", "show", "--format=%gs", branch]).run().unwrap();
        assert!(String::from_utf8(log).unwrap().starts_with("gx: keep\n"));
        repo.forget_reflog(branch).unwrap();
        assert_eq!(repo.reflog(branch), []);
        repo.git().args(["switch", "-q", "--detach"]).run().unwrap();
        assert_eq!(repo.set_detached_head(one, two, "gx: follow").unwrap(), Swap::Done);
        assert_eq!(repo.refs.head().unwrap(), HeadRef { branch: None, target: Some(one) });
        repo.git().args(["symbolic-ref", "HEAD", "refs/heads/unborn"]).run().unwrap();
        assert_eq!(
            repo.refs.head().unwrap(),
            HeadRef { branch: Some("refs/heads/unborn".into()), target: None }
        );
    });
}

#[test]
fn what_was_written_is_read_one_by_one_and_in_bulk_also_when_somebody_else_wrote_it() {
    each_world(|engine, folder, repo| {
        let other = open_with(engine, folder);
        let texts: Vec<Vec<u8>> =
            (0..200_u8).map(|number| vec![number; 3000 * usize::from(number % 5)]).collect();
        let ids: Vec<ObjectId> = texts.iter().map(|text| other.write_blob(text).unwrap()).collect();
        assert_eq!(repo.hash_blob(&texts[7]).unwrap(), ids[7]);
        assert!(repo.blob(ids[9]).unwrap() == texts[9]);
        assert_eq!(repo.objects.find(ids[9]).unwrap(), Some(Kind::Blob));
        for some in [&ids[..], &ids[..3]] {
            let mut found = Vec::new();
            for reader in
                [&*repo.objects.reader() as &dyn crate::git::engine::objects::Reader, &*repo.objects]
            {
                found.clear();
                let mut take = |at: usize, kind, bytes: &[u8]| {
                    assert!(kind == Kind::Blob && bytes == texts[at]);
                    found.push(at);
                    Ok(())
                };
                reader.read_each(some, &mut take).unwrap();
            }
            assert_eq!(found, (0..some.len()).collect::<Vec<_>>());
        }
    });
}

#[test]
fn what_is_missing_or_torn_is_told_from_what_may_not_be_read() {
    each_world(|_, _, repo| {
        let gone = repo.hash_blob(b"never written").unwrap();
        assert_eq!((repo.objects.find(gone).unwrap(), repo.has_object(gone)), (None, false));
        let torn = repo.write_blob(b"torn").unwrap();
        let path = repo.place.loose_path(torn);
        fs::remove_file(&path).unwrap();
        fs::write(&path, "").unwrap();
        for id in [gone, torn] {
            assert!(is_torn(&repo.objects.read(id).unwrap_err()), "{id}");
            for many in [vec![id], vec![id; 100]] {
                assert!(is_torn(&repo.objects.read_each(&many, &mut |_, _, _| Ok(())).unwrap_err()), "{id}");
            }
        }
        // Whoever was asked after something torn answers the next question.
        assert!(repo.has_object(repo.head().unwrap().commit));
    });
}

#[test]
fn trees_are_compared_and_merged_alike() {
    each_world(|_, _, repo| {
        let tree = |files: &[(&str, &str)]| {
            let empty = repo.objects.write(Kind::Tree, b"").unwrap();
            let entry = |text: &str| {
                Some(crate::git::object::Entry {
                    mode: 0o100_644,
                    id: repo.write_blob(text.as_bytes()).unwrap(),
                })
            };
            let edits: Vec<_> = files.iter().map(|(path, text)| ((*path).into(), entry(text))).collect();
            repo.edit_tree(empty, &edits).unwrap()
        };
        let base = tree(&[("a", "1\n2\n3\n4\n5\n6\n7\n"), ("d/b", "1\n"), ("gone", "x\n")]);
        let ours = tree(&[("a", "0\n2\n3\n4\n5\n6\n7\n"), ("d/b", "1\n"), ("gone", "x\n")]);
        let theirs = tree(&[("a", "1\n2\n3\n4\n5\n6\n8\n"), ("d/b", "2\n"), ("new", "\0")]);
        let clash = tree(&[("a", "9\n2\n3\n4\n5\n6\n7\n"), ("d/b", "1\n"), ("gone", "x\n")]);
        let merged = tree(&[("a", "0\n2\n3\n4\n5\n6\n8\n"), ("d/b", "2\n"), ("new", "\0")]);
        assert_eq!(repo.merge_trees(base, ours, theirs).unwrap(), Ok(merged));
        assert_eq!(repo.merge_trees(base, ours, clash).unwrap(), Err(vec!["a".into()]));
        let stat = repo.diffstat(base, theirs, None).unwrap();
        assert_eq!((stat.files, stat.insertions, stat.deletions), (4, 2, 3));
        let some = repo.diffstat(base, theirs, Some(&["d".into(), "gone".into()])).unwrap();
        assert_eq!((some.files, some.insertions, some.deletions), (2, 1, 2));
        let changed = repo.changes(base, theirs).unwrap();
        let changed: Vec<String> = changed.iter().map(|change| change.path.to_string()).collect();
        assert_eq!(changed, ["a", "d/b", "gone", "new"]);
    });
}

#[test]
fn ancestors_are_found_and_counted() {
    each_world(|_, _, repo| {
        let tree = repo.objects.write(Kind::Tree, b"").unwrap();
        let child = |parent, message| {
            let new = NewCommit { tree, parents: &[parent], message, at: Timestamp::now() };
            repo.write_commit(&new).unwrap()
        };
        let root = commit(repo, "root");
        let (left, right) = (child(root, "left"), child(child(root, "right"), "more"));
        assert!(repo.is_ancestor(root, right).unwrap() && !repo.is_ancestor(right, root).unwrap());
        assert!(!repo.is_ancestor(left, right).unwrap());
        assert_eq!(repo.apart(left, right).unwrap(), (1, 2));
        for (name, at) in [("refs/heads/own", left), ("refs/tags/v1", right), ("refs/remotes/o/x", root)] {
            assert_eq!(repo.swap_ref(name, at, None, "made").unwrap(), Swap::Done);
        }
        let mut holders = repo.other_holders(root, "refs/heads/own").unwrap();
        holders.sort();
        assert_eq!(holders, ["refs/remotes/o/x", "refs/tags/v1"]);
        assert!(repo.other_holders(left, "refs/heads/own").unwrap().is_empty());
        assert_eq!(repo.revision(&left.to_string()[..12]), Some(left));
        assert_eq!(
            (repo.revision("HEAD"), repo.revision("nothing")),
            (Some(repo.head().unwrap().commit), None)
        );
    });
}

#[test]
fn settings_ignored_paths_and_attributes_are_told_alike() {
    each_world(|engine, folder, repo| {
        repo.set_setting("gx.metric.name", "acc").unwrap();
        fs::write(folder.join(".gitignore"), "cache/\n*.log\n").unwrap();
        fs::write(folder.join(".gitattributes"), "*.bin filter=lfs\n*.txt text\n*.raw -text\n").unwrap();
        fs::create_dir(folder.join("cache")).unwrap();
        let repo = open_with(engine, folder);
        assert_eq!(repo.gx_settings().unwrap(), [("gx.metric.name".to_owned(), "acc".to_owned())]);
        assert_eq!(repo.setting("GX.metric.Name").as_deref(), Some("acc"));
        assert_eq!(["cache/", "x.log", "x.py"].map(|path| repo.is_ignored(path)), [true, true, false]);
        let paths = ["a.bin", "a.txt", "a.raw", "a.py"].map(crate::model::path::RepoPath::from);
        let converting = repo.settings.converting(&paths.iter().collect::<Vec<_>>());
        assert_eq!(converting, [true, true, false, false]);
    });
}

/// The arguments of one of many processes, where this is one.
fn part() -> Option<(String, usize, PathBuf)> {
    let text = env::var(PART).ok()?;
    let mut words = text.splitn(3, ' ');
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?, words.next()?.into()))
}

/// Runs a test of this file again in many processes at once.
fn many(name: &str, engine: &str, folder: &Path) {
    let start = |number| {
        let mut command = Command::new(env::current_exe().unwrap());
        let path = format!("git::engine::open::tests::{name}");
        command.args(["--exact", &path]).env(PART, format!("{engine} {number} {}", folder.display()));
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let mut running: Vec<Child> = (0..PROCESSES).map(start).collect();
    assert!(running.iter_mut().all(|child| child.wait().unwrap().success()));
}

#[test]
fn of_many_processes_that_claim_the_same_names_one_gets_each() {
    const CLAIMS: usize = 50;
    if let Some((engine, number, folder)) = part() {
        let repo = open_with(&engine, &folder);
        let own = commit(&repo, &format!("of {number}"));
        let won: Vec<String> = (0..CLAIMS)
            .map(|claim| format!("refs/experiments/exp-{claim}"))
            .filter(|name| repo.swap_ref(name, own, None, "gx: claim").unwrap() == Swap::Done)
            .map(|name| format!("{name} {own}"))
            .collect();
        fs::write(folder.join(format!("won-{number}")), won.join("\n")).unwrap();
        return;
    }
    each_world(|engine, folder, repo| {
        many("of_many_processes_that_claim_the_same_names_one_gets_each", engine, folder);
        let mut won = BTreeSet::new();
        for number in 0..PROCESSES {
            let text = fs::read_to_string(folder.join(format!("won-{number}"))).unwrap();
            assert!(text.lines().all(|line| won.insert(line.to_owned())));
        }
        let refs = repo.refs("refs/experiments/").unwrap();
        let there = refs.iter().map(|found| format!("{} {}", found.name, found.target)).collect();
        assert_eq!((won.len(), &won), (CLAIMS, &there));
    });
}

#[test]
fn notes_that_many_processes_write_at_once_are_all_there() {
    const NOTES: usize = 10;
    const NAME: &str = "refs/notes/experiments";
    if let Some((engine, number, folder)) = part() {
        let repo = open_with(&engine, &folder);
        for note in 0..NOTES {
            let object = repo.hash_blob(format!("{number} {note}").as_bytes()).unwrap();
            let text = BTreeMap::from([(object, b"text".to_vec())]);
            while Notes::open(&repo, NAME).unwrap().write(&text, "note", Timestamp::now()).unwrap()
                == Swap::Lost
            {}
        }
        return;
    }
    each_world(|engine, folder, repo| {
        many("notes_that_many_processes_write_at_once_are_all_there", engine, folder);
        let notes = Notes::open(repo, NAME).unwrap();
        assert_eq!(notes.all().unwrap().len(), PROCESSES * NOTES);
        assert!(notes.is_whole().unwrap());
    });
}
