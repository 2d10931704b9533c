//! What is out hides nothing from those who ask what is out, whatever was let pass on top of it.

use super::world::*;
use super::*;

/// `plans/a.md` is out since before it was private, and more was pushed on top of it since.
fn with_old_leak() -> World {
    let world = World::new();
    world.commit(&[("plans/a.md", "a\n")]);
    world.pass();
    world.policy("[paths]\nprivate = [\"plans/\"]\n");
    world.commit(&[("src/b.txt", "b\n")]);
    assert_eq!(world.pass().commits, 1);
    world
}

#[test]
fn what_passed_on_top_of_what_is_out_does_not_hide_it_from_who_asks_for_it() {
    let world = with_old_leak();
    for round in 0..3 {
        let report = world.recheck();
        assert_eq!((report.commits, rules(&report)), (3 + round, vec!["G010"]), "round {round}");
        report.remember().unwrap();
        world.commit(&[("src/c.txt", &format!("{round}\n"))]);
        assert_eq!(world.pass().commits, 1);
    }
}

#[test]
fn what_was_looked_at_down_to_its_roots_is_not_looked_at_again_nor_what_came_on_top() {
    let world = World::new();
    world.pass();
    for round in 0..3 {
        world.commit(&[("src/c.txt", &format!("{round}\n"))]);
        assert_eq!(world.pass().commits, 1);
        assert_eq!(world.recheck().commits, 0, "round {round}");
    }
    // What is known as out only because somebody said so was not looked at, until somebody asks.
    world.policy("[messages]\ndeny = [\"nothing like it\"]\n");
    world.commit(&[("src/c.txt", "more\n")]);
    assert_eq!(world.pass().commits, 1);
    let report = world.recheck();
    assert_eq!((report.commits, rules(&report)), (5, vec![]));
    report.remember().unwrap();
    assert_eq!(world.recheck().commits, 0);
    world.commit(&[("src/c.txt", "and more\n")]);
    world.pass();
    assert_eq!(world.recheck().commits, 0);
}

#[test]
fn a_branch_that_was_looked_at_stays_so_when_it_is_merged_with_one_that_was_not() {
    let world = with_old_leak();
    world.git(&["checkout", "-q", "--orphan", "other"]);
    world.git(&["rm", "-rqf", "."]);
    let other = world.commit(&[("other.txt", "other\n")]);
    world.push_to(PUBLIC, "other", "refs/heads/other").remember().unwrap();
    world.git(&["checkout", "-q", "main"]);
    world.git(&["merge", "-q", "--no-edit", "--allow-unrelated-histories", "other"]);
    assert_eq!(world.pass().commits, 1);
    let repo = world.repo();
    let policy = Policy::of(&repo, &[]).unwrap();
    let destination = Destination::of(&repo, "there", PUBLIC).unwrap();
    let target = "refs/heads/other".to_owned();
    let update = Update { source: target.clone(), new: Some(other), target, old: None };
    let report = check(&repo, &destination, &[update], &policy, &Limits::of_published()).unwrap();
    assert_eq!(report.commits, 0);
    assert_eq!(rules(&world.recheck()), ["G010"]);
}
