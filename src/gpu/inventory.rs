//! Which cards there are: asked of whom the configuration names, less those that may not be used.

use anyhow::Result;

use crate::config::schema::Gpu;
use crate::gpu::failure::WITHOUT;
use crate::gpu::{choice, query};
use crate::model::gpu::{Card, Inventory, Source};
use crate::process::command::Program;
use crate::process::find;

/// The cards that may be used: those of `gpu.devices`, and of them those that `visible` names.
///
/// `visible` is `CUDA_VISIBLE_DEVICES` as gx itself was started with it, by a container or a Slurm job.
///
/// # Errors
/// Cards that do not answer in time, or crash who asks: they may be there, and nobody knows which are free. A name in
/// `gpu.devices` that no card has. And, for [`Source::Nvml`], no library or no driver.
pub fn inventory(config: &Gpu, visible: Option<&str>) -> Result<Inventory> {
    inventory_of(Program::new(find::myself()), config, visible)
}

/// As [`inventory`], with the cards asked by `program`, a gx with an environment of its own.
///
/// # Errors
/// As [`inventory`].
pub fn inventory_of(program: Program, config: &Gpu, visible: Option<&str>) -> Result<Inventory> {
    let found = match config.source {
        Source::None => none("no cards are used: `gpu.source` is \"none\""),
        Source::Fixed => fixed(config.count),
        Source::Nvml => real(query::ask(program, config)?.map_err(|failure| failure.fault())?),
        Source::Auto => query::ask(program, config)?.map_or_else(|failure| none(failure.hint()), real),
    };
    choice::choose(found, &config.devices, visible)
}

/// Cards that NVIDIA's driver told, with advice where it told none.
fn real(told: Inventory) -> Inventory {
    let empty = || {
        format!(
            "NVIDIA's driver is loaded and shows no card: `ls -l /dev/nvidia*` shows who may use them; {WITHOUT}"
        )
    };
    let hint = told.cards.is_empty().then(empty);
    Inventory { hint, ..told }
}

/// Made-up cards: places to run in, on a machine whose cards nobody can ask, or that has none.
fn fixed(count: u32) -> Inventory {
    let card = |index| Card {
        index,
        uuid: format!("FIXED-{index}"),
        name: "fixed card".to_owned(),
        ..Card::default()
    };
    let hint =
        (count == 0).then(|| "set how many made-up cards there are: `gx --config gpu.count=2 …`".to_owned());
    Inventory { source: Source::Fixed, driver: None, cards: (0..count).map(card).collect(), hint }
}

fn none(hint: impl Into<String>) -> Inventory {
    Inventory { source: Source::None, driver: None, cards: Vec::new(), hint: Some(hint.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layers::Layers;

    fn told(settings: &[(&str, &str)], visible: Option<&str>) -> Inventory {
        let flags = settings.iter().map(|(key, value)| (format!("gpu.{key}"), (*value).to_owned()));
        let config = Layers { flags: flags.collect(), ..Layers::default() }.load().unwrap().config.gpu;
        inventory(&config, visible).unwrap()
    }

    #[test]
    fn fixed_cards_are_numbered_and_named() {
        let told = told(&[("source", "fixed"), ("count", "2")], None);
        assert_eq!((told.source, told.hint), (Source::Fixed, None));
        let names: Vec<_> = told.cards.iter().map(|card| (card.index, card.uuid.as_str())).collect();
        assert_eq!(names, [(0, "FIXED-0"), (1, "FIXED-1")]);
        assert!(told.cards.iter().all(|card| card.name == "fixed card" && card.trouble.is_none()));
    }

    #[test]
    fn no_cards_come_with_a_hint() {
        let hint = told(&[("source", "none")], Some("0")).hint.unwrap();
        assert_eq!(hint, "no cards are used: `gpu.source` is \"none\"");
        let hint = told(&[("source", "fixed")], None).hint.unwrap();
        assert!(hint.contains("gpu.count"), "{hint}");
    }

    #[test]
    fn what_the_environment_names_is_offered_alone() {
        let settings = [("source", "fixed"), ("count", "4"), ("devices", "1,2,3")];
        let told = told(&settings, Some("3,0,1"));
        assert_eq!(told.cards.iter().map(|card| card.index).collect::<Vec<_>>(), [1, 3]);
    }
}
