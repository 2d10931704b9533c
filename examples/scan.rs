//! Scans files and folders for secrets on one thread, and says how fast: what `benches/guard` measures and compares.
//!
//! `scan [--hits] PATH…` prints a line of JSON per hit if asked, and last one with files, bytes, seconds and hits.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use gx::mirror::guard::secrets::scanner::Scanner;
use serde_json::json;

#[derive(Default)]
struct Sum {
    files: usize,
    bytes: usize,
    hits: usize,
    reading: Duration,
}

fn main() -> Result<()> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let is_listing = words.first().is_some_and(|word| word == "--hits");
    words.drain(..usize::from(is_listing));
    let began = Instant::now();
    let scanner = Scanner::new(None)?;
    let start = began.elapsed();
    let mut sum = Sum::default();
    let mut waiting: Vec<PathBuf> = words.iter().map(PathBuf::from).collect();
    while let Some(path) = waiting.pop() {
        let kind = fs::symlink_metadata(&path)?.file_type();
        if kind.is_dir() {
            waiting.extend(fs::read_dir(&path)?.filter_map(|entry| Some(entry.ok()?.path())));
        } else if kind.is_file() {
            scan(&scanner, &path, is_listing, &mut sum)?;
        }
    }
    let told = json!({
        "files": sum.files, "bytes": sum.bytes, "hits": sum.hits, "seconds": began.elapsed().as_secs_f64(),
        "start": start.as_secs_f64(), "reading": sum.reading.as_secs_f64(),
    });
    println!("{told}");
    Ok(())
}

fn scan(scanner: &Scanner, path: &Path, is_listing: bool, sum: &mut Sum) -> Result<()> {
    let began = Instant::now();
    let text = fs::read(path)?;
    sum.reading += began.elapsed();
    sum.files += 1;
    sum.bytes += text.len();
    for hit in scanner.scan(path.as_os_str().as_bytes(), &text) {
        sum.hits += 1;
        if is_listing {
            let secret = String::from_utf8_lossy(&hit.secret);
            println!("{}", json!({ "file": path, "rule": &*hit.rule, "line": hit.line, "secret": secret }));
        }
    }
    Ok(())
}
