//! The laws of the house (`docs/architecture.md`), kept by reading the sources.
//!
//! The reading is plain text work: comments and strings are blanked, test modules cut out, then `use` trees
//! and paths are looked at. Each law is a function over [`Source`], so that it can be shown to fail.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

#[path = "architecture/laws.rs"]
mod laws;
#[path = "architecture/reader.rs"]
mod reader;
#[path = "architecture/samples.rs"]
mod samples;

use std::path::Path;

use reader::Source;

#[test]
fn the_sources_keep_the_laws() {
    let sources = Source::all(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")));
    assert!(sources.len() > 100, "the sources were not found: {}", sources.len());
    let broken = laws::broken(&sources);
    assert!(broken.is_empty(), "the laws of docs/architecture.md are broken:\n{}", broken.join("\n"));
}
