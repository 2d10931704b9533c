//! From `gx run` to `gx restore --into`: every kind of file comes back as it was.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::{held, is_the_whole_tree, paths, restore, take};
use crate::support::Lab;

fn is_executable(path: &Path) -> bool {
    fs::metadata(path).unwrap().permissions().mode() & 0o100 != 0
}

#[test]
fn links_executables_and_names_of_any_bytes_come_back_as_they_were() {
    let lab = Lab::new();
    lab.write("run.sh", "#!/bin/sh\n");
    lab.write("plain", "plain\n");
    lab.commit("tools");
    fs::set_permissions(lab.path("run.sh"), Permissions::from_mode(0o755)).unwrap();
    let names: [&[u8]; 7] = [
        b"new\nline",
        b"tab\tand \"quotes\"",
        b"\xff\xfe.bin",
        b" space ",
        b"-dash",
        b"*glob?",
        b":(top)magic",
    ];
    for name in names {
        lab.write(OsStr::from_bytes(name), [name, b"!"].concat());
    }
    symlink("train.py", lab.path("link")).unwrap();
    symlink("nowhere/at all", lab.path("dangling")).unwrap();
    symlink(OsStr::from_bytes(b"\xff"), lab.path("to-bytes")).unwrap();
    lab.write("empty", "");
    lab.write("binary", [0, 159, 146, 150, 13, 10, 0]);
    take(&lab);
    is_the_whole_tree(&lab);
    let back = restore(&lab, "back");
    for name in names {
        assert!(paths(&lab).iter().any(|path| path == name), "{name:?}");
        assert_eq!(fs::read(back.join(OsStr::from_bytes(name))).unwrap(), [name, b"!"].concat());
    }
    for name in ["link", "dangling", "to-bytes"] {
        assert_eq!(fs::read_link(back.join(name)).unwrap(), fs::read_link(lab.path(name)).unwrap());
    }
    assert!(is_executable(&back.join("run.sh")) && !is_executable(&back.join("plain")));
    assert_eq!(fs::read(back.join("binary")).unwrap(), [0, 159, 146, 150, 13, 10, 0]);
    assert_eq!(fs::read(back.join("empty")).unwrap(), b"");
}

#[test]
fn strange_names_are_kept_and_discarded_like_any_other() {
    let lab = Lab::new();
    let name = OsStr::from_bytes(b"odd\n\xff name");
    lab.write(name, "one\n");
    lab.commit("odd");
    lab.run("baseline", &[]).exits(0);
    lab.write(name, "two\n");
    lab.try_value("0.9").exits(0);
    assert_eq!(lab.status(), "");
    lab.write(name, "three\n");
    lab.try_value("1.5").exits(10);
    assert_eq!((lab.read(name).as_str(), lab.status().as_str()), ("two\n", ""));
    lab.fsck();
}

#[test]
fn a_submodule_with_a_new_commit_is_recorded_as_that_commit_and_never_touched() {
    let lab = Lab::new();
    let upstream = lab.path("../upstream");
    let at = upstream.to_str().unwrap();
    lab.git(&["init", "-q", at]);
    lab.git(&["-C", at, "commit", "-q", "--allow-empty", "-m", "one"]);
    lab.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", at, "sub"]);
    lab.commit("a submodule");
    lab.run("baseline", &[]).exits(0);
    lab.git(&["-C", "sub", "commit", "-q", "--allow-empty", "-m", "two"]);
    let moved = lab.git(&["-C", "sub", "rev-parse", "HEAD"]).trim().to_owned();
    lab.try_value("1.5").exits(10);
    assert_eq!(lab.rev("refs/experiments/exp-2:sub"), moved);
    assert_eq!(lab.git(&["-C", "sub", "rev-parse", "HEAD"]).trim(), moved);
    assert_eq!(lab.status(), " M sub\n");
    let back = restore(&lab, "back");
    assert_eq!(fs::read_dir(back.join("sub")).unwrap().count(), 0);
    lab.fsck();
}

#[test]
fn clean_and_smudge_filters_run() {
    let lab = Lab::new();
    lab.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    lab.git(&["config", "filter.upper.smudge", "tr A-Z a-z"]);
    lab.write(".gitattributes", "*.up filter=upper\n");
    lab.write("tracked.up", "weights\n");
    lab.commit("filters");
    lab.write("tracked.up", "better weights\n");
    lab.write("new.up", "new weights\n");
    take(&lab);
    assert_eq!(
        (held(&lab, "tracked.up"), held(&lab, "new.up")),
        ("BETTER WEIGHTS\n".into(), "NEW WEIGHTS\n".into())
    );
    is_the_whole_tree(&lab);
    let back = restore(&lab, "back");
    assert_eq!(fs::read_to_string(back.join("tracked.up")).unwrap(), "better weights\n");
    assert_eq!(fs::read_to_string(back.join("new.up")).unwrap(), "new weights\n");
}

#[test]
fn a_filtered_file_is_discarded_and_kept_through_its_filters() {
    let lab = Lab::new();
    lab.git(&["config", "filter.upper.clean", "tr a-z A-Z"]);
    lab.git(&["config", "filter.upper.smudge", "tr A-Z a-z"]);
    lab.write(".gitattributes", "*.up filter=upper\n");
    lab.write("tracked.up", "weights\n");
    lab.commit("filters");
    lab.run("baseline", &[]).exits(0);
    lab.write("tracked.up", "worse\n");
    lab.try_value("1.5").exits(10);
    assert_eq!((lab.read("tracked.up"), lab.status()), ("weights\n".into(), String::new()));
    lab.write("tracked.up", "better\n");
    lab.try_value("0.9").exits(0);
    assert_eq!((lab.read("tracked.up"), lab.status()), ("better\n".into(), String::new()));
    assert_eq!(lab.git(&["show", "HEAD:tracked.up"]), "BETTER\n");
    lab.fsck();
}

#[test]
fn line_endings_are_converted_as_git_is_told_to() {
    let lab = Lab::new();
    lab.git(&["config", "core.autocrlf", "true"]);
    lab.write("windows.txt", "one\r\ntwo\r\n");
    take(&lab);
    assert_eq!(held(&lab, "windows.txt"), "one\ntwo\n");
    is_the_whole_tree(&lab);
    assert_eq!(fs::read(restore(&lab, "back").join("windows.txt")).unwrap(), b"one\r\ntwo\r\n");
    assert_eq!(fs::read(lab.path("windows.txt")).unwrap(), b"one\r\ntwo\r\n");
}
