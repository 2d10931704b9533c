//! The whole cycle on what Git has beside its classic repositories.
