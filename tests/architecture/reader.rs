//! Reads Rust sources as far as the laws need it.

use std::fs;
use std::path::Path;

/// A source file.
pub struct Source {
    /// From `src/`: `run/attempt.rs`.
    pub path: String,
    /// As it is on disk.
    pub text: String,
    /// Comments and literals blanked, test modules cut out; line breaks stay where they are.
    pub code: String,
}

/// A path such as `crate::git::repo::Repo`, written out, and the line it stands in.
pub type Named = (usize, String);

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let code = without_tests(&blanked(text));
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// Every `.rs` file below `root`.
    pub fn all(root: &Path) -> Vec<Self> {
        let (mut folders, mut found) = (vec![root.to_path_buf()], Vec::new());
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                    found.push(Self::new(&name, &fs::read_to_string(&path).unwrap()));
                }
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// The folder, or the name of a file at the top: `run`, `clock`.
    pub fn room(&self) -> &str {
        self.path.split('/').next().unwrap().trim_end_matches(".rs")
    }

    /// Its words as a module: `run::attempt`; a `mod.rs` is its folder.
    pub fn module(&self) -> String {
        self.path.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::")
    }

    /// Whether it is compiled for tests only.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// Every path that the code names; groups of a `use` are written out one by one.
    pub fn named(&self) -> Vec<Named> {
        let (code, mut found, mut at) = (self.code.as_bytes(), Vec::new(), 0);
        let (mut line, mut counted) = (1, 0);
        while at < code.len() {
            if !is_word(code[at]) || at > 0 && is_word(code[at - 1]) {
                at += 1;
                continue;
            }
            line += code[counted..at].iter().filter(|byte| **byte == b'\n').count();
            counted = at;
            let mut paths = Vec::new();
            at = tree(code, at, "", &mut paths);
            found.extend(paths.into_iter().map(|path| (line, path)));
        }
        found
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn skip_space(code: &[u8], mut at: usize) -> usize {
    while code.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// Reads `a::b::{c, d::e}` from `at`; returns where it ends.
fn tree(code: &[u8], mut at: usize, prefix: &str, found: &mut Vec<String>) -> usize {
    let mut path = prefix.to_owned();
    loop {
        at = skip_space(code, at);
        match code.get(at) {
            Some(b'{') if path.ends_with("::") => {
                at += 1;
                loop {
                    at = skip_space(code, at);
                    match code.get(at) {
                        Some(b'}') => return at + 1,
                        Some(byte) if is_word(*byte) || *byte == b'*' => at = tree(code, at, &path, found),
                        Some(_) => at += 1,
                        None => return at,
                    }
                }
            }
            Some(byte) if is_word(*byte) || *byte == b'*' && path.ends_with("::") => {
                let start = at;
                at += 1;
                while code.get(at).is_some_and(|byte| is_word(*byte)) {
                    at += 1;
                }
                path.push_str(&String::from_utf8_lossy(&code[start..at]));
            }
            _ => break,
        }
        let next = skip_space(code, at);
        if !code[next..].starts_with(b"::") {
            break;
        }
        path.push_str("::");
        at = next + 2;
    }
    if code.get(skip_space(code, at)) == Some(&b'!') {
        path.push('!');
    }
    found.push(path);
    at
}

/// Comments, strings and characters become blanks.
fn blanked(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (bytes.to_vec(), 0);
    while at < bytes.len() {
        let end = literal_end(bytes, at);
        if end == at {
            at += 1;
            continue;
        }
        out[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        at = end;
    }
    String::from_utf8(out).unwrap()
}

/// Where the comment or literal that begins at `at` ends; `at` where none does.
fn literal_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let find = |from: usize, what: &[u8]| {
        let found = bytes[from..].windows(what.len()).position(|window| window == what);
        found.map_or(bytes.len(), |found| from + found + what.len())
    };
    if rest.starts_with(b"//") {
        return find(at, b"\n").saturating_sub(1).max(at + 2);
    }
    if rest.starts_with(b"/*") {
        return block_comment_end(bytes, at);
    }
    let in_word = at > 0 && is_word(bytes[at - 1]);
    if !in_word {
        let start = if rest.starts_with(b"br") || rest.starts_with(b"cr") { 2 } else { 1 };
        let hashes = rest.get(start..).unwrap_or_default().iter().take_while(|byte| **byte == b'#').count();
        if rest[..start].ends_with(b"r") && rest.get(start + hashes) == Some(&b'"') {
            return find(at + start + hashes + 1, &[b"\"".as_slice(), &vec![b'#'; hashes]].concat());
        }
    }
    match rest {
        [b'"', ..] => escaped_end(bytes, at + 1, b'"'),
        [b'\'', b'\\', ..] => escaped_end(bytes, at + 1, b'\''),
        // A lifetime has no quote behind its letter; a character has it within four bytes.
        [b'\'', ..] => {
            let letter = std::str::from_utf8(&rest[1..]).ok().and_then(|text| text.chars().next());
            let length = 1 + letter.map_or(1, char::len_utf8);
            if rest.get(length) == Some(&b'\'') { at + length + 1 } else { at }
        }
        _ => at,
    }
}

fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0);
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if bytes[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn escaped_end(bytes: &[u8], mut at: usize, quote: u8) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Blanks the bodies of `#[cfg(test)] mod … { … }`.
fn without_tests(code: &str) -> String {
    let mut out = code.as_bytes().to_vec();
    for (start, mark) in code.match_indices("#[cfg(test)]") {
        let after = skip_space(code.as_bytes(), start + mark.len());
        let Some(open) = code[after..].find(['{', ';']).map(|found| after + found) else { continue };
        if code.as_bytes()[open] == b';' {
            continue;
        }
        let end = block_end(code.as_bytes(), open);
        out[start..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    String::from_utf8(out).unwrap()
}

/// Where the block that opens at `open` ends.
pub fn block_end(code: &[u8], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}
