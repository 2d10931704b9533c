//! What the decision promises, for any cards and any queue.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn free(rooms: &[usize]) -> Vec<Offer> {
    rooms.iter().map(|&free| Offer { free, is_usable: true }).collect()
}

/// A bid for any of four cards.
fn bid(need: usize) -> Bid {
    Bid { need, cards: (0..4).collect(), is_patient: true }
}

fn old(need: usize) -> Bid {
    Bid { is_patient: false, ..bid(need) }
}

#[test]
fn what_an_earlier_one_can_start_with_is_kept_for_it() {
    assert_eq!(decide(&free(&[1, 1, 0, 0]), &[bid(1)], &bid(1)), Some(vec![1]));
    assert_eq!(decide(&free(&[1, 0, 0, 0]), &[bid(1)], &bid(1)), None);
}

#[test]
fn a_large_one_is_overtaken_only_while_it_is_young() {
    assert_eq!(decide(&free(&[1, 1, 1, 0]), &[bid(4)], &bid(1)), Some(vec![0]));
    assert_eq!(decide(&free(&[1, 1, 1, 0]), &[old(4)], &bid(1)), None);
}

#[test]
fn an_old_one_keeps_only_the_cards_that_it_may_have() {
    let last_only = Bid { cards: vec![3], ..old(1) };
    assert_eq!(decide(&free(&[1, 0, 0, 0]), &[last_only], &bid(1)), Some(vec![0]));
}

#[test]
fn an_old_one_that_no_release_could_help_keeps_nothing() {
    let mut offers = free(&[1, 1, 1, 1]);
    offers[3].is_usable = false;
    assert_eq!(decide(&offers, &[old(4)], &bid(1)), Some(vec![0]));
}

#[test]
fn several_cards_are_different_ones_and_the_emptiest_first() {
    assert_eq!(decide(&free(&[1, 2, 1, 2]), &[], &bid(2)), Some(vec![1, 3]));
    assert_eq!(decide(&free(&[4, 0, 0, 0]), &[], &bid(2)), None);
}

const CARDS: usize = 5;

prop_compose! {
    fn any_bid()(need in 1..=CARDS, mask in 1u8..32, is_patient: bool) -> Bid {
        Bid { need, cards: (0..CARDS).filter(|card| mask & (1 << card) != 0).collect(), is_patient }
    }
}

prop_compose! {
    fn any_offer()(free in 0..3usize, is_usable in prop::bool::weighted(0.9)) -> Offer {
        Offer { free, is_usable }
    }
}

/// A step of the life of a machine.
#[derive(Clone, Debug)]
enum Step {
    Arrive(usize),
    Leave(prop::sample::Index),
    Finish(prop::sample::Index),
    Look(prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    let index = || any::<prop::sample::Index>();
    prop_oneof![
        3 => (1..=4usize).prop_map(Step::Arrive),
        1 => index().prop_map(Step::Leave),
        3 => index().prop_map(Step::Finish),
        6 => index().prop_map(Step::Look),
    ]
}

/// A machine of four cards, each with `slots`, whose waiters get old after some steps.
struct Machine {
    slots: usize,
    time: usize,
    next: usize,
    waiting: BTreeMap<usize, (usize, usize)>,
    running: BTreeMap<usize, Vec<usize>>,
}

impl Machine {
    const PATIENCE: usize = 20;

    fn offers(&self) -> Vec<Offer> {
        let taken = |card: usize| self.running.values().filter(|cards| cards.contains(&card)).count();
        (0..4).map(|card| Offer { free: self.slots - taken(card), is_usable: true }).collect()
    }

    fn bid_of(&self, number: usize) -> Bid {
        let (need, since) = self.waiting[&number];
        Bid { is_patient: self.time - since < Self::PATIENCE, ..bid(need) }
    }

