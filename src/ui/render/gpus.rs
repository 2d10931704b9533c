//! The cards, who has them and who waits: three tables for one screen.

use crate::clock::Timestamp;
use crate::report::gpus::{Card, Gpus, Holder, Waiter};
use crate::ui::number;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};
use crate::ui::table::{Column, Table, cut};

/// So much of a UUID tells the cards of a machine apart.
const SHORT: usize = 8;
/// So much of a command tells what runs.
const COMMAND: usize = 20;
const GIB: f64 = (1u64 << 30) as f64;

impl Show for Gpus {
    fn show(&self, page: &mut Page) {
        if self.cards.is_empty() {
            page.line([Text::new("no cards", Label::Strong)]);
        } else {
            page.table(cards(&self.cards));
        }
        if let Some(hint) = &self.hint {
            page.fact("hint", hint.as_str());
        }
        refusals(&self.cards, page);
        let held = held(&self.cards);
        if !held.is_empty() {
            page.text("");
            page.table(holders(&held));
        }
        if !self.queue.is_empty() {
            page.text("");
            page.table(queue(&self.queue));
            page.fact("first", Text::new(self.queue[0].reason.as_str(), Label::Near));
        }
    }
}

fn cards(cards: &[Card]) -> Table {
    let mut table = Table::new([
        Column::right("GPU"),
        Column::left("model"),
        Column::left("UUID"),
        Column::right("GiB used"),
        Column::right("busy"),
        Column::right("temp"),
        Column::right("power").optional(),
        Column::left("state"),
    ]);
    for card in cards {
        let with = |value: Option<u32>, unit: &str| {
            value.map_or_else(String::new, |value| format!("{value} {unit}"))
        };
        table.row([
            Text::new(card.index.to_string(), Label::Strong),
            Text::from(card.name.trim_start_matches("NVIDIA ")),
            Text::new(short(&card.uuid), Label::Muted),
            Text::from(memory(card)),
            Text::from(with(card.utilisation, "%")),
            Text::from(with(card.temperature, "°C")),
            Text::from(power(card)),
            state(card),
        ]);
    }
    table
}

/// The part of a UUID in which cards differ.
fn short(uuid: &str) -> String {
    uuid.strip_prefix("GPU-").map_or(uuid, |rest| rest.get(..SHORT).unwrap_or(rest)).to_owned()
}

fn memory(card: &Card) -> String {
    let Some(total) = card.memory_total else { return String::new() };
    let gigabytes = |bytes: u64| bytes as f64 / GIB;
    let used = card.memory_used.map_or_else(|| "?".to_owned(), |used| format!("{:.1}", gigabytes(used)));
    format!("{used} / {:.0}", gigabytes(total))
}

fn power(card: &Card) -> String {
    let limit = card.power_limit.map(|limit| format!(" / {limit:.0}")).unwrap_or_default();
    card.power.map_or_else(String::new, |power| format!("{power:.0}{limit} W"))
}

fn state(card: &Card) -> Text {
    let has_holders = !card.holders.is_empty();
    let names: Vec<String> = card.holders.iter().map(name).collect();
    let names = names.join(", ");
    match () {
        () if card.drained.is_some() && has_holders => {
            Text::new(format!("{names}, then drained"), Label::Near)
        }
        () if card.drained.is_some() => Text::new("drained", Label::Near),
        () if card.refusal.is_some() && !has_holders => Text::new("not given out", Label::Bad),
        () if has_holders && card.room > 0 => {
            Text::new(format!("{names}, room for {} more", card.room), Label::Strong)
        }
        () if has_holders => Text::new(names, Label::Strong),
        () => Text::new("free", Label::Good),
    }
}

/// What people call a holder or a waiter: the experiment, else its command.
fn called(experiment: Option<&String>, command: Option<&String>) -> String {
    let command = || command.map(|command| cut(command, COMMAND));
    experiment.cloned().or_else(command).unwrap_or_else(|| "somebody".to_owned())
}

fn name(holder: &Holder) -> String {
    called(holder.experiment.as_ref(), holder.command.as_ref())
}

/// Why cards are given to nobody, and strangers that are no reason because somebody has the card.
fn refusals(cards: &[Card], page: &mut Page) {
    let mut said: Vec<&str> = Vec::new();
    for refusal in cards.iter().filter_map(|card| card.refusal.as_deref()) {
        // One reason may hold for all cards: that they cannot be asked.
        if !said.contains(&refusal) {
            page.fact("why", Text::new(refusal, Label::Near));
            said.push(refusal);
        }
    }
    for card in cards {
        for stranger in &card.strangers {
            if said.iter().any(|said| said.contains(&format!("process {}", stranger.pid))) {
                continue;
            }
            let name = stranger.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
            let text =
                format!("GPU {} has process {}{name}, which gx did not start", card.index, stranger.pid);
            page.fact("beside", Text::new(text, Label::Near));
        }
    }
}

/// Each holder once, with its cards.
fn held(cards: &[Card]) -> Vec<(&Holder, String)> {
    let mut held: Vec<(&Holder, String)> = Vec::new();
    for card in cards {
        for holder in &card.holders {
            match held.iter_mut().find(|(one, _)| *one == holder && one.pid.is_some()) {
                Some((_, indices)) => *indices = format!("{indices},{}", card.index),
                None => held.push((holder, card.index.to_string())),
            }
        }
    }
    held
}

fn holders(held: &[(&Holder, String)]) -> Table {
    let mut table = Table::new([
        Column::left("held by"),
        Column::left("GPU"),
        Column::left("user"),
        Column::right("for"),
        Column::left("supervisor"),
        Column::left("repository"),
    ]);
    for (holder, indices) in held {
        let supervisor = if holder.is_supervised { "" } else { "gone: it goes on alone" };
        table.row([
            Text::new(name(holder), Label::Strong),
            Text::from(indices.as_str()),
            Text::from(holder.user.clone().unwrap_or_default()),
            Text::from(holder.since.as_deref().map(age).unwrap_or_default()),
            Text::new(if holder.pid.is_none() { "" } else { supervisor }, Label::Near),
            Text::from(holder.repository.as_deref().map(at_home).unwrap_or_default()),
        ]);
    }
    table
}

fn queue(queue: &[Waiter]) -> Table {
    let mut table = Table::new([
        Column::right("queue"),
        Column::left("waits"),
        Column::right("needs"),
        Column::left("user"),
        Column::right("for"),
        Column::left("repository").optional(),
        Column::left("why"),
    ]);
    for waiter in queue {
        let name = called(waiter.experiment.as_ref(), waiter.command.as_ref());
        table.row([
            Text::from(waiter.position.to_string()),
            Text::new(name, Label::Strong),
            Text::from(waiter.need.to_string()),
            Text::from(waiter.user.as_str()),
            Text::from(age(&waiter.since)),
            Text::from(at_home(&waiter.repository)),
            Text::from(waiter.reason.as_str()),
        ]);
    }
    table
}

fn age(since: &str) -> String {
    let since = since.parse::<Timestamp>();
    since.map_or_else(|_| String::new(), |since| number::span(Timestamp::now().seconds_since(since).max(0.0)))
}

/// A path with the reader's home as `~`.
fn at_home(path: &str) -> String {
    let home = std::env::var("HOME").unwrap_or_default();
    match path.strip_prefix(home.trim_end_matches('/')).filter(|_| home.len() > 1) {
        Some("") => "~".to_owned(),
        Some(rest) if rest.starts_with('/') => format!("~{rest}"),
        _ => path.to_owned(),
    }
}
