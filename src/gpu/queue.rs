//! Whose turn it is: a pure decision, the same for everybody who looks at the same cards and the same queue.

/// A card as it can be given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// How many experiments it has room for now.
    pub free: usize,
    /// Whether it may be given out at all: it is well, not drained, and nobody else's.
    pub is_usable: bool,
}

/// What one waiter wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bid {
    /// How many different cards.
    pub need: usize,
    /// Which of the offers it may have.
    pub cards: Vec<usize>,
    /// Whether it may still be overtaken while it cannot start: it has not waited for `gpu.max_bypass` yet.
    pub is_patient: bool,
}

/// The cards that `me` starts with now; `None` when it waits on.
///
/// `before` are the waiters ahead, in order. What one of them can start with is kept for it, since it is about to
/// take it. One that cannot start yet is overtaken while it is patient; after that all it may have is kept for it,
/// until enough has come together. One that could not even start on an empty machine keeps nothing from others.
pub fn decide(offers: &[Offer], before: &[Bid], me: &Bid) -> Option<Vec<usize>> {
    pick(&serve(offers, before).0, me)
}

/// Which of these waiters can start now, in order: they are expected to be gone in a moment.
pub fn able(offers: &[Offer], queue: &[Bid]) -> Vec<bool> {
    serve(offers, queue).1
}

/// What is free on each card when everybody of the queue has what is kept for it, and who of it can start.
fn serve(offers: &[Offer], queue: &[Bid]) -> (Vec<usize>, Vec<bool>) {
    let mut free: Vec<usize> =
        offers.iter().map(|offer| if offer.is_usable { offer.free } else { 0 }).collect();
    let mut serve = |bid: &Bid| match pick(&free, bid) {
        Some(cards) => {
            cards.into_iter().for_each(|card| free[card] -= 1);
            true
        }
        None if bid.is_patient || !could_start(offers, bid) => false,
        None => {
            bid.cards.iter().for_each(|&card| free[card] = 0);
            false
        }
    };
    let able = queue.iter().map(&mut serve).collect();
    (free, able)
}

/// All or nothing: the cards with the most room first, then those with the lowest index.
fn pick(free: &[usize], bid: &Bid) -> Option<Vec<usize>> {
    let mut cards: Vec<usize> = bid.cards.iter().copied().filter(|&card| free[card] > 0).collect();
    cards.sort_by_key(|&card| (std::cmp::Reverse(free[card]), card));
    cards.truncate(bid.need);
    cards.sort_unstable();
    (cards.len() == bid.need).then_some(cards)
}

fn could_start(offers: &[Offer], bid: &Bid) -> bool {
    bid.cards.iter().filter(|&&card| offers[card].is_usable).count() >= bid.need
}

#[cfg(test)]
mod tests;
