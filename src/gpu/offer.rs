//! Which cards the configuration lets gx give out, and whether there are as many as somebody asks for.

use anyhow::Result;

use crate::config::schema::Gpu;
use crate::error::{Exit, Fault, fault};
use crate::model::gpu::{Card, Inventory};

/// Whether `gpu.devices` names this card, or names none at all.
pub fn is_offered(config: &Gpu, card: &Card) -> bool {
    let names = |device: &String| *device == card.uuid || device.parse() == Ok(card.index);
    config.devices.is_empty() || config.devices.iter().any(names)
}

/// The places of the cards of the inventory that may be given out.
///
/// # Errors
/// A fault with [`Exit::NoCard`] when fewer than `need` are left: waiting would not help.
pub fn offered(config: &Gpu, inventory: &Inventory, need: usize) -> Result<Vec<usize>> {
    let cards = inventory.cards.iter().enumerate();
    let offered: Vec<usize> =
        cards.filter(|(_, card)| is_offered(config, card)).map(|(place, _)| place).collect();
    if offered.len() < need {
        return Err(too_few(config, inventory, offered.len(), need).exit(Exit::NoCard).into());
    }
    Ok(offered)
}

fn too_few(config: &Gpu, inventory: &Inventory, offered: usize, need: usize) -> Fault {
    let asked = if need == 1 { "1 card is".to_owned() } else { format!("{need} cards are") };
    let there = inventory.cards.len();
    if there == 0 {
        let told =
            fault(format!("{asked} asked for, and this machine has none (source: {})", inventory.source));
        return told.hint(inventory.hint.clone().unwrap_or_else(|| "look with `gx gpus`".to_owned()));
    }
    let has = format!("{asked} asked for, and this machine has {there}");
    let message = if offered == there {
        has
    } else {
        format!("{has}, of which `gpu.devices` = {:?} leaves {offered}", config.devices)
    };
    fault(message).hint("look with `gx gpus`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::tell;
    use crate::gpu::lease::tests::{config, inventory};
    use crate::model::gpu::Source;
    use std::path::Path;

    fn refusal(devices: &[&str], cards: usize, need: usize) -> (String, Vec<String>) {
        let mut config = config(Path::new("/nowhere"), 1);
        config.devices = devices.iter().map(ToString::to_string).collect();
        let told = tell(&offered(&config, &inventory(cards), need).unwrap_err());
        assert_eq!(told.exit, Exit::NoCard);
        (told.message, told.hints)
    }

    #[test]
    fn more_cards_than_there_are_is_refused_at_once() {
        let (message, hints) = refusal(&[], 1, 2);
        assert_eq!(message, "2 cards are asked for, and this machine has 1");
        assert_eq!(hints, ["look with `gx gpus`"]);
    }

    #[test]
    fn the_setting_that_leaves_too_few_is_named() {
        let (message, _) = refusal(&["3"], 4, 2);
        assert_eq!(
            message,
            "2 cards are asked for, and this machine has 4, of which `gpu.devices` = [\"3\"] leaves 1"
        );
    }

    #[test]
    fn where_there_are_no_cards_the_source_and_its_advice_are_told() {
        let hint = Some("install the driver".to_owned());
        let none = Inventory { source: Source::None, driver: None, cards: Vec::new(), hint };
        let told = tell(&offered(&config(Path::new("/nowhere"), 1), &none, 1).unwrap_err());
        assert_eq!(told.message, "1 card is asked for, and this machine has none (source: none)");
        assert_eq!(told.hints, ["install the driver"]);
    }

    #[test]
    fn devices_are_named_by_index_or_uuid() {
        let mut config = config(Path::new("/nowhere"), 1);
        let inventory = inventory(4);
        config.devices = vec!["2".to_owned(), inventory.cards[0].uuid.clone(), "9".to_owned()];
        assert_eq!(offered(&config, &inventory, 2).unwrap(), [0, 2]);
    }
}
