//! Times and sizes as people write them, and back.

use std::time::Duration;

use anyhow::Result;
use serde::{Deserialize, Deserializer, de::Error as _};

use crate::error::misuse;

const BILLION: u128 = 1_000_000_000;
/// A hundred years in seconds: no run is longer, and deadlines can be added up without overflow.
const LONGEST: u64 = 100 * 366 * 86_400;
/// Units of time, in nanoseconds.
const TIMES: &[(&str, u128)] = &[
    ("d", 86_400 * BILLION),
    ("h", 3_600 * BILLION),
    ("m", 60 * BILLION),
    ("min", 60 * BILLION),
    ("s", BILLION),
    ("", BILLION),
    ("ms", 1_000_000),
];
/// Units of size, in bytes; the binary ones first, largest first, as they are shown.
const SIZES: &[(&str, u128)] = &[
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
    ("", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];

/// Reads a time such as "10m", "1h30m", "500ms", "1.5h" or a bare number of seconds.
pub fn duration(text: &str) -> Result<Duration> {
    let wrong = || misuse(format!("must be a time such as \"10m\", \"1h30m\" or \"300s\", not {text:?}"));
    let mut nanoseconds = 0u128;
    let whole = text.trim();
    let mut rest = whole;
    loop {
        let (number, unit, after) = part(rest).ok_or_else(wrong)?;
        // "1h30" could mean minutes or seconds: only a number that stands alone may go without its unit.
        if unit.is_empty() && number != whole {
            return Err(wrong().into());
        }
        let scaled = scale(number, unit, TIMES).ok_or_else(wrong)?;
        nanoseconds = nanoseconds.checked_add(scaled).ok_or_else(wrong)?;
        rest = after.trim_start();
        if rest.is_empty() {
            break;
        }
    }
    let seconds = u64::try_from(nanoseconds / BILLION).ok().filter(|seconds| *seconds <= LONGEST);
    let seconds = seconds.ok_or_else(wrong)?;
    Ok(Duration::from_secs(seconds) + Duration::from_nanos((nanoseconds % BILLION) as u64))
}

/// Reads a size such as "10MiB", "10MB", "1.5 GiB" or a bare number of bytes.
pub fn size(text: &str) -> Result<u64> {
    let wrong = || misuse(format!("must be a size such as \"10MiB\", \"10MB\" or \"1024\", not {text:?}"));
    let (number, unit, rest) = part(text.trim()).ok_or_else(wrong)?;
    let bytes = scale(number, unit, SIZES).filter(|_| rest.is_empty()).ok_or_else(wrong)?;
    Ok(u64::try_from(bytes).map_err(|_| wrong())?)
}

/// Splits "30m10s" into ("30", "m", "10s").
fn part(text: &str) -> Option<(&str, &str, &str)> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(digits);
    let rest = rest.trim_start();
    let letters = rest.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(letters);
    (!number.is_empty()).then_some((number, unit, rest))
}

/// The number times its unit, exactly; what is finer than the smallest unit is cut off.
fn scale(number: &str, unit: &str, units: &[(&str, u128)]) -> Option<u128> {
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole = u128::from(whole.parse::<u64>().ok()?);
    if fraction.is_empty() || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let billionths = format!("{fraction:0<9.9}").parse::<u128>().ok()?;
    Some(whole * factor + billionths * factor / BILLION)
}

/// Shows a size with its largest binary unit: "10MiB", "1.5KiB", "17B"; one digit after the point.
pub fn show_size(bytes: u64) -> String {
    let bytes = u128::from(bytes);
    let (unit, factor) = SIZES.iter().find(|(_, factor)| bytes >= *factor).unwrap_or(&("B", 1));
    let (whole, tenth) = (bytes / factor, bytes % factor * 10 / factor);
    if tenth == 0 { format!("{whole}{unit}") } else { format!("{whole}.{tenth}{unit}") }
}

/// The words of a value that may be written as text or as a number.
fn written<'de, D: Deserializer<'de>>(source: D) -> Result<String, D::Error> {
    match toml::Value::deserialize(source)? {
        toml::Value::String(text) => Ok(text),
        value => Ok(value.to_string()),
    }
}

/// Serde adapter for a time.
pub fn time<'de, D: Deserializer<'de>>(source: D) -> Result<Duration, D::Error> {
    duration(&written(source)?).map_err(D::Error::custom)
}

/// Serde adapter for a time limit, which "0" lifts.
pub fn limit<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Duration>, D::Error> {
    Ok(Some(time(source)?).filter(|time| !time.is_zero()))
}

/// Serde adapter for a time that cannot be zero.
pub fn some_time<'de, D: Deserializer<'de>>(source: D) -> Result<Duration, D::Error> {
    limit(source)?.ok_or_else(|| D::Error::custom("must be more than zero"))
}

/// Serde adapter for a size in bytes.
pub fn bytes<'de, D: Deserializer<'de>>(source: D) -> Result<u64, D::Error> {
    size(&written(source)?).map_err(D::Error::custom)
}

/// Serde adapter for a size that cannot be zero.
pub fn some_bytes<'de, D: Deserializer<'de>>(source: D) -> Result<u64, D::Error> {
    match bytes(source)? {
        0 => Err(D::Error::custom("must be more than zero")),
        bytes => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_read_as_people_write_them() {
        let milliseconds = |text| duration(text).map(|time| time.as_millis()).ok();
        for (text, expected) in [
            ("10m", 600_000),
            ("300s", 300_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("500ms", 500),
            ("300", 300_000),
            ("0.25", 250),
            ("0", 0),
            ("1d", 86_400_000),
            ("5min", 300_000),
        ] {
            assert_eq!(milliseconds(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "m",
            "10x",
            "-1s",
            "1h30",
            "1.s",
            "1.2.3",
            ".5s",
            "ten",
            "nan",
            "1 2",
            "1:30",
            "40000d",
            "99999999999999999999d",
        ] {
            assert_eq!(milliseconds(text), None, "{text}");
        }
        assert_eq!(
            duration("soon").unwrap_err().to_string(),
            "must be a time such as \"10m\", \"1h30m\" or \"300s\", not \"soon\""
        );
    }

    #[test]
    fn sizes_read_as_people_write_them() {
        for (text, expected) in [
            ("10MiB", 10 << 20),
            ("10MB", 10_000_000),
            ("1024", 1024),
            ("1.5 KiB", 1536),
            ("0", 0),
            ("7B", 7),
        ] {
            assert_eq!(size(text).ok(), Some(expected), "{text}");
        }
        for text in ["", "MiB", "1MiB2", "10Mb", "-1", "20000000TiB", "1 2"] {
            assert_eq!(size(text).ok(), None, "{text}");
        }
        assert_eq!(show_size(12_900_000), "12.3MiB");
        assert_eq!([show_size(0), show_size(1536), show_size(10 << 20)], ["0B", "1.5KiB", "10MiB"]);
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(kibibytes in 0..1024u64) {
            prop_assert_eq!(size(&show_size(kibibytes << 10)).unwrap(), kibibytes << 10);
        }

        #[test]
        fn a_shown_size_is_at_most_a_tenth_of_a_unit_short(bytes: u64) {
            let read = size(&show_size(bytes)).unwrap();
            prop_assert!(read <= bytes && bytes - read <= bytes / 10, "{bytes} {read}");
        }

        #[test]
        fn no_text_makes_them_panic(text in "\\PC*|[0-9.]{0,25}[a-zA-Z]{0,3}[0-9. ]{0,4}[a-z]?") {
            let _ = (duration(&text), size(&text));
        }
    }
}
