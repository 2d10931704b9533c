//! Whatever was edited before, during and after: what the user had and the experiment did not change stays.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::Lab;

/// Plain, in folders, with blanks, quotes, newlines, pattern letters, a leading dash, and not UTF-8.
const NAMES: [&[u8]; 10] = [
    b"a.py",
    b"src/b.py",
    b"src/deep/c.py",
    b"with blank",
    b"qu\"ote",
    b"new\nline",
    b"[ab]*.py",
    b"-dash",
    b"latin-\xe9",
    b":(top)x",
];

/// What can happen to a path.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Write(u8),
    Executable(u8),
    Link(u8),
    Delete,
}

/// A path, what happens to it, and whether it is staged right after.
type Step = (usize, Edit, bool);

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let edit = prop_oneof![
        4 => (0..6u8).prop_map(Edit::Write),
        2 => (0..6u8).prop_map(Edit::Executable),
        1 => (0..3u8).prop_map(Edit::Link),
        2 => Just(Edit::Delete),
    ];
    prop::collection::vec((0..NAMES.len(), edit, any::<bool>()), 0..most)
}

/// What lies at a path: the kind of file, and its content.
type Found = Option<(char, Vec<u8>)>;

impl Edit {
    fn result(self) -> Found {
        match self {
            Self::Write(text) => Some(('f', format!("text {text}\n").into_bytes())),
            Self::Executable(text) => Some(('x', format!("text {text}\n").into_bytes())),
            Self::Link(target) => Some(('l', format!("target {target}").into_bytes())),
            Self::Delete => None,
        }
    }
}

