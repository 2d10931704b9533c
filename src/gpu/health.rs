//! Why a card is not to be given out, though it is there: a decision about what it told, nothing is asked.

use crate::config::schema::Gpu;
use crate::config::units::show_size;
use crate::model::gpu::Card;

/// Why this card is not given out, in a line with its remedy; nothing where it may be.
///
/// What a card does not tell is not held against it: made-up cards tell nothing.
pub fn refusal(card: &Card, config: &Gpu) -> Option<String> {
    card.trouble.clone().or_else(|| heat(card, config)).or_else(|| shortage(card, config))
}

fn heat(card: &Card, config: &Gpu) -> Option<String> {
    let most = Some(config.max_temperature).filter(|most| *most > 0)?;
    let now = card.temperature.filter(|now| *now > most)?;
    Some(format!("{now} °C, above the {most} °C of `gpu.max_temperature`: let it cool down, or raise that"))
}

fn shortage(card: &Card, config: &Gpu) -> Option<String> {
    let least = Some(config.min_free_memory).filter(|least| *least > 0)?;
    let free = card.memory_total?.saturating_sub(card.memory_used?);
    (free < least).then(|| {
        let (free, least) = (show_size(free), show_size(least));
        format!(
            "{free} of memory free, less than the {least} of `gpu.min_free_memory`: \
             end what holds the rest (`nvidia-smi`), or lower that"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layers::Layers;

    fn config(settings: &[(&str, &str)]) -> Gpu {
        let flags = settings.iter().map(|(key, value)| (format!("gpu.{key}"), (*value).to_owned()));
        Layers { flags: flags.collect(), ..Layers::default() }.load().unwrap().config.gpu
    }

    fn card() -> Card {
        Card {
            temperature: Some(80),
            memory_total: Some(80 << 30),
            memory_used: Some(70 << 30),
            ..Card::default()
        }
    }

    #[test]
    fn a_hot_and_full_card_is_given_out_where_nobody_minds() {
        assert_eq!(refusal(&card(), &config(&[])), None);
        let limits = config(&[("max_temperature", "80"), ("min_free_memory", "10GiB")]);
        assert_eq!(refusal(&card(), &limits), None, "the limits themselves are allowed");
        assert_eq!(refusal(&Card::default(), &limits), None, "what it does not tell does no harm");
    }

    #[test]
    fn each_refusal_names_the_value_the_limit_and_the_remedy() {
        let told = refusal(&card(), &config(&[("max_temperature", "79")])).unwrap();
        assert_eq!(told, "80 °C, above the 79 °C of `gpu.max_temperature`: let it cool down, or raise that");
        let told = refusal(&card(), &config(&[("min_free_memory", "11GiB")])).unwrap();
        assert!(
            told.starts_with("10GiB of memory free, less than the 11GiB of `gpu.min_free_memory`: "),
            "{told}"
        );
        let lost = Card { trouble: Some("lost: gone".to_owned()), ..card() };
        assert_eq!(refusal(&lost, &config(&[("max_temperature", "1")])).unwrap(), "lost: gone");
    }

    #[test]
    fn more_memory_used_than_there_is_leaves_none_free() {
        let odd = Card { memory_used: Some(81 << 30), ..card() };
        assert!(
            refusal(&odd, &config(&[("min_free_memory", "1")])).unwrap().starts_with("0B of memory free")
        );
    }
}
