//! A file that is being opened: what was told of it, and what may still come out, so that no bomb gets past.

use crate::mirror::guard::decode::part::{Part, View};

/// All that one file is unpacked to, in bytes.
const MOST_BYTES: usize = 128 << 20;

/// The largest single thing that is unpacked, in bytes.
const LARGEST: usize = 64 << 20;

/// So many things lie in all archives of a file.
const MOST_ENTRIES: usize = 50_000;

/// More than this for each byte that is packed is a bomb, if it is much.
const RATIO: usize = 200;

/// What may be unpacked of anything, however well it is packed.
const HARMLESS: usize = 8 << 20;

/// One file that is being opened, and what may still come out of it.
pub struct Opening<'t> {
    tell: &'t mut dyn FnMut(Part<'_>),
    into: Into,
    bytes: usize,
    entries: usize,
}

/// Looks into an item at some depth; given from above, since archives lie in archives.
pub type Into = fn(&mut Opening<'_>, &Item<'_>, usize);

/// Something to look into.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// Its whole name.
    pub name: &'a [u8],
    /// Its name in the innermost archive.
    pub inside: Option<&'a [u8]>,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl<'t> Opening<'t> {
    /// Nothing unpacked so far.
    pub fn new(tell: &'t mut dyn FnMut(Part<'_>), into: Into) -> Self {
        Self { tell, into, bytes: MOST_BYTES, entries: MOST_ENTRIES }
    }

    /// Tells what an item is, and all that is in it.
    pub fn look(&mut self, item: &Item<'_>, depth: usize) {
        (self.into)(self, item, depth);
    }

    /// Tells bytes that can be looked at, under the names of an item.
    pub fn view(&mut self, item: &Item<'_>, bytes: &[u8]) {
        (self.tell)(Part::View(View { name: item.name, inside: item.inside, bytes }));
    }

    /// Tells that nobody can look into something.
    pub fn opaque(&mut self, name: &[u8], why: &str) {
        (self.tell)(Part::Opaque { name, why });
    }

    /// Tells that something only begins as an archive does.
    pub fn broken(&mut self, name: &[u8], why: &str) {
        (self.tell)(Part::Broken { name, why });
    }

    /// Tells that something is a part of a history.
    pub fn history(&mut self, name: &[u8], what: &str) {
        (self.tell)(Part::History { name, what });
    }

    /// How many bytes may be unpacked of so many packed ones.
    pub fn limit(&self, packed: usize) -> usize {
        self.bytes.min(LARGEST).min(packed.saturating_mul(RATIO).max(HARMLESS))
    }

    /// Whether one more thing may be looked at; it has so many bytes.
    pub fn takes(&mut self, bytes: usize) -> bool {
        let is_left = self.entries > 0 && bytes <= self.bytes;
        self.entries = self.entries.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(bytes);
        is_left
    }
}
