//! Names lie, and differences do.

use super::world::*;
use super::*;

const FILE: u32 = 0o100_644;
const FOLDER: u32 = 0o040_000;

#[test]
fn a_private_path_stays_off_public_places_and_a_never_path_off_all() {
    let world = World::new();
    world.commit(&[("private/plan.md", "plan\n"), ("src/x.local.toml", "x\n")]);
    assert_eq!(rules(&world.push()), ["G010", "G010"]);
    assert_eq!(rules(&world.push_to(PRIVATE, "main", "refs/heads/main")), [""; 0]);
    world.commit(&[("deep/.env", "A=1\n"), ("deep/.env.example", "A=\n")]);
    let found = world.push_to(PRIVATE, "main", "refs/heads/main");
    assert_eq!(rules(&found), ["G011"]);
    let spot = &found.findings[0].spot;
    assert_eq!((spot.path.clone(), spot.commit), (Some("deep/.env".into()), Some(world.rev("HEAD"))));
    assert_eq!(found.exit(), Exit::Blocked);
}

#[test]
fn what_was_added_and_taken_away_again_is_found() {
    let world = World::new();
    let bad = world.commit(&[("private/plan.md", "plan\n")]);
    world.git(&["rm", "-rq", "private"]);
    world.commit(&[]);
    let report = world.push();
    assert_eq!((rules(&report), report.findings[0].spot.commit), (vec!["G010"], Some(bad)));
}

#[test]
fn what_only_a_merge_brings_is_found() {
    let world = World::new();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.commit(&[("side.txt", "s\n")]);
    world.git(&["checkout", "-q", "main"]);
    world.commit(&[("main.txt", "m\n")]);
    // Evil: the merge holds what neither side has.
    world.git(&["merge", "-q", "--no-commit", "--no-ff", "side"]);
    world.commit(&[("private/evil.md", "e\n")]);
    world.git(&["rm", "-rq", "private"]);
    world.commit(&[]);
    assert_eq!(rules(&world.push()), ["G010"]);
}

#[test]
fn what_a_merge_leaves_out_by_its_strategy_is_found() {
    let world = World::new();
    world.git(&["checkout", "-q", "-b", "side"]);
    world.commit(&[("private/plan.md", "plan\n")]);
    world.git(&["checkout", "-q", "main"]);
    world.commit(&[("main.txt", "m\n")]);
    world.git(&["merge", "-q", "-s", "ours", "-m", "ours", "side"]);
    assert_eq!(rules(&world.push()), ["G010"]);
}

#[test]
fn what_is_called_like_a_private_folder_is_private_whatever_it_is() {
    const LINK: u32 = 0o120_000;
    const SUBMODULE: u32 = 0o160_000;
    let world = World::new();
    let (blob, commit) = (world.blob("elsewhere\n"), world.rev("HEAD"));
    for (mode, name, id) in [
        (FILE, &b"private"[..], blob),
        (LINK, b"private", blob),
        (SUBMODULE, b"private", commit),
        (SUBMODULE, b"Private.", commit),
    ] {
        let made = world.odd_commit(&[(mode, name, id)]).to_string();
        world.git(&["branch", "-f", "odd", &made]);
        assert_eq!(rules(&world.push_to(PUBLIC, "odd", "refs/heads/odd")), ["G010"], "{mode:o} {name:?}");
    }
    let made = world.odd_commit(&[(SUBMODULE, b"open", commit)]).to_string();
    world.git(&["branch", "-f", "odd", &made]);
    assert_eq!(rules(&world.push_to(PUBLIC, "odd", "refs/heads/odd")), [""; 0]);
}

#[test]
fn a_path_is_found_though_its_blob_is_public_already() {
    let world = World::new();
    world.pass();
    world.commit(&[("private/copy.md", "read me\n")]);
    assert_eq!(rules(&world.push()), ["G010"]);
}

#[test]
fn every_spelling_that_a_file_system_takes_for_a_private_name_is_found() {
    let world = World::new();
    let blob = world.blob("plan\n");
    let inner = world
        .repo()
        .write_tree_items(&[crate::git::raw::TreeItem { mode: FILE, name: b"x".to_vec(), id: blob }])
        .unwrap();
    for name in
        ["Private", "PRIVATE", "private.", "private ", "pri\u{200b}vate", "\u{feff}private", "prıvate"]
    {
        world.git(&[
            "branch",
            "-f",
            "odd",
            &world.odd_commit(&[(FOLDER, name.as_bytes(), inner)]).to_string(),
        ]);
        let found = rules(&world.push_to(PUBLIC, "odd", "refs/heads/odd"));
        assert_eq!(found, ["G010"], "{name:?}");
    }
    for name in [&b"a\\private\\x"[..], b"x.LOCAL.\xff\n", b".EnV", b"ID_RSA "] {
        world.git(&["branch", "-f", "odd", &world.odd_commit(&[(FILE, name, blob)]).to_string()]);
        assert_eq!(rules(&world.push_to(PUBLIC, "odd", "refs/heads/odd")).len(), 1, "{name:?}");
    }
    let blob = world.blob("nothing that ever was private\n");
    let item = crate::git::raw::TreeItem { mode: FILE, name: b"x".to_vec(), id: blob };
    let inner = world.repo().write_tree_items(&[item]).unwrap();
    for name in ["privat", "private2", "my private"] {
        world.git(&[
            "branch",
            "-f",
            "odd",
            &world.odd_commit(&[(FOLDER, name.as_bytes(), inner)]).to_string(),
        ]);
        assert_eq!(rules(&world.push_to(PUBLIC, "odd", "refs/heads/odd")), [""; 0], "{name:?}");
    }
}

