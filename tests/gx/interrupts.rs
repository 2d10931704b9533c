//! Ctrl-C, SIGTERM, time limits.
