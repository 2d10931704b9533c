//! Opens a file as far as it can be: archives in archives, within limits that no bomb gets past.

use crate::mirror::guard::decode::kind::{self, Kind};
use crate::mirror::guard::decode::part::{Part, View};
use crate::mirror::guard::decode::{archive, utf16};

/// Archives in archives, so deep.
const DEEPEST: usize = 4;

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

/// Tells every part of a file, the file itself first.
pub fn open(name: &[u8], content: &[u8], tell: &mut dyn FnMut(Part<'_>)) {
    let mut opening = Opening { tell, bytes: MOST_BYTES, entries: MOST_ENTRIES };
    opening.look(&Item { name, inside: None, bytes: content }, 0);
}

/// One file that is being opened, and what may still come out of it.
pub struct Opening<'t> {
    tell: &'t mut dyn FnMut(Part<'_>),
    bytes: usize,
    entries: usize,
}

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

impl Opening<'_> {
    /// Tells what an item is, and all that is in it.
    pub fn look(&mut self, item: &Item<'_>, depth: usize) {
        let Item { name, inside, bytes } = *item;
        (self.tell)(Part::View(View { name, inside, bytes }));
        if let Some(text) = utf16::text(bytes) {
            (self.tell)(Part::View(View { name, inside, bytes: text.as_bytes() }));
        }
        match kind::of(bytes) {
            Kind::Plain => {}
            Kind::Unknown(format) => self.opaque(name, &format!("{format} is not unpacked here")),
            _ if depth == DEEPEST => self.opaque(name, "archives lie in archives too deep"),
            Kind::Gzip => archive::gzip(self, item, depth + 1),
            Kind::Zip => archive::zip(self, item, depth + 1),
            Kind::Tar => archive::tar(self, item, depth + 1),
        }
    }

    /// Tells that nobody can look into something.
    pub fn opaque(&mut self, name: &[u8], why: &str) {
        (self.tell)(Part::Opaque { name, why });
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
