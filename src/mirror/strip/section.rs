//! The part of a message that somebody has written for the public.

/// What begins the part of a message that is meant for the public.
const PUBLIC: &[u8] = b"Public:";

/// What ends it again.
const PRIVATE: &[u8] = b"Private:";

/// The part of a message that is meant for the public.
pub fn section(text: &[u8]) -> Option<Vec<u8>> {
    let mut lines = text.split_inclusive(|byte| *byte == b'\n').skip_while(|line| !line.starts_with(PUBLIC));
    let first = lines.next()?;
    let rest = lines.take_while(|line| !line.starts_with(PRIVATE) && !line.starts_with(PUBLIC));
    let mut section = first[PUBLIC.len()..].trim_ascii_start().to_vec();
    rest.for_each(|line| section.extend_from_slice(line));
    Some(closed(&section)).filter(|section| !section.is_empty())
}

/// Without empty lines at the ends, and with the end of a line.
pub fn closed(text: &[u8]) -> Vec<u8> {
    let text = text.trim_ascii();
    if text.is_empty() { Vec::new() } else { [text, b"\n"].concat() }
}
