//! What a file is, by its first bytes: names lie.

/// A format that is opened, or one that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes; all that can be said is in them.
    Plain,
    /// One compressed file.
    Gzip,
    /// An archive with a table at its end: also `.docx`, `.whl`, `.npz`, `.pt`.
    Zip,
    /// An archive that is not compressed.
    Tar,
    /// One stream of zlib, such as a loose object of Git; or what begins like one by chance.
    Zlib,
    /// A part of some history of Git, of which only Git can tell what it holds.
    History(&'static str),
    /// What this program cannot unpack, by its name.
    Unknown(&'static str),
}

/// Formats that are compressed or packed in a way that is not opened here, by their first bytes.
const CLOSED: [(&[u8], &str); 11] = [
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x1f\x9d", "compress"),
    (b"LZIP", "lzip"),
    (b"\x5d\0\0", "lzma"),
    (b"MSCF\0\0\0\0", "cabinet"),
    (b"\xed\xab\xee\xdb", "rpm"),
];

/// What Git moves history in (gitformat-bundle(5), gitformat-pack(5)).
const HISTORY: [(&[u8], &str); 4] = [
    (b"# v2 git bundle\n", "a bundle of Git"),
    (b"# v3 git bundle\n", "a bundle of Git"),
    (b"PACK\0\0\0\x02", "a pack of Git"),
    (b"PACK\0\0\0\x03", "a pack of Git"),
];

/// A larger file than this is not tried as a stream without a header, in bytes.
const LARGEST_BARE: usize = 4 << 20;

/// How far from the end the table of a zip file may stand: its comment has 65,535 bytes at most.
const TABLE: usize = 65_535 + 22;

/// What these bytes are.
pub fn of(bytes: &[u8]) -> Kind {
    if bytes.starts_with(b"\x1f\x8b\x08") {
        return Kind::Gzip;
    }
    if let Some((_, name)) = HISTORY.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Kind::History(name);
    }
    // A program in front of an archive unpacks itself.
    let end = &bytes[bytes.len().saturating_sub(TABLE)..];
    if bytes.starts_with(b"PK\x03\x04") || memchr::memmem::find(end, b"PK\x05\x06").is_some() {
        return Kind::Zip;
    }
    if is_tar(bytes) {
        return Kind::Tar;
    }
    let is_closed = |start: &[u8]| {
        // Three letters of text are not yet an archive.
        bytes.starts_with(start) && (start != b"BZh" || bytes.get(4..10) == Some(b"1AY&SY"))
    };
    match CLOSED.iter().find(|(start, _)| is_closed(start)) {
        Some((_, name)) => Kind::Unknown(name),
        None if is_zlib(bytes) => Kind::Zlib,
        None => Kind::Plain,
    }
}

/// A bundle or a pack of Git that stands somewhere among other bytes: its magic, a version, a number of objects that there
/// can be, and a first object of a kind that there is (gitformat-pack(5)).
pub fn history_in(bytes: &[u8]) -> Option<&'static str> {
    let is_pack = |at: &usize| {
        let Some([0, 0, 0, 2 | 3, count @ .., first]) = bytes.get(at + 4..at + 13) else { return false };
        let count = count.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
        (1..1 << 28).contains(&count) && matches!(first >> 4 & 7, 1..=4 | 6 | 7)
    };
    let at = memchr::memmem::find_iter(bytes, b"PACK").find(is_pack)?;
    let is_bundle = memchr::memmem::rfind(&bytes[..at], b" git bundle\n").is_some();
    Some(if is_bundle { "a bundle of Git" } else { "a pack of Git" })
}

/// Whether it may be a stream of deflate without any header: a few bytes that are no text.
pub fn may_be_bare(bytes: &[u8]) -> bool {
    (8..=LARGEST_BARE).contains(&bytes.len())
        && (memchr::memchr(0, bytes).is_some() || std::str::from_utf8(bytes).is_err())
}

/// Whether it begins with a header of zlib (RFC 1950) that needs no dictionary.
fn is_zlib(bytes: &[u8]) -> bool {
    let [method, flags, ..] = *bytes else { return false };
    let sum = u32::from(method) << 8 | u32::from(flags);
    method & 0x0f == 8 && method >> 4 <= 7 && sum.is_multiple_of(31) && flags & 0x20 == 0
}

/// Whether the first block is a header of tar: its sum says so, in the old format too, which has no magic.
fn is_tar(bytes: &[u8]) -> bool {
    let Some(header) = bytes.get(..512) else { return false };
    let digits =
        header[148..156].iter().skip_while(|byte| **byte == b' ').take_while(|byte| byte.is_ascii_digit());
    let written = digits.fold(0_u32, |sum, digit| sum * 8 + u32::from(digit - b'0'));
    let sum: u32 = header
        .iter()
        .enumerate()
        .map(|(place, byte)| if (148..156).contains(&place) { 32 } else { u32::from(*byte) })
        .sum();
    written > 0 && written == sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_its_bytes() {
        assert_eq!(of(b"\x1f\x8b\x08\0"), Kind::Gzip);
        assert_eq!(of(b"#!/bin/sh\nPK\x05\x06"), Kind::Zip);
        assert_eq!(of(b"\xfd7zXZ\0\0"), Kind::Unknown("xz"));
        assert_eq!(of(b"\x78\x9c\x03\0"), Kind::Zlib);
        assert_eq!(of(b"PACK\0\0\0\x02\0\0\0\0"), Kind::History("a pack of Git"));
        assert_eq!(of(b"PACK your things"), Kind::Plain);
        assert_eq!(of(b"BZh91AY&SY"), Kind::Unknown("bzip2"));
        assert_eq!(of(b"BZhello, this is text"), Kind::Plain);
        assert_eq!(of(&[b' '; 600]), Kind::Plain);
        assert_eq!(of(b""), Kind::Plain);
    }

    #[test]
    fn a_history_is_known_among_other_bytes_and_its_magic_alone_is_none() {
        let pack = b"PACK\0\0\0\x02\0\0\0\x03\x9a\x0b";
        let behind = |before: &[u8]| history_in(&[before, pack].concat());
        assert_eq!(behind(b"#!/bin/sh\nexec git index-pack\n"), Some("a pack of Git"));
        assert_eq!(behind(b"x\n# v2 git bundle\n0123 HEAD\n\n"), Some("a bundle of Git"));
        assert_eq!(behind(&[0; 100_000]), Some("a pack of Git"));
        for none in [
            &b"UNPACK the PACK\0\0\0\x02 files"[..],
            b"PACK\0\0\0\x02\0\0\0\0\x9a",
            b"PACK\0\0\0\x05\0\0\0\x03\x9a",
            b"PACK\0\0\0\x02\0\0\0\x03\x0a",
            b"PACK\0\0\0\x02\0\0\0\x03",
            b"# v2 git bundle\n",
        ] {
            assert_eq!(history_in(none), None, "{}", String::from_utf8_lossy(none));
        }
    }
}
