//! SIGKILL at every step, a power cut, and what a later gx makes of it.
