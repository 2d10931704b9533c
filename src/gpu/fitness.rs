//! Whether a card may be given out: what was said about it when it was last asked, and for how long that counts.

use std::time::{Duration, Instant};

use crate::config::schema::Gpu;
use crate::config::units::show_size;
use crate::gpu::claim::Claim;
use crate::model::gpu::{Card, Inventory, Occupant, Source};
use crate::process::kinship;

/// An answer older than this says nothing about now. Asking takes NVML tens of milliseconds, so that it is done
/// only by a waiter that would start, and about once a second.
const FRESH: Duration = Duration::from_secs(1);

/// What is known of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be given out.
    Fit,
    /// It may not, for this reason.
    Unfit(String),
    /// It has to be asked about.
    Unknown,
}

/// Why a card may not be given out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Flaw {
    words: String,
    /// It may have been the doing of a holder and be gone with it.
    may_be_holders: bool,
}

/// The state of the cards as far as it is known.
#[derive(Debug)]
pub struct Fitness<'a> {
    config: &'a Gpu,
    source: Source,
    cards: Vec<Card>,
    flaws: Vec<Option<Flaw>>,
    judged: Option<Instant>,
    unjudged: Option<(Instant, Inventory)>,
}

impl<'a> Fitness<'a> {
    /// Starts with a first answer; that is judged as soon as it is known which cards are held.
    pub fn new(config: &'a Gpu, inventory: Inventory) -> Self {
        let (source, cards) = (inventory.source, inventory.cards.clone());
        let flaws = vec![None; cards.len()];
        let unjudged = Some((Instant::now(), inventory));
        Self { config, source, cards, flaws, judged: None, unjudged }
    }

    /// The cards as they were told last, always the same ones in the same order.
    pub fn cards(&self) -> &[Card] {
        &self.cards
    }

    /// Who told.
    pub fn source(&self) -> Source {
        self.source
    }

    /// Judges the cards anew, `held` being what the holders of each wrote (nothing where nobody holds it).
    ///
    /// `ask` is only asked when the last answer is too old.
    pub fn judge(&mut self, held: &[Vec<Claim>], ask: &mut dyn FnMut() -> anyhow::Result<Inventory>) {
        let answer = match self.unjudged.take() {
            Some((asked, inventory)) if asked.elapsed() < FRESH || self.source == Source::Fixed => {
                Ok(inventory)
            }
            _ => ask(),
        };
        self.judged = Some(Instant::now());
        match answer {
            Ok(inventory) => self.take(&inventory, held),
            Err(error) => {
                let words = format!("the cards cannot be asked: {error:#}");
                self.flaws.fill(Some(Flaw { words, may_be_holders: false }));
            }
        }
    }

    fn take(&mut self, inventory: &Inventory, held: &[Vec<Claim>]) {
        for (place, card) in self.cards.iter_mut().enumerate() {
            let is_it =
                |now: &&Card| now.uuid == card.uuid && (!now.uuid.is_empty() || now.index == card.index);
            let now = inventory.cards.iter().find(is_it);
            self.flaws[place] = match now {
                Some(now) => flaw(self.config, self.source, now, &held[place]),
                None => {
                    let words = format!("GPU {} does not answer any more", card.index);
                    Some(Flaw { words, may_be_holders: false })
                }
            };
            if let Some(now) = now {
                card.clone_from(now);
            }
        }
    }

    /// What is known of a card that is held now or not.
    pub fn verdict(&self, place: usize, is_held: bool) -> Verdict {
        let Some(judged) = self.judged else { return Verdict::Unknown };
        // What was made up once stays as it is.
        if self.source != Source::Fixed && judged.elapsed() >= FRESH {
            return Verdict::Unknown;
        }
        match &self.flaws[place] {
            None => Verdict::Fit,
            Some(flaw) if flaw.may_be_holders && !is_held => Verdict::Unknown,
            Some(flaw) => Verdict::Unfit(flaw.words.clone()),
        }
    }

    /// The processes on a card that belong to none of those who hold it, as far as that can be told.
    pub fn strangers<'b>(&'b self, place: usize, held: &'b [Claim]) -> impl Iterator<Item = &'b Occupant> {
        let is_real = self.source != Source::Fixed;
        self.cards[place].processes.iter().filter(move |process| is_real && is_foreign(process, held))
    }

    /// The last reason that was found against a card, however old it is; not what its holder may have done to it
    /// where that `is_taken`.
    pub fn last_flaw(&self, place: usize, is_taken: bool) -> Option<&str> {
        let flaw = self.flaws[place].as_ref().filter(|flaw| !(is_taken && flaw.may_be_holders));
        flaw.map(|flaw| flaw.words.as_str())
    }
}

fn flaw(config: &Gpu, source: Source, card: &Card, held: &[Claim]) -> Option<Flaw> {
    let lasting = |words: String| Some(Flaw { words, may_be_holders: false });
    let index = card.index;
    if let Some(trouble) = &card.trouble {
        return lasting(format!("GPU {index} cannot be used: {trouble}"));
    }
    if card.uuid.is_empty() {
        return lasting(format!("GPU {index} has no UUID"));
    }
    let limit = config.max_temperature;
    if let Some(temperature) = card.temperature.filter(|&temperature| limit > 0 && temperature > limit) {
        return lasting(format!("GPU {index} is {temperature} °C, above gpu.max_temperature = {limit}"));
    }
    let may_be_holders = !held.is_empty();
    if source != Source::Fixed
        && let Some(foreign) = card.processes.iter().find(|process| is_foreign(process, held))
    {
        let name = kinship::name(foreign.pid).map_or(String::new(), |name| format!(" ({name})"));
        let words = format!("GPU {index} is used by process {}{name}, which gx did not start", foreign.pid);
        return Some(Flaw { words, may_be_holders });
    }
    let free = card.memory_total.zip(card.memory_used).map(|(total, used)| total.saturating_sub(used));
    let free = free.filter(|&free| free < config.min_free_memory)?;
    let least = show_size(config.min_free_memory);
    let words = format!("GPU {index} has {} free, below gpu.min_free_memory = {least}", show_size(free));
    Some(Flaw { words, may_be_holders })
}

