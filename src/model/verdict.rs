//! The verdict on a valid result: keep, near miss or discard, by the policy and the best so far.

use std::fmt;

use serde::Deserialize;

/// Which way a metric gets better.
#[derive(Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(try_from = "String")]
pub enum Goal {
    /// A loss: less is better.
    Lower,
    /// A score: more is better.
    Higher,
}

impl TryFrom<String> for Goal {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "lower" => Ok(Goal::Lower),
            "higher" => Ok(Goal::Higher),
            _ => Err(format!("must be \"lower\" or \"higher\", not {word:?}")),
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Goal::Lower => "lower",
            Goal::Higher => "higher",
        })
    }
}

/// The numbers that a verdict rests on, in the metric's own unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// Which way the metric gets better.
    pub goal: Goal,
    /// The smallest gain over the best that is kept, inclusive; 0 keeps every gain.
    pub min_delta: f64,
    /// How far behind the best a result may be and still be a near miss, inclusive.
    pub near_miss: f64,
}

/// What becomes of a valid result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The tag's first result, or better than its best by enough.
    Keep,
    /// Not kept, yet close to the best, or a gain too small to keep.
    NearMiss,
    /// Any other valid result.
    Discard,
}

impl fmt::Display for Verdict {
    /// The word that a record's `status` holds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Keep => "keep",
            Self::NearMiss => "near-miss",
            Self::Discard => "discard",
        })
    }
}

/// How far an inclusive limit reaches past itself, per unit of the larger of 1 and both values:
/// 0.971857 − 0.969857 is a hair more than 0.002 in binary, and must not be.
const TOLERANCE: f64 = 1e-9;

/// Judges a result against the best of its tag (`None`: nothing was kept yet).
///
/// Inclusive limits are compared with a tolerance of 1e-9 × max(1, |value|, |best|); "strictly better"
/// is exact. A value that is no finite number never counts ([`Verdict::Discard`]; callers record it as a
/// crash before they come here), and a best that is none doesn't stand in the way of a first result.
pub fn judge(policy: &Policy, value: f64, best: Option<f64>) -> Verdict {
    if !value.is_finite() {
        return Verdict::Discard;
    }
    let Some(best) = best.filter(|best| best.is_finite()) else {
        return Verdict::Keep;
    };
    let gain = gain(policy.goal, value, best);
    let slack = TOLERANCE * value.abs().max(best.abs()).max(1.0);
    if gain > 0.0 {
        if gain >= policy.min_delta - slack { Verdict::Keep } else { Verdict::NearMiss }
    } else if -gain <= policy.near_miss + slack {
        Verdict::NearMiss
    } else {
        Verdict::Discard
    }
}

/// How much better `value` is than `reference`: above zero is better and below is worse, for either goal.
pub fn gain(goal: Goal, value: f64, reference: f64) -> f64 {
    match goal {
        Goal::Lower => reference - value,
        Goal::Higher => value - reference,
    }
}