fn put(lab: &Lab, folder: &str, name: &[u8], found: &Found) {
    let path = lab.path(folder).join(OsStr::from_bytes(name));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    if fs::symlink_metadata(&path).is_ok() {
        fs::remove_file(&path).unwrap();
    }
    match found {
        Some(('l', target)) => symlink(OsStr::from_bytes(target), &path).unwrap(),
        Some((kind, text)) => {
            fs::write(&path, text).unwrap();
            let mode = if *kind == 'x' { 0o755 } else { 0o644 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        None => {}
    }
}

fn take(lab: &Lab, steps: &[Step]) {
    for (place, edit, is_staged) in steps {
        put(lab, "", NAMES[*place], &edit.result());
        if *is_staged {
            // A path that Git never knew cannot be staged as deleted; then nothing is to be done.
            let mut git = lab.command("git");
            git.args(["--literal-pathspecs", "add", "-A", "--"]).arg(OsStr::from_bytes(NAMES[*place]));
            git.output().unwrap();
        }
    }
}

fn found(lab: &Lab, name: &[u8]) -> Found {
    let path = lab.path(OsStr::from_bytes(name));
    let meta = fs::symlink_metadata(&path).ok()?;
    if meta.is_symlink() {
        return Some(('l', fs::read_link(&path).unwrap().as_os_str().as_bytes().to_vec()));
    }
    let kind = if meta.permissions().mode() & 0o100 != 0 { 'x' } else { 'f' };
    Some((kind, fs::read(&path).unwrap()))
}

fn all(lab: &Lab) -> BTreeMap<&'static [u8], Found> {
    NAMES.into_iter().map(|name| (name, found(lab, name))).collect()
}

/// What a tree holds at a path, read with git alone.
fn in_tree(lab: &Lab, tree: &str, name: &[u8]) -> Found {
    let mut git = lab.command("git");
    git.args(["--literal-pathspecs", "ls-tree", "-z", tree, "--"]).arg(OsStr::from_bytes(name));
    let listed = git.output().unwrap().stdout;
    let head = listed.split(|byte| *byte == b'\t').next().unwrap();
    let words: Vec<&str> = std::str::from_utf8(head).unwrap().split(' ').collect();
    let [mode, _, id] = words[..] else { return None };
    let kind = match mode {
        "120000" => 'l',
        "100755" => 'x',
        _ => 'f',
    };
    Some((kind, lab.command("git").args(["cat-file", "blob", id]).output().unwrap().stdout))
}

fn statuses(lab: &Lab) -> BTreeMap<Vec<u8>, [u8; 2]> {
    let mut git = lab.command("git");
    git.args(["status", "--porcelain", "-z", "-uall", "--no-renames"]);
    let told = git.output().unwrap().stdout;
    let lines = told.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    lines.map(|line| (line[3..].to_vec(), [line[0], line[1]])).collect()
}

#[derive(Clone, Debug)]
struct Story {
    committed: Vec<Step>,
    before_init: Vec<Step>,
    before_run: Vec<Step>,
    during: Vec<Step>,
    has_editable: bool,
    value: &'static str,
}

fn stories() -> impl Strategy<Value = Story> {
    let value = prop_oneof![Just("0.5"), Just("1.001"), Just("2.0"), Just("nan")];
    (steps(12), steps(6), steps(8), steps(4), any::<bool>(), value).prop_map(
        |(committed, before_init, before_run, during, has_editable, value)| Story {
            committed,
            before_init,
            before_run,
            during,
            has_editable,
            value,
        },
    )
}

/// Whether `run.editable` of these stories names a path.
fn is_editable(name: &[u8]) -> bool {
    name == b"a.py" || name.starts_with(b"src/")
}

/// Lays out in `../next` what the trainer is to put into the work tree, and gives the script that does it.
fn trainer(lab: &Lab, story: &Story) -> String {
    let mut script = String::new();
    for (turn, (place, edit, _)) in story.during.iter().enumerate() {
        let made = format!("../next/{turn}");
        put(lab, "", made.as_bytes(), &edit.result());
        // Names go through a file, since arguments of this script must be text.
        lab.write(format!("../next/{turn}.name"), [NAMES[*place], b"/"].concat());
        script.push_str(&format!(
            "n=$(cat ../next/{turn}.name); n=./${{n%/}}; rm -f \"$n\"; mkdir -p \"$(dirname \"$n\")\"; \
             if [ -e {made} ] || [ -L {made} ]; then mv {made} \"$n\"; fi; "
        ));
    }
    script + &format!("printf -- '---\\nval_bpb: {}\\n'", story.value)
}

fn check(story: &Story) {
    let mut lab = Lab::new();
    if story.has_editable {
        lab = lab.with("GX_RUN_EDITABLE", "a.py, src/");
    }
    take(&lab, &story.committed);
    lab.git(&["add", "-A"]);
    lab.git(&["commit", "-q", "--allow-empty", "-m", "files"]);
    take(&lab, &story.before_init);
    lab.gx(&["init", "--no-commit"]).exits(0);
    lab.run_script("printf -- '---\\nval_bpb: 1.0\\n'", &["--leave"]).exits(0);
    let at_mark = all(&lab);
    let mark_untracked = statuses(&lab);
    take(&lab, &story.before_run);
    let (ran, status, head) = (all(&lab), statuses(&lab), lab.rev("HEAD"));
    let script = trainer(&lab, story);
    let meddled: Vec<&[u8]> = story.during.iter().map(|(place, ..)| NAMES[*place]).collect();
    let told = lab.run_script(&script, &[]).json();
    let is_kept = told["status"] == "keep";
    let (after, after_status) = (all(&lab), statuses(&lab));
    for name in NAMES {
        let shown = String::from_utf8_lossy(name).into_owned();
        assert_eq!(in_tree(&lab, "refs/experiments/exp-2", name), ran[name], "{shown} in the snapshot");
        let committed = in_tree(&lab, &head, name);
        let is_untracked = status.get(name) == Some(b"??");
        let is_dirty = ran[name] != committed;
        let is_candidate = is_dirty
            && if story.has_editable {
                is_editable(name)
            } else {
                let was_dirty = at_mark[name] != committed || mark_untracked.contains_key(name);
                !is_untracked && (!was_dirty || at_mark[name] != ran[name])
            };
        if meddled.contains(&name) {
            continue;
        }
        if !is_candidate {
            assert_eq!(after[name], ran[name], "{shown} is the user's: {told:#}");
            if is_kept {
                assert_eq!(in_tree(&lab, "HEAD", name), committed, "{shown} is not committed");
            }
            assert_eq!(after_status.get(name), status.get(name), "git status of {shown}: {told:#}");
        } else if is_kept {
            assert_eq!(
                (&after[name], &in_tree(&lab, "HEAD", name)),
                (&ran[name], &ran[name]),
                "{shown} kept"
            );
        } else {
            assert_eq!(after[name], at_mark[name], "{shown} is put back: {told:#}");
        }
    }
    if !is_kept {
        assert_eq!(lab.rev("HEAD"), head);
    }
    lab.fsck();
}

#[test]
fn what_is_not_the_experiments_is_byte_identical_afterwards_and_the_rest_is_as_specified() {
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
        .run(&stories(), |story| {
            check(&story);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
}
