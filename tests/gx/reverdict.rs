//! `gx keep` and `gx discard`.