/// Whether `a` is strictly better than `b`: exact, and false where either is NaN.
pub fn better(goal: Goal, a: f64, b: f64) -> bool {
    match goal {
        Goal::Lower => a < b,
        Goal::Higher => a > b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BPB: Policy = Policy { goal: Goal::Lower, min_delta: 0.0, near_miss: 0.002 };
    const STRICT: Policy = Policy { min_delta: 0.001, ..BPB };

    #[test]
    fn the_first_result_is_kept_and_a_best_that_is_no_number_does_not_count() {
        assert_eq!(judge(&BPB, 1.5, None), Verdict::Keep);
        assert_eq!(judge(&BPB, 1.5, Some(f64::NAN)), Verdict::Keep);
    }

    #[test]
    fn what_is_no_number_is_never_kept() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(judge(&BPB, value, None), Verdict::Discard);
            assert_eq!(judge(&BPB, value, Some(1.0)), Verdict::Discard);
        }
    }

    #[test]
    fn limits_are_inclusive_despite_binary_fractions() {
        assert!(gain(Goal::Higher, 0.971857, 0.969857) > BPB.near_miss);
        assert_eq!(judge(&BPB, 0.971857, Some(0.969857)), Verdict::NearMiss);
        assert_eq!(judge(&BPB, 0.971858, Some(0.969857)), Verdict::Discard);
        assert!(gain(Goal::Lower, 0.937, 0.938) < STRICT.min_delta);
        assert_eq!(judge(&STRICT, 0.937, Some(0.938)), Verdict::Keep);
    }

    #[test]
    fn a_gain_below_the_least_and_a_tie_are_near_misses() {
        assert_eq!(judge(&STRICT, 0.9695, Some(0.97)), Verdict::NearMiss);
        assert_eq!(judge(&BPB, 0.97, Some(0.97)), Verdict::NearMiss);
        assert_eq!(judge(&BPB, 0.969999, Some(0.97)), Verdict::Keep);
        let wide = Policy { min_delta: 0.1, ..BPB };
        assert_eq!(judge(&wide, 0.92, Some(0.97)), Verdict::NearMiss);
    }

    #[test]
    fn differences_keep_their_signs() {
        assert_eq!(gain(Goal::Lower, 0.25, 0.5), 0.25);
        assert_eq!(gain(Goal::Higher, 0.25, 0.5), -0.25);
        assert!(better(Goal::Lower, 0.25, 0.5) && !better(Goal::Lower, 0.5, 0.5));
        assert!(better(Goal::Higher, 0.5, 0.25) && !better(Goal::Higher, f64::NAN, 0.5));
    }

    /// The values of a real session, each with whether it was kept; crashes left out.
    fn real_session() -> Vec<(f64, bool)> {
        let text = include_str!("../../fixtures/results-mar8.tsv");
        let cells = text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
        let valid = cells.filter(|cells| cells[3] != "crash");
        valid.map(|cells| (cells[1].parse().unwrap(), cells[3] == "keep")).collect()
    }

    /// 6b59591 "VE gate scale 2 to 3 (flat)" was better by 0.000028, and a person discarded it all the same;
    /// with it, 84 of the 102 discards were within 0.002 of the best of their time.
    #[test]
    fn a_real_session_is_judged_as_it_was_and_most_of_its_discards_were_near_misses() {
        let (mut best, mut near, mut far) = (None, 0, 0);
        let mut differing = Vec::new();
        for (value, kept) in real_session() {
            match (judge(&BPB, value, best), kept) {
                (Verdict::Keep, true) => {}
                (Verdict::NearMiss, false) => near += 1,
                (Verdict::Discard, false) => far += 1,
                (verdict, _) => differing.push((value, best, verdict)),
            }
            if kept {
                best = Some(value);
            }
        }
        assert_eq!(differing, [(0.972821, Some(0.972849), Verdict::Keep)]);
        assert_eq!((near, far), (83, 18));
    }

    fn goals() -> impl Strategy<Value = Goal> {
        prop_oneof![Just(Goal::Lower), Just(Goal::Higher)]
    }

    fn rank(verdict: Verdict) -> u8 {
        match verdict {
            Verdict::Keep => 2,
            Verdict::NearMiss => 1,
            Verdict::Discard => 0,
        }
    }

    proptest! {
        #[test]
        fn a_better_value_never_gets_a_worse_verdict(
            goal in goals(), min_delta in 0.0..0.5, near_miss in 0.0..0.5,
            a in -2.0..2.0, b in -2.0..2.0, best in proptest::option::of(-2.0..2.0),
        ) {
            let policy = Policy { goal, min_delta, near_miss };
            let (first, second) = if better(goal, a, b) { (a, b) } else { (b, a) };
            prop_assert!(rank(judge(&policy, first, best)) >= rank(judge(&policy, second, best)));
        }

        #[test]
        fn lower_and_higher_mirror_each_other(
            min_delta in 0.0..0.5, near_miss in 0.0..0.5,
            value in -2.0..2.0, best in proptest::option::of(-2.0..2.0),
        ) {
            let lower = Policy { goal: Goal::Lower, min_delta, near_miss };
            let higher = Policy { goal: Goal::Higher, ..lower };
            let mirrored = best.map(|best: f64| -best);
            prop_assert_eq!(judge(&lower, value, best), judge(&higher, -value, mirrored));
        }
    }
}
