//! `gx import` and `gx export`.