    /// One waiter looks whether it can start.
    fn look(&mut self, number: usize) -> bool {
        let before: Vec<usize> = self.waiting.range(..number).map(|(number, _)| *number).collect();
        let bids: Vec<Bid> = before.iter().map(|&number| self.bid_of(number)).collect();
        let me = self.bid_of(number);
        let Some(cards) = decide(&self.offers(), &bids, &me) else { return false };
        assert!(cards.iter().all(|&card| self.offers()[card].free > 0), "given out twice");
        self.waiting.remove(&number);
        self.running.insert(number, cards);
        // An earlier one that was old or wanted the same is not overtaken: it has its cards kept for it.
        for (place, bid) in bids.iter().enumerate().filter(|(_, bid)| bid.need == me.need || !bid.is_patient)
        {
            assert!(decide(&self.offers(), &bids[..place], bid).is_some(), "{} was overtaken", before[place]);
        }
        true
    }

    fn take(&mut self, step: &Step) {
        self.time += 1;
        let pick =
            |keys: Vec<usize>, index: &prop::sample::Index| (!keys.is_empty()).then(|| *index.get(&keys));
        match step {
            Step::Arrive(need) => {
                self.waiting.insert(self.next, (*need, self.time));
                self.next += 1;
            }
            Step::Leave(index) => {
                pick(self.waiting.keys().copied().collect(), index)
                    .map(|number| self.waiting.remove(&number));
            }
            Step::Finish(index) => {
                pick(self.running.keys().copied().collect(), index)
                    .map(|number| self.running.remove(&number));
            }
            Step::Look(index) => {
                pick(self.waiting.keys().copied().collect(), index).map(|number| self.look(number));
            }
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_given_that_is_not_free_and_all_at_once(
        offers in prop::collection::vec(any_offer(), CARDS),
        before in prop::collection::vec(any_bid(), 0..6),
        me in any_bid(),
    ) {
        if let Some(mut cards) = decide(&offers, &before, &me) {
            prop_assert_eq!(cards.len(), me.need);
            cards.dedup();
            prop_assert_eq!(cards.len(), me.need);
            prop_assert!(cards.iter().all(|&card| offers[card].free > 0 && offers[card].is_usable));
            prop_assert!(cards.iter().all(|card| me.cards.contains(card)));
        }
    }

    #[test]
    fn all_who_may_start_at_the_same_look_have_room_together(
        offers in prop::collection::vec(any_offer(), CARDS),
        queue in prop::collection::vec(any_bid(), 1..8),
    ) {
        let mut left: Vec<usize> = offers.iter().map(|offer| offer.free).collect();
        for (place, me) in queue.iter().enumerate() {
            for card in decide(&offers, &queue[..place], me).into_iter().flatten() {
                prop_assert!(left[card] > 0, "card {} is given out twice", card);
                left[card] -= 1;
            }
        }
    }

    #[test]
    fn on_an_empty_machine_the_first_that_fits_starts(
        queue in prop::collection::vec(any_bid(), 1..8),
        slots in 1..3usize,
    ) {
        let offers = vec![Offer { free: slots, is_usable: true }; CARDS];
        let first = queue.iter().position(|bid| bid.cards.len() >= bid.need);
        if let Some(first) = first {
            prop_assert!(decide(&offers, &queue[..first], &queue[first]).is_some());
        }
    }

    #[test]
    fn whatever_happens_nobody_is_overtaken_against_the_rules_and_all_start_in_the_end(
        slots in 1..3usize,
        steps in prop::collection::vec(step(), 0..150),
    ) {
        let (waiting, running) = (BTreeMap::new(), BTreeMap::new());
        let mut machine = Machine { slots, time: 0, next: 0, waiting, running };
        for step in &steps {
            machine.take(step);
        }
        // Now nobody comes any more: with releases alone everybody has to get through.
        while !machine.waiting.is_empty() {
            let waiting: Vec<usize> = machine.waiting.keys().copied().collect();
            let started = waiting.into_iter().filter(|&number| machine.look(number)).count();
            prop_assert!(started > 0 || machine.running.pop_first().is_some(), "everybody waits for ever");
        }
    }
}
