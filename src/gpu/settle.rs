//! Waiting after a run until its cards are empty again: a driver takes a moment to clean up after a process.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::config::units::show_size;
use crate::model::gpu::{Card, Inventory};
use crate::process::kinship;

/// So much more than before a run is no sign of it: drivers keep some memory for themselves.
const SLACK: u64 = 256 << 20;
const PAUSE: Duration = Duration::from_millis(200);

/// Waits until the cards are about as empty as they were when they were `leased`; what is left on them after
/// `time`, as a warning.
///
/// Where other experiments share a card now, its memory says nothing and is not waited for.
pub fn wait(
    leased: &[Card],
    time: Duration,
    ask: &mut dyn FnMut() -> Result<Inventory>,
    is_shared: &dyn Fn() -> bool,
) -> Option<String> {
    let began = Instant::now();
    loop {
        let inventory = match ask() {
            Ok(inventory) => inventory,
            Err(error) => {
                return Some(format!("gives the cards back without a look at their memory: {error:#}"));
            }
        };
        if is_shared() {
            return None;
        }
        let left = leased.iter().find_map(|before| {
            let now = inventory.cards.iter().find(|now| now.uuid == before.uuid)?;
            left_on(before, now)
        })?;
        let rest = time.saturating_sub(began.elapsed());
        if rest.is_zero() {
            return Some(format!(
                "{left} {} s after the run; it is given back all the same",
                time.as_secs_f64()
            ));
        }
        std::thread::sleep(rest.min(PAUSE));
    }
}

/// What a run left on its card, in words.
fn left_on(before: &Card, now: &Card) -> Option<String> {
    let index = before.index;
    let was_there = |pid: u32| before.processes.iter().any(|process| process.pid == pid);
    if let Some(process) = now.processes.iter().find(|process| !was_there(process.pid)) {
        let name = kinship::name(process.pid).map_or(String::new(), |name| format!(" ({name})"));
        return Some(format!("GPU {index} still has process {}{name}", process.pid));
    }
    let (used, before) = (now.memory_used?, before.memory_used.unwrap_or(0));
    let more = used.saturating_sub(before);
    (more > SLACK).then(|| format!("GPU {index} still has {} in use", show_size(more)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::lease::tests::inventory;
    use crate::model::gpu::Occupant;

    const TIME: Duration = Duration::from_secs(10);

    fn used(memory: u64) -> Inventory {
        let mut inventory = inventory(2);
        inventory.cards[1].memory_used = Some(memory);
        inventory
    }

    fn wait_through(answers: Vec<Inventory>, time: Duration) -> (Option<String>, usize) {
        let (mut answers, mut asked) = (answers.into_iter().cycle(), 0);
        let mut ask = || {
            asked += 1;
            Ok(answers.next().unwrap())
        };
        let warning = wait(&used(1 << 30).cards, time, &mut ask, &|| false);
        (warning, asked)
    }

    #[test]
    fn a_card_is_waited_for_until_its_memory_is_back() {
        let answers = vec![used(9 << 30), used((1 << 30) + SLACK)];
        assert_eq!(wait_through(answers, TIME), (None, 2));
    }

    #[test]
    fn what_is_left_in_the_end_is_told() {
        let (warning, _) = wait_through(vec![used(4 << 30)], Duration::ZERO);
        assert_eq!(
            warning.unwrap(),
            "GPU 1 still has 3GiB in use 0 s after the run; it is given back all the same"
        );
        let mut occupied = used(0);
        occupied.cards[0].processes.push(Occupant { pid: u32::MAX, memory: None });
        let (warning, _) = wait_through(vec![occupied], Duration::ZERO);
        assert!(warning.unwrap().starts_with("GPU 0 still has process 4294967295 0 s after"));
    }

    #[test]
    fn a_shared_card_and_one_that_does_not_answer_are_not_waited_for() {
        let mut full = || Ok(used(9 << 30));
        assert_eq!(wait(&used(0).cards, TIME, &mut full, &|| true), None);
        let mut silent = || anyhow::bail!("no answer");
        let warning = wait(&used(0).cards, TIME, &mut silent, &|| false).unwrap();
        assert!(warning.ends_with("without a look at their memory: no answer"), "{warning}");
    }
}
