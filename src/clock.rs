//! The time of day, in one place, so that a test or a documentation build can set it.

use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use anyhow::{Context, Result};
use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in UTC, counted in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The present moment; `GX_NOW` (RFC 3339) sets it for tests and reproducible documents.
    pub fn now() -> Self {
        static SET: OnceLock<Option<Timestamp>> = OnceLock::new();
        SET.get_or_init(|| std::env::var("GX_NOW").ok()?.parse().ok())
            .unwrap_or_else(|| Self(jiff::Timestamp::now().as_microsecond()))
    }

    /// From microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The earliest moment that is not before this one and lies after `other`.
    pub fn after(self, other: Option<Self>) -> Self {
        other.map_or(self, |other| Self(self.0.max(other.0 + 1)))
    }

    /// Seconds from `earlier` to this moment.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        // Microseconds of any real span are far below 2^52, so the conversion is exact.
        (self.0 - earlier.0) as f64 / 1e6
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    /// The reader's local date and minute: `2026-03-08 02:41`.
    pub fn local(self) -> String {
        self.jiff().to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// Minutes that the reader's zone is ahead of UTC at this moment, as Git commits record it.
    pub fn zone_minutes(self) -> i32 {
        self.jiff().to_zoned(jiff::tz::TimeZone::system()).offset().seconds() / 60
    }
}

impl fmt::Display for Timestamp {
    /// `2026-03-08T02:41:09.000001Z`: fixed width, so that texts sort as moments do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&DateTimePrinter::new().precision(Some(6)).timestamp_to_string(&self.jiff()))
    }
}

impl FromStr for Timestamp {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parsed: jiff::Timestamp =
            text.parse().with_context(|| format!("`{text}` is not an RFC 3339 time"))?;
        Ok(Self(parsed.as_microsecond()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_with_six_digits_and_read_back() {
        let moment = Timestamp::from_micros(1_772_936_469_000_001);
        assert_eq!(moment.to_string(), "2026-03-08T02:21:09.000001Z");
        assert_eq!(moment.to_string().parse::<Timestamp>().unwrap(), moment);
        assert_eq!(Timestamp::from_micros(0).to_string(), "1970-01-01T00:00:00.000000Z");
    }

    #[test]
    fn a_line_is_always_later_than_the_one_before_it() {
        let now = Timestamp::from_micros(10);
        assert_eq!(now.after(Some(Timestamp::from_micros(10))).micros(), 11);
        assert_eq!(now.after(Some(Timestamp::from_micros(3))).micros(), 10);
        assert_eq!(now.after(None).micros(), 10);
    }
}