#[test]
fn a_file_that_becomes_a_link_of_the_same_bytes_is_met_again() {
    let world = World::new();
    let blob = world.blob("private/x");
    world.git(&["branch", "one", &world.odd_commit(&[(FILE, b"a", blob)]).to_string()]);
    let report = world.push_to(PUBLIC, "one", "refs/heads/one");
    assert_eq!(rules(&report), [""; 0]);
    report.remember().unwrap();
    let tree = world.repo().write_tree_items(&[crate::git::raw::TreeItem {
        mode: 0o120_000,
        name: b"a".to_vec(),
        id: blob,
    }]);
    let link = world.git(&["commit-tree", "-p", "one", "-m", "link", &tree.unwrap().to_string()]);
    world.git(&["branch", "-f", "one", &link]);
    assert_eq!(rules(&world.push_to(PUBLIC, "one", "refs/heads/one")), ["G012"]);
}

#[test]
fn a_link_into_what_is_private_does_not_leave() {
    let world = World::new();
    let folder = world.dir();
    std::fs::create_dir_all(folder.join("a")).unwrap();
    let links =
        [("one", "private"), ("a/two", "../Private/plan.md"), ("a/three", "../b/.env"), ("four", "a")];
    for (name, target) in links {
        std::os::unix::fs::symlink(target, folder.join(name)).unwrap();
    }
    world.commit(&[]);
    let report = world.push();
    assert_eq!(rules(&report), ["G012"; 3]);
    assert_eq!(rules(&world.push_to(PRIVATE, "main", "refs/heads/main")), [""; 0]);
}

#[test]
fn submodules_come_from_where_the_public_can_go() {
    let modules = |url: &str| format!("[submodule \"x\"]\n\tpath = x\n\turl = {url}\n");
    let world = World::new();
    for (url, is_found) in [
        ("https://git.example/open.git", false),
        ("../open.git", false),
        ("https://git.example/private", true),
        ("https://t0ken@git.example/open.git", true),
        ("git@git.example:open.git", true),
        ("/srv/open.git", true),
        ("ext::sh -c x", true),
    ] {
        world.commit(&[(".gitmodules", &modules(url))]);
        let report = world.push();
        assert_eq!(rules(&report).last(), is_found.then_some(&"G013"), "{url}");
        world.git(&["reset", "-q", "--hard", "HEAD~1"]);
    }
    world.commit(&[(".gitmodules", &modules("git@git.example:open.git"))]);
    world.policy("[submodules]\npublic_urls = [\"ssh://git.example/*\"]\n");
    assert_eq!(rules(&world.push()), [""; 0]);
    world.commit(&[(".gitmodules", "[torn")]);
    assert_eq!(world.push().exit(), Exit::Unchecked);
}

#[test]
fn a_tree_that_is_nested_to_billions_of_paths_blocks_in_time() {
    let world = World::new();
    let mut item = crate::git::raw::TreeItem { mode: FILE, name: Vec::new(), id: world.blob("x\n") };
    for _ in 0..12 {
        let named = |name: u8| crate::git::raw::TreeItem { name: vec![b'a' + name], ..item.clone() };
        let items: Vec<_> = (0..10).map(named).collect();
        let id = world.repo().write_tree_items(&items).unwrap();
        item = crate::git::raw::TreeItem { mode: FOLDER, name: Vec::new(), id };
    }
    let bomb: crate::model::object::ObjectId =
        world.git(&["commit-tree", "-m", "bomb", &item.id.to_string()]).parse().unwrap();
    let repo = world.repo();
    let policy = Policy::of(&repo, &[]).unwrap();
    let destination = Destination::of(&repo, "there", PUBLIC).unwrap();
    let target = "refs/heads/bomb".to_owned();
    let updates = [Update { source: target.clone(), new: Some(bomb), target, old: None }];
    let limits = Limits::within(std::time::Duration::from_millis(300));
    let report = check(&repo, &destination, &updates, &policy, &limits).unwrap();
    assert_eq!(report.exit(), Exit::Unchecked);
}
