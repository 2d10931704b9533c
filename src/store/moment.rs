//! Of which moment the answers of the index have to be.

/// Of which moment answers have to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Moment {
    /// Each of the one in which it is asked for.
    Each,
    /// All of the one in which the first is asked for.
    Next,
    /// Of that of the last answer.
    Same,
}
