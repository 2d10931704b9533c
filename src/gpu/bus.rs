//! The PCI bus, whose order numbers the cards.

use crate::model::gpu::Card;

/// Where a card is: domain, bus and device; the order of these is the order of the cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Of a machine with several root complexes.
    pub domain: u32,
    /// On that.
    pub bus: u32,
    /// On that.
    pub device: u32,
}

impl Address {
    /// Reads `00000000:3B:00.0`, with a domain of any length.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split([':', '.']).map(|part| u32::from_str_radix(part, 16).ok());
        Some(Self { domain: parts.next()??, bus: parts.next()??, device: parts.next()?? })
    }
}

/// Numbers the cards in the order of the bus.
///
/// A lost card does not tell where it was. NVIDIA counts cards along the bus too, so it keeps its place among the
/// others; one whose UUID could not be read is called by that place, and by its trouble is not given out.
pub fn in_order(found: Vec<(Option<Address>, Card)>) -> Vec<Card> {
    let mut told: Vec<(Address, Card)> = Vec::new();
    let mut places = Vec::new();
    for (address, card) in found {
        match address {
            Some(address) => {
                told.push((address, card));
                places.push(None);
            }
            None => places.push(Some(card)),
        }
    }
    told.sort_by_key(|(address, _)| *address);
    let mut told = told.into_iter().map(|(_, card)| card);
    let cards = places.into_iter().filter_map(|lost| lost.or_else(|| told.next()));
    (0..).zip(cards).map(|(index, card)| numbered(index, card)).collect()
}

fn numbered(index: u32, card: Card) -> Card {
    let uuid = if card.uuid.is_empty() { format!("UNKNOWN-{index}") } else { card.uuid };
    Card { index, uuid, ..card }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_nvidia_writes_them() {
        let address = Some(Address { domain: 1, bus: 0x3b, device: 0 });
        assert_eq!(Address::read("00000001:3B:00.0"), address);
        assert_eq!(Address::read("0001:3b:00.0"), address);
        for text in ["", "3B", "0000:3B", "0000:zz:00.0", "[N/A]"] {
            assert_eq!(Address::read(text), None, "{text}");
        }
    }

    #[test]
    fn cards_are_numbered_along_the_bus_and_the_lost_keep_their_place() {
        let at = |bus| Some(Address { domain: 0, bus, device: 0 });
        let card = |uuid: &str| Card { uuid: uuid.to_owned(), ..Card::default() };
        let found = vec![(at(9), card("c")), (None, card("")), (at(2), card("a")), (at(4), card("b"))];
        let told = in_order(found).into_iter().map(|card| (card.index, card.uuid));
        let wanted = [(0, "a"), (1, "UNKNOWN-1"), (2, "b"), (3, "c")];
        assert_eq!(told.collect::<Vec<_>>(), wanted.map(|(index, uuid)| (index, uuid.to_owned())));
    }
}
