//! `gx restore`, `gx rm`, `gx undo`, `gx note`.
