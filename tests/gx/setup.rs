//! `gx init` and `gx demo`.
