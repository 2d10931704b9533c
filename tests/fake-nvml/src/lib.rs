//! NVIDIA's management library, played from a small state file, for tests on machines without a card.
