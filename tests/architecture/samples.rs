//! Snippets that break one law each: a test that cannot fail is a defect.

use crate::laws::{broken, circle, form, imports, outside};
use crate::reader::Source;

fn source(path: &str, code: &str) -> Source {
    Source::new(path, &format!("//! What it is.\n\n{code}\n"))
}

#[track_caller]
fn says(found: &[String], part: &str) {
    assert!(found.len() == 1 && found[0].contains(part), "wanted one line with `{part}`: {found:#?}");
}

#[test]
fn an_import_that_climbs_is_found_however_it_is_written() {
    for code in [
        "use crate::cli::app;",
        "use crate::{model::id, cli::app};",
        "use crate::{\n    model::{id, path},\n    cli::{app::{App}},\n};",
        "fn f() { crate::cli::app::tree(); }",
        "fn f() -> crate :: cli :: app :: App { todo }",
        "type T = Vec<crate::cli::app::App>;",
        "pub use crate::cli::app as x;",
        "const A: &str = \"\\\"\"; use crate::cli::app;",
        "const A: char = '\"'; use crate::cli::app; const B: char = '\"';",
        "fn f<'a>(x: &'a str) { crate::cli::app::g(x) }",
    ] {
        let found = imports(&source("store/x.rs", code));
        assert_eq!(found.iter().filter(|line| line.contains("crate::cli")).count(), 1, "{code}: {found:?}");
    }
    assert_eq!(imports(&source("cli/x.rs", "use crate::{run::attempt, model::id};")), [""; 0]);
    says(&imports(&source("main.rs", "use gx::nowhere::x;")), "names no room");
}

#[test]
fn rooms_on_one_floor_do_not_know_each_other() {
    says(&imports(&source("store/x.rs", "use crate::research::ranking;")), "src/store/x.rs:3");
    says(&imports(&source("report/x.rs", "use crate::run::event::Event;")), "not below `report`");
    assert_eq!(imports(&source("store/x.rs", "use crate::store::journal;")), [""; 0]);
}

#[test]
fn a_new_room_needs_a_floor() {
    says(&imports(&source("cellar/x.rs", "")), "`cellar` stands on no floor");
}

#[test]
fn siblings_are_named_by_their_path() {
    says(&imports(&source("git/x.rs", "use super::repo::Repo;")), "super::repo::Repo");
    assert_eq!(imports(&source("git/x.rs", "pub(super) fn f() {} mod y { use super::f; }")), [""; 0]);
}

#[test]
fn comments_strings_and_test_modules_are_not_code() {
    for code in [
        "// use crate::cli::app;",
        "/* use crate::cli::app; /* git2::Oid */ git2::Oid */",
        "const A: &str = \"crate::cli::app git2::Oid\";",
        "const A: &str = r#\"a \" crate::cli::app\"#;",
        "const A: &[u8] = br\"crate::cli::app\";",
        "#[cfg(test)]\nmod tests {\n    use crate::cli::app;\n    fn f() { println!(\"}\"); }\n}",
    ] {
        assert_eq!(broken(&[source("store/x.rs", code)]), [""; 0], "{code}");
    }
    says(&imports(&source("store/x.rs", "#[cfg(test)]\nmod tests {}\nuse crate::cli::app;")), "x.rs:5");
}

#[test]
fn what_is_outside_has_one_room() {
    for (code, owner) in [
        ("use git2::Oid;", "git/engine/libgit2"),
        ("fn f(x: git2::Oid) {}", "git/engine/libgit2"),
        ("use rusqlite::Connection;", "store"),
        ("use std::process::Command;", "process"),
        ("use std::{fs, process::{Command}};", "process"),
        ("fn f() { std::process::Command::new(\"git\"); }", "process"),
        ("use std::os::unix::process::CommandExt;", "process"),
        ("use std::process; fn f() { process::Command::new(\"git\"); }", "process"),
        ("fn f() { println!(\"x\"); }", "ui or main"),
        ("fn f() { eprint !(\"x\"); }", "ui or main"),
        ("fn f() { std::io::stdout().flush(); }", "ui or main"),
        ("use std::io::{self, Read}; fn f() { io::stderr().flush(); }", "ui or main"),
    ] {
        says(&outside(&source("run/x.rs", code)), &format!("belongs into {owner}"));
    }
    says(&outside(&source("git/x.rs", "use git2::Oid;")), "git/engine/libgit2");
    for (path, code) in [
        ("git/engine/libgit2/x.rs", "use git2::Oid;"),
        ("process/x.rs", "use std::process::Command;"),
        ("ui/x.rs", "fn f() { std::io::stdout().flush(); }"),
        ("cli/x.rs", "use std::io::{self, Read}; fn f() { io::stdin().read(); }"),
        ("run/x.rs", "use crate::process::command::Program; use std::process::ExitCode;"),
    ] {
        assert_eq!(outside(&source(path, code)), [""; 0], "{code}");
    }
}

#[test]
fn a_circle_is_found_and_told_as_a_way() {
    let circle_of_three = [
        source("git/a.rs", "use crate::git::b::B;"),
        source("git/b.rs", "use crate::{git::c::C, model::id};"),
        source("git/c.rs", "fn f() { crate::git::a::f() }"),
        source("git/d.rs", "use crate::git::a::A;"),
    ];
    assert_eq!(circle(&circle_of_three).unwrap(), "import circle: git::a -> git::b -> git::c -> git::a");
    assert_eq!(circle(&circle_of_three[1..]), None);
}

#[test]
fn a_mod_file_only_declares() {
    says(&form(&source("git/mod.rs", "pub mod repo;\n\npub use repo::Repo;")), "src/git/mod.rs:5");
    assert_eq!(form(&source("git/mod.rs", "pub mod repo;\nmod refs;")), [""; 0]);
}

#[test]
fn every_file_has_a_caption_and_a_size() {
    says(&form(&Source::new("git/x.rs", "use git2::Oid;\n")), "no `//!`");
    says(&form(&source("git/x.rs", &"// x\n".repeat(300))), "more than 300");
    assert_eq!(form(&source("git/x.rs", &"// x\n".repeat(297))), [""; 0]);
}
