//! Opens a file as far as it can be: archives in archives, within limits.

use crate::mirror::guard::decode::kind::{self, Kind};
use crate::mirror::guard::decode::opening::{Item, Opening};
use crate::mirror::guard::decode::part::Part;
use crate::mirror::guard::decode::{archive, utf16};

/// Archives in archives, so deep.
const DEEPEST: usize = 4;

/// Tells every part of a file, the file itself first.
pub fn open(name: &[u8], content: &[u8], tell: &mut dyn FnMut(Part<'_>)) {
    Opening::new(tell, look).look(&Item { name, inside: None, bytes: content }, 0);
}

fn look(opening: &mut Opening<'_>, item: &Item<'_>, depth: usize) {
    opening.view(item, item.bytes);
    if let Some(text) = utf16::text(item.bytes) {
        opening.view(item, text.as_bytes());
    }
    let kind = kind::of(item.bytes);
    // What lies in an archive is told by its own name.
    if !matches!(kind, Kind::History(_) | Kind::Zip | Kind::Tar) {
        kind::history_in(item.bytes).into_iter().for_each(|what| opening.history(item.name, what));
    }
    match kind {
        Kind::Plain if depth < DEEPEST && kind::may_be_bare(item.bytes) => {
            archive::deflate(opening, item, depth + 1);
        }
        Kind::Plain => {}
        Kind::Unknown(format) => opening.opaque(item.name, &format!("{format} is not unpacked here")),
        Kind::History(what) => opening.history(item.name, what),
        _ if depth == DEEPEST => opening.opaque(item.name, "archives lie in archives too deep"),
        Kind::Gzip => archive::gzip(opening, item, depth + 1),
        Kind::Zip => archive::zip(opening, item, depth + 1),
        Kind::Zlib => archive::zlib(opening, item, depth + 1),
        Kind::Tar => archive::tar(opening, item, depth + 1),
    }
}
