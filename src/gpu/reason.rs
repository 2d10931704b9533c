//! Why somebody waits, in one line.

use crate::gpu::claim::Claim;
use crate::gpu::drain::Drain;
use crate::gpu::fitness::Fitness;
use crate::gpu::folder::Folder;
use crate::gpu::slots::Slots;

/// More names than this are cut.
const NAMES: usize = 3;

/// A card as a waiter sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub index: u32,
    /// Whether it has room for one more experiment.
    pub has_room: bool,
    /// Who has it, as people call them.
    pub holders: Vec<String>,
    /// Why it may not be given out.
    pub flaw: Option<String>,
}

/// What is to be said about a card with these free slots.
pub fn see(folder: &Folder, fitness: &Fitness<'_>, slots: &Slots, (place, free): (usize, &[usize])) -> Seen {
    let card = &fitness.cards()[place];
    let drained =
        Drain::read(folder, &card.uuid).map(|drain| format!("GPU {} is {}", card.index, drain.words()));
    let holders = slots.holders(place, free).iter().flatten().map(Claim::holder).collect();
    // What a holder does to its card is nobody's concern while it has it.
    let flaw = drained.or_else(|| fitness.last_flaw(place, free.is_empty()).map(str::to_owned));
    Seen { index: card.index, has_room: !free.is_empty(), holders, flaw }
}

/// Says why a waiter that needs `need` of these cards does not start, with `before` waiters ahead of it.
pub fn reason(cards: &[Seen], need: usize, before: usize) -> String {
    let taken: Vec<&Seen> = cards.iter().filter(|card| !card.has_room).collect();
    let mut parts: Vec<String> = cards.iter().filter_map(|card| card.flaw.clone()).collect();
    // One reason may hold for all cards: that they cannot be asked.
    parts.dedup();
    if !taken.is_empty() {
        parts.insert(0, format!("{}{}", how_many(&taken, cards), by(&taken)));
    }
    if need > 1 && taken.len() < cards.len() {
        parts.push(format!("it needs {need}"));
    }
    match before {
        0 => {}
        1 => parts.push("1 waits before it".to_owned()),
        _ => parts.push(format!("{before} wait before it")),
    }
    if parts.is_empty() { "it is about to start".to_owned() } else { parts.join("; ") }
}

fn how_many(taken: &[&Seen], cards: &[Seen]) -> String {
    match (taken, cards.len()) {
        ([card], 1) => format!("GPU {} is taken", card.index),
        ([_], all) => format!("1 of {all} cards is taken"),
        (taken, all) if taken.len() == all => format!("all {all} cards are taken"),
        (taken, all) => format!("{} of {all} cards are taken", taken.len()),
    }
}

fn by(taken: &[&Seen]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in taken.iter().flat_map(|card| &card.holders) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return String::new();
    }
    let more = if names.len() > NAMES { ", ..." } else { "" };
    names.truncate(NAMES);
    format!(" by {}{more}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(index: u32, holder: &str) -> Seen {
        Seen { index, holders: vec![holder.to_owned()], ..Seen::default() }
    }

    fn free(index: u32) -> Seen {
        Seen { index, has_room: true, ..Seen::default() }
    }

    #[test]
    fn the_holders_and_the_place_in_the_queue_are_told() {
        let cards = [taken(0, "exp-3"), taken(1, "exp-4"), taken(2, "exp-3"), free(3)];
        assert_eq!(
            reason(&cards, 2, 2),
            "3 of 4 cards are taken by exp-3, exp-4; it needs 2; 2 wait before it"
        );
        assert_eq!(reason(&cards[..2], 1, 0), "all 2 cards are taken by exp-3, exp-4");
        assert_eq!(reason(&cards[..1], 1, 1), "GPU 0 is taken by exp-3; 1 waits before it");
        assert_eq!(reason(&cards[3..], 1, 0), "it is about to start");
    }

    #[test]
    fn many_holders_are_cut_and_those_without_a_name_left_out() {
        let cards: Vec<Seen> = (0..5).map(|index| taken(index, &format!("exp-{index}"))).collect();
        assert_eq!(reason(&cards, 1, 0), "all 5 cards are taken by exp-0, exp-1, exp-2, ...");
        let nameless = Seen { index: 1, ..Seen::default() };
        assert_eq!(reason(&[free(0), nameless], 2, 0), "1 of 2 cards is taken; it needs 2");
    }

    #[test]
    fn what_is_wrong_with_cards_is_told_once() {
        let flaw = |index| Seen { flaw: Some("the cards cannot be asked".to_owned()), ..free(index) };
        assert_eq!(reason(&[flaw(0), flaw(1)], 1, 0), "the cards cannot be asked");
    }
}
