//! Which of the cards may be used: what `gpu.devices` and `CUDA_VISIBLE_DEVICES` leave of them.

use anyhow::Result;

use crate::error::{Exit, Fault, fault};
use crate::model::gpu::{Card, Inventory};

/// The shortest beginning of a UUID that names a card in the configuration, such as `GPU-1a2b`.
const SHORTEST: usize = 8;

/// Takes away what neither `devices` nor `visible` names; cards keep their index.
///
/// # Errors
/// One of `devices` names no card, or several.
pub fn choose(found: Inventory, devices: &[String], visible: Option<&str>) -> Result<Inventory> {
    // Where there are no cards, that is the news, not that one of them is missing.
    if found.cards.is_empty() {
        return Ok(found);
    }
    let mut told = found;
    let configured =
        devices.iter().map(|name| configured(&told.cards, name)).collect::<Result<Vec<u32>, _>>()?;
    let offered = visible.map(|text| Offered::read(&told.cards, text));
    told.cards.retain(|card| devices.is_empty() || configured.contains(&card.index));
    if let Some(offered) = offered {
        let before = told.cards.len();
        told.cards.retain(|card| offered.indices.contains(&card.index));
        told.hint = offered.hint(before, told.cards.len()).or(told.hint);
    }
    Ok(told)
}

/// The card that a person means: by index, UUID, or a beginning of it that only one card has.
///
/// # Errors
/// No card is called so, or several are.
pub fn find<'a>(cards: &'a [Card], name: &str) -> Result<&'a Card, Fault> {
    let mut found = named(cards, name);
    // The short form of a table leaves out what all UUIDs begin with.
    if found.is_empty() {
        found = named(cards, &format!("GPU-{name}"));
    }
    match found[..] {
        [index] => cards
            .iter()
            .find(|card| card.index == index)
            .ok_or_else(|| unknown(cards, &format!("no card is called `{name}`"))),
        [] => Err(unknown(cards, &format!("no card is called `{name}`"))),
        _ => Err(unknown(cards, &format!("several cards begin with `{name}`"))),
    }
}

fn configured(cards: &[Card], name: &str) -> Result<u32, Fault> {
    let found = if name.len() < SHORTEST { exact(cards, name) } else { named(cards, name) };
    match found[..] {
        [index] => Ok(index),
        [] => Err(unknown(cards, &format!("no card is called `{name}` (`gpu.devices`)"))),
        _ => Err(unknown(cards, &format!("several cards begin with `{name}` (`gpu.devices`)"))),
    }
}

fn unknown(cards: &[Card], message: &str) -> Fault {
    let list: Vec<String> = cards.iter().map(|card| format!("{} ({})", card.index, card.uuid)).collect();
    fault(message)
        .hint(format!("name cards by index or UUID; there are {}", list.join(", ")))
        .exit(Exit::NoCard)
}

/// The cards with this index, UUID or beginning of a UUID.
fn named(cards: &[Card], name: &str) -> Vec<u32> {
    let found = exact(cards, name);
    if !found.is_empty() {
        return found;
    }
    let begins = |uuid: &str| uuid.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    cards.iter().filter(|card| begins(&card.uuid)).map(|card| card.index).collect()
}

fn exact(cards: &[Card], name: &str) -> Vec<u32> {
    let number: Option<u32> = name.parse().ok();
    let same = |card: &&Card| Some(card.index) == number || card.uuid.eq_ignore_ascii_case(name);
    cards.iter().filter(same).map(|card| card.index).collect()
}

/// What `CUDA_VISIBLE_DEVICES` leaves, read as CUDA reads it.
struct Offered<'a> {
    text: &'a str,
    indices: Vec<u32>,
    /// The first name that no card has; CUDA looks at nothing behind it.
    stranger: Option<&'a str>,
}

