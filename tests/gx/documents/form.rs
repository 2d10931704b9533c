//! The form of the documents: what merges break in Markdown, where no compiler sees it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::{document, root};

/// Every Markdown file of the package, by its path from the top.
fn documents() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            let is_made =
                |path: &PathBuf| ["target", ".git", "corpus"].iter().any(|name| path.ends_with(name));
            if path.is_dir() && !is_made(&path) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// What is wrong with the code blocks of a text: each is opened and closed, and stands apart from the words around it.
fn bad_fences(text: &str) -> Vec<String> {
    let (mut wrong, mut open) = (Vec::new(), None);
    let lines: Vec<&str> = text.lines().collect();
    let is_blank = |line: Option<&&str>| line.is_none_or(|line| line.is_empty());
    for (number, line) in lines.iter().enumerate() {
        let Some(word) = line.trim_start().strip_prefix("```") else { continue };
        let mut tell = |what: String| wrong.push(format!("line {}: {what}", number + 1));
        match open {
            None => {
                if number > 0 && !is_blank(lines.get(number - 1)) {
                    tell("no blank line before a code block".to_owned());
                }
                open = Some(number + 1);
            }
            Some(_) if word.is_empty() => {
                if !is_blank(lines.get(number + 1)) {
                    tell("no blank line behind a code block".to_owned());
                }
                open = None;
            }
            Some(began) => {
                tell(format!("`{line}` within the block that begins in line {began}"));
                open = Some(number + 1);
            }
        }
    }
    wrong.extend(open.map(|began| format!("line {began}: a code block without an end")));
    wrong
}

/// Lines that a text has twice; rows of a table by their first cell, ordinary lines where they are long.
fn told_twice(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let (mut twice, mut table) = (Vec::new(), 0);
    let mut is_code = false;
    for (number, line) in text.lines().enumerate() {
        is_code ^= line.trim_start().starts_with("```");
        if !line.starts_with('|') {
            table = number;
        }
        let key = match line.strip_prefix("| ").and_then(|row| row.split_once(" | ")) {
            Some((first, _)) => format!("{table} {first}"),
            None if line.len() > 60 && !is_code => line.to_owned(),
            None => continue,
        };
        if !seen.insert(key) {
            twice.push(format!("line {}: `{line:.60}` was there before", number + 1));
        }
    }
    twice
}

#[test]
fn code_blocks_end_and_nothing_is_swallowed_or_told_twice() {
    let all = documents();
    assert!(all.len() > 10 && all.contains(&"docs/architecture.md".to_owned()), "{all:?}");
    for name in all {
        let text = document(&name);
        let wrong = [bad_fences(&text), told_twice(&text)].concat();
        assert!(wrong.is_empty(), "{name}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn a_broken_document_is_noticed() {
    let fine = "a\n\n```sh\ncargo test\n```\n\nb\n";
    assert_eq!(bad_fences(fine), Vec::<String>::new());
    let swallowed = "a\n\n```sh\none\nThe text.\n\n```sh\ntwo\n```\n";
    assert_eq!(bad_fences(swallowed), ["line 7: ````sh` within the block that begins in line 3"]);
    assert_eq!(bad_fences("```sh\none\n"), ["line 1: a code block without an end"]);
    assert_eq!(bad_fences("```sh\none\n```\ntext\n"), ["line 3: no blank line behind a code block"]);
    let rows = "| room | what |\n|---|---|\n| `a/` | one |\n| `a/` | two |\n\n| `a/` | in another table |\n";
    assert_eq!(told_twice(rows), ["line 4: `| `a/` | two |` was there before"]);
    let line = "a line of more than sixty letters, which no text has twice by chance";
    assert_eq!(told_twice(&format!("{line}\n\n{line}\n")).len(), 1);
}

/// The names in the first cells of the table of rooms.
fn rooms(architecture: &str) -> Vec<String> {
    let from = architecture.split("## The rooms").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = from.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next().map(str::to_owned));
    rows.collect()
}

#[test]
fn each_room_has_one_row_in_the_map_of_the_house() {
    let mut named = rooms(&document("docs/architecture.md"));
    let is_room = |path: &Path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match path.is_dir() {
            true => Some(name + "/"),
            false => Some(name).filter(|name| !["lib.rs", "main.rs"].contains(&name.as_str())),
        }
    };
    let folder = fs::read_dir(root().join("src")).unwrap();
    let mut there: Vec<String> = folder.filter_map(|file| is_room(&file.unwrap().path())).collect();
    named.sort();
    there.sort();
    assert_eq!(named, there);
}
