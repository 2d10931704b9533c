//! The program: parse, run, say, exit.

fn main() {}