impl<'a> Offered<'a> {
    /// A bare index counts in the order of the PCI bus, as gx sets it for its own runs. CUDA itself begins with the
    /// fastest card unless `CUDA_DEVICE_ORDER` says otherwise, but that order is known only to a CUDA
    /// program; on a machine of equal cards both are the same, and containers and Slurm mean the bus.
    fn read(cards: &[Card], text: &'a str) -> Self {
        let mut offered = Self { text, indices: Vec::new(), stranger: None };
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            // Any beginning that only one card has will do for CUDA, which wants no more than the `GPU-`.
            let is_uuid = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("GPU-"));
            let found = if is_uuid { named(cards, name) } else { exact(cards, name) };
            let [index] = found[..] else {
                offered.stranger = Some(name);
                break;
            };
            if !offered.indices.contains(&index) {
                offered.indices.push(index);
            }
        }
        offered
    }

    /// What to say where a name is a stranger's, or nothing is left of the `before` cards.
    fn hint(&self, before: usize, left: usize) -> Option<String> {
        let text = self.text;
        match self.stranger.filter(|name| *name != "-1") {
            Some(name) if name.starts_with("MIG") => Some(format!(
                "gx gives out whole cards, not MIG instances such as `{name}` of CUDA_VISIBLE_DEVICES; \
                 for places to run in set `gpu.source = \"fixed\"` and `gpu.count`"
            )),
            Some(name) => Some(format!(
                "CUDA_VISIBLE_DEVICES is `{text}`, and no card is called `{name}`: CUDA sees only what stands before it"
            )),
            None if left > 0 || before == 0 => None,
            None if self.indices.is_empty() => Some(format!(
                "CUDA_VISIBLE_DEVICES is `{text}`, which hides every card: `unset CUDA_VISIBLE_DEVICES` offers them"
            )),
            None => Some(format!("CUDA_VISIBLE_DEVICES is `{text}`, which names none of `gpu.devices`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::tell;
    use crate::model::gpu::Source;

    fn four() -> Inventory {
        let card = |(index, uuid): (usize, &str)| Card {
            index: u32::try_from(index).unwrap(),
            uuid: uuid.to_owned(),
            ..Card::default()
        };
        let uuids = ["GPU-1a2b3c4d-01", "GPU-1a2b3c4d-02", "GPU-99999999-03", "GPU-77777777-04"];
        let cards = uuids.into_iter().enumerate().map(card).collect();
        Inventory { source: Source::Nvml, driver: None, cards, hint: None }
    }

    fn chosen(devices: &[&str], visible: Option<&str>) -> (Vec<u32>, Option<String>) {
        let devices: Vec<String> = devices.iter().map(|name| (*name).to_owned()).collect();
        let told = choose(four(), &devices, visible).unwrap();
        (told.cards.iter().map(|card| card.index).collect(), told.hint)
    }

    #[test]
    fn cards_are_configured_by_index_by_uuid_and_by_its_beginning() {
        assert_eq!(chosen(&[], None), (vec![0, 1, 2, 3], None));
        assert_eq!(chosen(&["3", "GPU-1a2b3c4d-01", "gpu-9999"], None), (vec![0, 2, 3], None));
    }

    #[test]
    fn a_configured_name_that_is_no_cards_or_several_cards_is_told_with_what_there_is() {
        for (name, message) in [
            ("7", "no card is called `7` (`gpu.devices`)"),
            ("GPU-9", "no card is called `GPU-9` (`gpu.devices`)"),
            ("GPU-1a2b", "several cards begin with `GPU-1a2b` (`gpu.devices`)"),
        ] {
            let told = tell(&choose(four(), &[name.to_owned()], None).unwrap_err());
            assert_eq!((told.message.as_str(), told.exit), (message, Exit::NoCard));
            assert!(told.hints[0].contains("there are 0 (GPU-1a2b3c4d-01), 1 ("), "{:?}", told.hints);
        }
    }

    #[test]
    fn what_the_environment_names_is_offered_by_index_and_uuid() {
        assert_eq!(chosen(&[], Some("2, 0,2")), (vec![0, 2], None));
        assert_eq!(chosen(&[], Some("GPU-7,GPU-1a2b3c4d-02")), (vec![1, 3], None));
        assert_eq!(chosen(&["1", "2"], Some("2,3")), (vec![2], None));
    }

    #[test]
    fn an_environment_that_hides_everything_says_how_to_go_on() {
        for text in ["", "-1", " "] {
            let (cards, hint) = chosen(&[], Some(text));
            assert_eq!(cards, [0; 0]);
            let hint = hint.unwrap();
            assert!(hint.contains("`unset CUDA_VISIBLE_DEVICES`"), "{hint}");
        }
        let (cards, hint) = chosen(&["1"], Some("2"));
        assert_eq!(cards, [0; 0]);
        assert_eq!(hint.unwrap(), "CUDA_VISIBLE_DEVICES is `2`, which names none of `gpu.devices`");
    }

    #[test]
    fn nothing_behind_a_stranger_is_offered() {
        let (cards, hint) = chosen(&[], Some("1,9,0"));
        assert_eq!(cards, [1]);
        assert!(hint.unwrap().contains("no card is called `9`"));
        assert_eq!(chosen(&[], Some("1,-1,0")), (vec![1], None));
        let (cards, hint) = chosen(&[], Some("MIG-c6d4f1ef,0"));
        assert_eq!(cards, [0; 0]);
        assert!(hint.unwrap().contains("MIG instances such as `MIG-c6d4f1ef`"));
        // The beginning of two UUIDs names neither of them.
        assert_eq!(chosen(&[], Some("GPU-1a2b")).0, [0; 0]);
    }
}
