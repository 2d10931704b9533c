//! What a waiter tells of its place in the queue, and when.

use std::time::{Duration, Instant};

/// The line for people is written no more often than this.
const TELL: Duration = Duration::from_millis(100);
/// What woke a waiter may be the turn of another one, who needs the processor more than those who only tell about it.
const CALM: Duration = Duration::from_millis(30);

/// Why somebody waits, for people and agents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its place in the queue; the first is 1.
    pub position: usize,
    /// How many wait in all.
    pub waiters: usize,
    /// Why it does not start, in one line.
    pub reason: String,
}

/// What was told last.
#[derive(Debug, Default)]
pub struct News {
    told: Option<(Instant, Waiting)>,
    /// When it was woken by what it has not told yet.
    woken: Option<Instant>,
}

impl News {
    /// How long to wait before anything is told; nothing where it is time, as at the first.
    pub fn too_early(&mut self) -> Option<Duration> {
        let since = self.told.as_ref().map(|(told, _)| told.elapsed())?;
        if let Some(early) = TELL.checked_sub(since) {
            return Some(early);
        }
        let woken = *self.woken.get_or_insert_with(Instant::now);
        let early = CALM.checked_sub(woken.elapsed()).filter(|early| !early.is_zero());
        if early.is_none() {
            self.woken = None;
        }
        early
    }

    /// Whether this is something new; it counts as told.
    pub fn is_news(&mut self, waiting: &Waiting) -> bool {
        let is_news = self.told.as_ref().is_none_or(|(_, told)| told != waiting);
        self.told = Some((Instant::now(), waiting.clone()));
        is_news
    }
}
