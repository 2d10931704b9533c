//! Merges that threw a side away (`-s ours`), in every mixture of public and private changes.

use super::*;

/// What a side of the merge changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Public,
    Private,
    Mixed,
}

const SIDES: [Side; 3] = [Side::Public, Side::Private, Side::Mixed];

/// A history with a merge that has the tree of its first parent, and one more commit on top of it.
fn history(start: Side, kept: Side, discarded: Side) -> World {
    let mut author = Author::new(1);
    let (mut ours, mut theirs) = (Branch::default(), Branch::default());
    let change = |author: &mut Author, branch: &mut Branch, side: Side, name: &str| {
        let turn = author.marks + 1;
        let paths =
            [(name.to_owned(), side != Side::Private), (format!("private/{name}"), side != Side::Public)];
        for (path, _) in paths.into_iter().filter(|(_, is_changed)| *is_changed) {
            branch.files.insert(path, (turn, true));
        }
        author.commit(branch, &[], &format!("{side:?} {name}\n"));
    };
    change(&mut author, &mut ours, start, "a");
    theirs.clone_from(&ours);
    change(&mut author, &mut ours, kept, "b");
    change(&mut author, &mut theirs, discarded, "b");
    author.commit(&mut ours, &[theirs.mark.unwrap()], "theirs is not wanted\n");
    change(&mut author, &mut ours, Side::Mixed, "c");
    World::of(&author.stream)
}

#[test]
fn a_side_that_was_thrown_away_stays_away_and_the_tip_is_that_of_git_filter_repo() {
    let rest = SIDES.into_iter().flat_map(|kept| SIDES.map(|discarded| (kept, discarded)));
    for (start, (kept, discarded)) in
        SIDES.into_iter().flat_map(|start| rest.clone().map(move |it| (start, it)))
    {
        let world = history(start, kept, discarded);
        let tip = world.strip(world.tip(), &[], &open_policy()).tip.unwrap();
        let listed = |commit: ObjectId, paths: &[&str]| {
            git(&world.path, &[&["ls-tree", "-r", &commit.to_string()], paths].concat())
        };
        let case = format!("{start:?}, {kept:?}, {discarded:?}");
        assert_eq!(listed(tip, &[]), listed(world.tip(), &["a", "b", "c"]), "{case}");
        git(&world.path, &["fsck", "--strict", "--no-dangling"]);
        let Some(filtered) = world.filtered() else { return };
        assert_eq!(tip, filtered, "{case}");
    }
}

/// When each commit was made, and its tree.
fn trees(dir: &Path, tip: &str) -> BTreeMap<String, String> {
    let told = git(dir, &["log", "--format=%ct %T", tip]);
    told.lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(at, tree)| (at.into(), tree.into()))
        .collect()
}

#[test]
fn every_commit_keeps_the_tree_that_it_had_and_only_where_git_filter_repo_gives_it_another_the_tips_differ() {
    let mut differing = 0;
    for seed in [1, 2, 8, 12] {
        let world = tangled_by(Author { throws: true, ..Author::new(seed) }, 120);
        let stripped = world.strip(world.tip(), &[], &open_policy());
        for made in &stripped.made {
            let pair = [made.private, made.public].map(|id| id.to_string());
            git(&world.path, &["diff", "--exit-code", "--quiet", &pair[0], &pair[1], "--", ".", ":!private"]);
        }
        let Some(filtered) = world.filtered() else { return };
        let tip = stripped.tip.unwrap();
        let copy = world.path.parent().unwrap().join("copy.git");
        // It sends a merge as what differs from the first parent, and puts that upon whatever has become of that.
        let is_same = trees(&copy, "main") == trees(&world.path, &tip.to_string());
        assert_eq!(tip == filtered, is_same, "seed {seed}");
        differing += usize::from(!is_same);
    }
    assert!(differing > 0, "no history shows the difference");
}