/// Whether a process on a card belongs to none of those who hold it.
///
/// One that cannot be seen from here (of the host, from inside a container) may be a holder's, and so may any where
/// a holder was killed: its trainer, which has the card now, descends from nobody any more.
fn is_foreign(process: &Occupant, held: &[Claim]) -> bool {
    if held.is_empty() {
        return true;
    }
    let may_be_of = |claim: &Claim| !claim.is_alive() || kinship::descends(process.pid, claim.pid);
    kinship::is_visible(process.pid) && !held.iter().any(may_be_of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::claim::tests::claim;
    use crate::gpu::lease::tests::{config, inventory};
    use std::path::Path;

    const GIB: u64 = 1 << 30;

    fn settings() -> Gpu {
        let mut config = config(Path::new("/nowhere"), 1);
        (config.max_temperature, config.min_free_memory) = (85, 8 * GIB);
        config
    }

    /// A healthy card of NVML with a change.
    fn words(change: impl FnOnce(&mut Card), held: &[Claim]) -> Option<String> {
        let mut card = inventory(1).cards.remove(0);
        (card.memory_total, card.memory_used, card.temperature) = (Some(80 * GIB), Some(0), Some(40));
        change(&mut card);
        flaw(&settings(), Source::Nvml, &card, held).map(|flaw| flaw.words)
    }

    fn process(pid: u32) -> Occupant {
        Occupant { pid, memory: None }
    }

    #[test]
    fn each_reason_against_a_card_is_told_with_its_number() {
        assert_eq!(words(|_| {}, &[]), None);
        let lost = words(|card| card.trouble = Some("lost".to_owned()), &[]);
        assert_eq!(lost.unwrap(), "GPU 0 cannot be used: lost");
        let hot = words(|card| card.temperature = Some(91), &[]);
        assert_eq!(hot.unwrap(), "GPU 0 is 91 °C, above gpu.max_temperature = 85");
        assert_eq!(words(|card| card.temperature = Some(85), &[]), None);
        let full = words(|card| card.memory_used = Some(78 * GIB), &[]).unwrap();
        assert!(full.ends_with("free, below gpu.min_free_memory = 8GiB"), "{full}");
        assert_eq!(words(|card| card.memory_used = None, &[]), None);
    }

    #[test]
    fn on_a_free_card_every_process_is_foreign_and_on_a_held_one_those_of_others() {
        let mine = std::process::id();
        let used = words(|card| card.processes.push(process(mine)), &[]).unwrap();
        assert!(used.starts_with(&format!("GPU 0 is used by process {mine} (")), "{used}");
        assert!(used.ends_with("), which gx did not start"), "{used}");
        assert_eq!(words(|card| card.processes.push(process(mine)), &[claim(None)]), None);
        assert!(words(|card| card.processes.push(process(1)), &[claim(None)]).is_some());
        let orphaned = Claim { start: 1, ..claim(None) };
        assert_eq!(
            words(|card| card.processes.push(process(1)), &[orphaned]),
            None,
            "an orphan has no parent"
        );
        let hidden = |card: &mut Card| card.processes.push(process(u32::MAX - 1));
        assert_eq!(words(hidden, &[claim(None)]), None, "it may be a holder's that we cannot see");
        assert!(words(hidden, &[]).unwrap().contains("by process 4294967294, which"));
    }

    #[test]
    fn made_up_cards_are_asked_once_and_have_no_foreign_processes() {
        let (config, mut one) = (settings(), inventory(1));
        one.cards[0].processes.push(process(1));
        let mut fitness = Fitness::new(&config, one);
        assert_eq!(fitness.verdict(0, false), Verdict::Unknown);
        fitness.judge(&[Vec::new()], &mut || panic!("they were asked again"));
        assert_eq!(fitness.verdict(0, false), Verdict::Fit);
    }

    #[test]
    fn what_a_holder_did_to_a_card_is_asked_again_when_it_is_free() {
        let (config, mut told) = (settings(), inventory(1));
        told.source = Source::Nvml;
        told.cards[0].processes.push(process(1));
        let mut fitness = Fitness::new(&config, told.clone());
        fitness.judge(&[vec![claim(None)]], &mut || panic!("the first answer is fresh"));
        assert!(matches!(fitness.verdict(0, true), Verdict::Unfit(_)));
        assert_eq!(fitness.verdict(0, false), Verdict::Unknown);
        fitness.judge(&[Vec::new()], &mut || Ok(inventory(1)));
        assert_eq!(fitness.verdict(0, false), Verdict::Fit);
        fitness.judge(&[Vec::new()], &mut || Ok(Inventory { cards: Vec::new(), ..told.clone() }));
        assert_eq!(fitness.verdict(0, false), Verdict::Unfit("GPU 0 does not answer any more".to_owned()));
        fitness.judge(&[Vec::new()], &mut || anyhow::bail!("no answer in 10 s"));
        let silent = Verdict::Unfit("the cards cannot be asked: no answer in 10 s".to_owned());
        assert_eq!(fitness.verdict(0, false), silent);
    }
}
