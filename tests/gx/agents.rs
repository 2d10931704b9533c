//! Several agents on one tag: a tree for each, one tip, and nothing of one in the way of another.

mod trees;
