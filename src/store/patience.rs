//! How long to wait before looking again whether it is one's turn.

use std::time::Duration;

/// Short beside the time that a turn takes.
const SHORTEST: Duration = Duration::from_micros(500);

/// Long enough that many who wait leave the processors to those who work.
const LONGEST: Duration = Duration::from_millis(5);

/// The pause before the next look, after having waited for so long: a part of that, so that a short wait ends in time and
/// a long one costs little.
pub(super) fn pause(waited: Duration) -> Duration {
    (waited / 4).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_long_looks_seldom() {
        assert_eq!(pause(Duration::ZERO), SHORTEST);
        assert_eq!(pause(Duration::from_millis(8)), Duration::from_millis(2));
        assert_eq!(pause(Duration::from_secs(9)), LONGEST);
    }
}
