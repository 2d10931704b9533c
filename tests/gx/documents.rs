//! README, man pages and the frozen store: what is written down is what happens.
