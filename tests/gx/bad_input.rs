//! Mistakes of the user: each gets the thing, a hint and an exit code, and nothing is written.
