//! Gzip, zlib, bare deflate, zip and tar: each unpacks what it holds, one thing at a time.

use std::io::{Cursor, Read};

use ::tar::Archive;
use ::zip::ZipArchive;
use ::zip::result::ZipError;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::mirror::guard::decode::kind::{self, Kind};
use crate::mirror::guard::decode::opening::{Item, Opening};

/// How reading came to its end.
enum End {
    Whole,
    Broken,
    TooLarge,
}

/// One compressed file. In `a.tar.gz` the names follow at once: `a.tar.gz!b`.
pub fn gzip(opening: &mut Opening<'_>, item: &Item<'_>, depth: usize) {
    let (bytes, end) = unpack(MultiGzDecoder::new(item.bytes), opening.limit(item.bytes.len()));
    if !opening.takes(bytes.len()) {
        return opening.opaque(item.name, "too much comes out of it");
    }
    if kind::of(&bytes) == Kind::Tar {
        tar(opening, &Item { bytes: &bytes, ..*item }, depth);
    } else {
        let file = item.name.rsplit(|byte| matches!(byte, b'/' | b'!')).next().unwrap_or_default();
        let inner = file.strip_suffix(b".gz").unwrap_or(file);
        let name = [item.name, b"!", inner].concat();
        opening.look(&Item { name: &name, inside: Some(inner), bytes: &bytes }, depth);
    }
    told(opening, item.name, &end);
}

/// One stream of zlib and what stands behind it. Text can begin like one: then nothing comes out of it.
pub fn zlib(opening: &mut Opening<'_>, item: &Item<'_>, depth: usize) {
    let mut decoder = ZlibDecoder::new(item.bytes);
    let (bytes, end) = unpack(&mut decoder, opening.limit(item.bytes.len()));
    if matches!(end, End::Broken) && (bytes.is_empty() || std::str::from_utf8(item.bytes).is_ok()) {
        return;
    }
    if !opening.takes(bytes.len()) {
        return opening.opaque(item.name, "too much comes out of it");
    }
    let name = [item.name, b"!zlib"].concat();
    opening.look(&Item { name: &name, inside: None, bytes: loose(&bytes) }, depth);
    told(opening, item.name, &end);
    let read = usize::try_from(decoder.total_in()).unwrap_or(usize::MAX);
    if let (End::Whole, Some(rest @ [_, ..])) = (end, item.bytes.get(read..)) {
        opening.look(&Item { name: item.name, inside: None, bytes: rest }, depth);
    }
}

/// A stream of deflate without header, told by ending where the file does: behind it stands a checksum and a length at
/// most. Other bytes break off soon.
pub fn deflate(opening: &mut Opening<'_>, item: &Item<'_>, depth: usize) {
    const BEHIND: usize = 8;
    let mut decoder = DeflateDecoder::new(item.bytes);
    let (bytes, end) = unpack(&mut decoder, opening.limit(item.bytes.len()));
    let read = usize::try_from(decoder.total_in()).unwrap_or(usize::MAX);
    match end {
        End::Broken => return,
        End::Whole if bytes.is_empty() || read.saturating_add(BEHIND) < item.bytes.len() => return,
        End::Whole | End::TooLarge => {}
    }
    if !opening.takes(bytes.len()) {
        return opening.opaque(item.name, "too much comes out of it");
    }
    let name = [item.name, b"!deflate"].concat();
    opening.look(&Item { name: &name, inside: None, bytes: &bytes }, depth);
    told(opening, item.name, &end);
}

/// What a loose object of Git holds, without its header; anything else as it is (gitformat-loose(5)).
fn loose(bytes: &[u8]) -> &[u8] {
    let Some(nul) = bytes.iter().take(32).position(|byte| *byte == 0) else { return bytes };
    let header = &bytes[..nul];
    let is_object = [&b"blob "[..], b"tree ", b"commit ", b"tag "]
        .iter()
        .any(|kind| header.strip_prefix(*kind).is_some_and(|size| size.iter().all(u8::is_ascii_digit)));
    if is_object { &bytes[nul + 1..] } else { bytes }
}

/// An archive with a table at its end.
pub fn zip(opening: &mut Opening<'_>, item: &Item<'_>, depth: usize) {
    let Ok(mut archive) = ZipArchive::new(Cursor::new(item.bytes)) else {
        return opening.broken(item.name, "the zip archive is broken");
    };
    if archive.has_duplicate_names() {
        // Only one of those that are called the same can be had.
        opening.opaque(item.name, "the zip archive has a name twice");
    }
    for number in 0..archive.len() {
        let Ok((inner, packed)) =
            archive.by_index_raw(number).map(|file| (file.name_raw().to_vec(), file.compressed_size()))
        else {
            opening.broken(item.name, "the zip archive is broken");
            continue;
        };
        let name = [item.name, b"!", &inner].concat();
        let limit = opening.limit(usize::try_from(packed).unwrap_or(usize::MAX));
        let (bytes, end) = match archive.by_index(number) {
            Ok(file) => unpack(file, limit),
            Err(ZipError::UnsupportedArchive(what)) if what == ZipError::PASSWORD_REQUIRED => {
                opening.opaque(&name, "it is encrypted");
                continue;
            }
            Err(ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_)) => {
                opening.opaque(&name, "it is packed in a way that is not unpacked here");
                continue;
            }
            Err(_) => {
                opening.broken(&name, "it is broken");
                continue;
            }
        };
        if !opening.takes(bytes.len()) {
            return opening.opaque(item.name, "too much comes out of it");
        }
        opening.look(&Item { name: &name, inside: Some(&inner), bytes: &bytes }, depth);
        told(opening, &name, &end);
    }
}

/// An archive that is not compressed.
pub fn tar(opening: &mut Opening<'_>, item: &Item<'_>, depth: usize) {
    let mut archive = Archive::new(item.bytes);
    let Ok(entries) = archive.entries() else {
        return opening.broken(item.name, "the tar archive is broken");
    };
    for entry in entries {
        let Ok(entry) = entry else {
            return opening.broken(item.name, "the tar archive is broken");
        };
        let inner = entry.path_bytes().into_owned();
        let name = [item.name, b"!", &inner].concat();
        let place = |offset: u64| usize::try_from(offset).ok();
        let start = place(entry.raw_file_position());
        let end = start.zip(place(entry.size())).and_then(|(start, size)| start.checked_add(size));
        // What has holes is larger than what is stored, and is read as it is stored, with the archive itself.
        let is_whole = !entry.header().entry_type().is_gnu_sparse();
        let Some(bytes) = start.zip(end).and_then(|(start, end)| item.bytes.get(start..end)) else {
            if is_whole {
                opening.broken(&name, "it is cut off");
            }
            continue;
        };
        if !opening.takes(bytes.len()) {
            return opening.opaque(item.name, "too much comes out of it");
        }
        opening.look(&Item { name: &name, inside: Some(&inner), bytes }, depth);
    }
}

fn unpack(from: impl Read, limit: usize) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let read = from.take(most.saturating_add(1)).read_to_end(&mut bytes);
    if bytes.len() > limit {
        bytes.truncate(limit);
        return (bytes, End::TooLarge);
    }
    (bytes, if read.is_ok() { End::Whole } else { End::Broken })
}

/// What could be read was looked at; the rest was not.
fn told(opening: &mut Opening<'_>, name: &[u8], end: &End) {
    match end {
        End::Whole => {}
        End::Broken => opening.broken(name, "it is broken"),
        End::TooLarge => opening.opaque(name, "too much comes out of it"),
    }
}
