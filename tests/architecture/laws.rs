//! The laws, one function each; every broken one is a line that says where and what.

use std::collections::{BTreeMap, BTreeSet};

use crate::reader::{Source, block_end};

/// The rooms, floor by floor; `lib` only lists them.
const FLOORS: [&[&str]; 10] = [
    // Floor 0 has a cellar: what every word of the domain may say.
    &["error", "clock"],
    &["model"],
    &["process"],
    // Below the rooms that it configures.
    &["config"],
    &["git", "gpu"],
    &["store", "research", "mirror", "dispatch", "lanes"],
    &["report", "run", "lab"],
    &["ui", "serve"],
    &["cli"],
    &["main"],
];

/// More than this and a file tells more than one story.
const MAX_LINES: usize = 300;

/// Everything that is broken.
pub fn broken(sources: &[Source]) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources {
        broken.extend(form(source));
        if !source.is_test() {
            broken.extend(imports(source));
            broken.extend(outside(source));
        }
    }
    broken.extend(circle(sources));
    broken
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn at(source: &Source, line: usize, what: &str) -> String {
    format!("src/{}:{line}: {what}", source.path)
}

/// What a path says from the top of this crate, if it does: `git::repo::Repo`.
fn inside(path: &str) -> Option<&str> {
    path.strip_prefix("crate::").or_else(|| path.strip_prefix("gx::"))
}

/// Law 1: only from floors below, or from the own room; siblings by their path.
pub fn imports(source: &Source) -> Vec<String> {
    if source.room() == "lib" {
        return Vec::new();
    }
    let Some(own) = floor(source.room()) else {
        return vec![at(source, 1, &format!("`{}` stands on no floor", source.room()))];
    };
    let mut broken = Vec::new();
    for (line, path) in source.named() {
        let Some(target) = inside(&path).and_then(|path| path.split("::").next()) else { continue };
        match floor(target) {
            _ if target == source.room() => {}
            Some(other) if other < own => {}
            Some(_) => broken.push(at(source, line, &format!("`{path}` is not below `{}`", source.room()))),
            None => broken.push(at(source, line, &format!("`{path}` names no room"))),
        }
    }
    for (line, path) in outer(source).named() {
        if path.starts_with("super::") {
            broken.push(at(source, line, &format!("`{path}`: siblings are named by their path")));
        }
    }
    broken
}

/// The source without its inline modules, in which `super` is the file itself.
fn outer(source: &Source) -> Source {
    let mut code = source.code.clone().into_bytes();
    for (start, _) in source.code.match_indices("mod ") {
        let Some(open) = source.code[start..].find(['{', ';']).map(|found| start + found) else { continue };
        if code[open] == b'{' {
            let end = block_end(source.code.as_bytes(), open);
            code[open..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
    }
    Source { path: source.path.clone(), text: String::new(), code: String::from_utf8(code).unwrap() }
}

/// Law 1: no circles between files.
pub fn circle(sources: &[Source]) -> Option<String> {
    let real: Vec<&Source> = sources.iter().filter(|source| !source.is_test()).collect();
    let modules: BTreeSet<String> = real.iter().map(|source| source.module()).collect();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in &real {
        for (_, path) in source.named() {
            let Some(path) = inside(&path) else { continue };
            let words: Vec<&str> = path.split("::").collect();
            let longest = (1..=words.len()).rev().map(|length| words[..length].join("::"));
            let target = longest.into_iter().find(|module| modules.contains(module));
            if let Some(target) = target.filter(|target| *target != source.module()) {
                edges.entry(source.module()).or_default().insert(target);
            }
        }
    }
    // What imports nothing that is left can be in no circle.
    let mut left = modules;
    loop {
        let free: Vec<String> = left
            .iter()
            .filter(|module| edges.get(*module).is_none_or(|targets| targets.is_disjoint(&left)))
            .cloned()
            .collect();
        if free.is_empty() {
            break;
        }
        free.iter().for_each(|module| {
            left.remove(module);
        });
    }
    let start = left.first()?;
    let mut way = vec![start.clone()];
    loop {
        let next = edges[way.last()?].iter().find(|target| left.contains(*target))?.clone();
        if let Some(first) = way.iter().position(|module| *module == next) {
            return Some(format!("import circle: {} -> {next}", way[first..].join(" -> ")));
        }
        way.push(next);
    }
}

/// Law 2: one outside thing, one room.
pub fn outside(source: &Source) -> Vec<String> {
    let mut broken = Vec::new();
    for (line, path) in source.named() {
        let words: Vec<&str> = path.split("::").collect();
        let owner: Option<&[&str]> = match words[0] {
            // Not even the whole room: the rest of it is written on traits.
            "git2" if source.path.starts_with("git/engine/libgit2/") => None,
            "git2" => Some(&["git/engine/libgit2"]),
            "nvml_wrapper" => Some(&["gpu"]),
            "rusqlite" => Some(&["store"]),
            "tokio" | "axum" | "rmcp" => Some(&["serve"]),
            "println!" | "print!" | "eprintln!" | "eprint!" => Some(&["ui", "main"]),
            _ => path_owner(&words),
        };
        if let Some(owner) = owner.filter(|owner| !owner.contains(&source.room())) {
            broken.push(at(source, line, &format!("`{path}` belongs into {}", owner.join(" or "))));
        }
    }
    broken
}

fn path_owner(words: &[&str]) -> Option<&'static [&'static str]> {
    if words[0] == "crate" {
        return None;
    }
    words.windows(2).find_map(|pair| match pair {
        ["process", "Command" | "CommandExt" | "Child" | "Stdio" | "*"] => Some(&["process"][..]),
        ["io", "stdout" | "stderr" | "Stdout" | "Stderr"] => Some(&["ui", "main"][..]),
        _ => None,
    })
}

/// Law 3, and what every file has: its caption and a size that can be read at once.
pub fn form(source: &Source) -> Vec<String> {
    let mut broken = Vec::new();
    if !source.text.starts_with("//! ") {
        broken.push(at(source, 1, "no `//!` says what the file is"));
    }
    let lines = source.text.lines().count();
    if lines > MAX_LINES && !source.is_test() {
        broken.push(at(source, lines, &format!("{lines} lines are more than {MAX_LINES}")));
    }
    if source.path.ends_with("mod.rs") || source.path == "lib.rs" {
        for (number, line) in source.text.lines().enumerate() {
            let declares = ["mod ", "pub mod ", "pub(crate) mod ", "pub(super) mod "]
                .iter()
                .any(|start| line.starts_with(start) && line.ends_with(';'));
            if !(line.is_empty() || line.starts_with("//!") || declares) {
                broken.push(at(source, number + 1, "a `mod.rs` holds `//!` and `mod` lines, nothing else"));
            }
        }
    }
    broken
}
