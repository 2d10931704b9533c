//! `gx register`, `gx complete`, `gx crash`.
