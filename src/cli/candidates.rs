//! `gx candidates`: what the completion scripts of shells ask.

use std::cmp::Ordering;
use std::env;
use std::path::Path;

use anyhow::Result;
use clap::{Arg, Args, Command};

use crate::error::Exit;
use crate::lab::Lab;
use crate::model::id::ExperimentId;
use crate::model::status::Status;
use crate::store::experiments::{Store, Stored};
use crate::ui::output::Output;

/// How many are worth showing: who looks for an older one types more of it.
const MOST: usize = 100;

/// What lists are sorted by, beside the names of metrics.
const FIELDS: [&str; 9] =
    ["value", "delta", "seconds", "number", "started", "finished", "status", "category", "tag"];

/// Say how a word of a command line may go on
#[derive(Debug, Args)]
pub struct Candidates {
    /// The words of the command line; the last one is being typed
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// What a word may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Experiment,
    /// One of this clone, or a remote: what a push begins with.
    Destination,
    Own,
    Archived,
    Trashed,
    Tag,
    Status,
    Key,
}

impl Candidates {
    /// Runs it over the tree of commands; where nothing is known nothing is said, for a shell shows no errors.
    pub fn run(&self, tree: &Command, flags: &[(String, String)], output: Output) -> Result<Exit> {
        // bash hands over `--tag=x` as three words.
        let words: Vec<&str> = self.words.iter().map(String::as_str).filter(|word| *word != "=").collect();
        let Some((last, before)) = words.split_last() else { return Ok(Exit::Done) };
        let Some(wish) = Wish::of(tree, before, last) else { return Ok(Exit::Done) };
        let folder = before.iter().skip_while(|word| **word != "-C").nth(1).copied().unwrap_or(".");
        let dir = env::current_dir().unwrap_or_default().join(Path::new(folder));
        let found = Lab::open(&dir, flags).and_then(|lab| wish.candidates(&lab)).unwrap_or_default();
        let lines: String = found.into_iter().map(|word| format!("{}{word}\n", wish.head)).collect();
        output.raw(lines.as_bytes())?;
        Ok(Exit::Done)
    }
}

/// A word that is being typed.
#[derive(Debug, PartialEq, Eq)]
struct Wish<'a> {
    kind: Kind,
    /// What stands in the same word before it, such as `--status=keep,`.
    head: &'a str,
    prefix: &'a str,
}

impl<'a> Wish<'a> {
    fn of(tree: &Command, before: &[&str], last: &'a str) -> Option<Self> {
        let mut command = tree;
        let mut option: Option<&Arg> = None;
        let mut places = 0;
        for word in before {
            // An option with several values has all words up to the next option.
            if let Some(held) = option.take()
                && !(has_many(held) && word.starts_with('-'))
            {
                option = Some(held).filter(|held| has_many(held));
                continue;
            }
            match (*word, command.find_subcommand(word)) {
                ("--", _) => return None,
                (word, _) if word.starts_with('-') => option = valued(tree, command, word),
                (_, Some(next)) => (command, places) = (next, 0),
                _ => places += 1,
            }
        }
        if let (None, Some((name, _))) = (option, last.split_once('=')) {
            let kind = kind(command, valued_name(tree, command, name)?)?;
            return Some(Self::within(kind, last, name.len() + 1));
        }
        if option.is_none() && last.starts_with('-') {
            return None;
        }
        let argument = option.or_else(|| place(command, places))?;
        Some(Self::within(kind(command, argument)?, last, 0))
    }

    fn within(kind: Kind, word: &'a str, start: usize) -> Self {
        let comma = word[start..].rfind(',').map_or(start, |at| start + at + 1);
        let minus = usize::from(kind == Kind::Key && word[comma..].starts_with('-'));
        let (head, prefix) = word.split_at(comma + minus);
        Self { kind, head, prefix }
    }

    fn candidates(&self, lab: &Lab) -> Result<Vec<String>> {
        let store = Store::new(&lab.repo);
        let all = match self.kind {
            Kind::Experiment => return self.experiments(lab, &store),
            Kind::Own | Kind::Destination => {
                let mut words = if self.kind == Kind::Own { Vec::new() } else { lab.repo.remotes()? };
                let all = self.experiments(lab, &store)?;
                words.extend(all.into_iter().filter(|id| !id.contains('/')));
                words
            }
            Kind::Archived => {
                let mut ids: Vec<ExperimentId> =
                    store.archived()?.into_iter().map(|stored| stored.id).collect();
                ids.sort_by(newest_first);
                ids.iter().map(ToString::to_string).collect()
            }
            Kind::Trashed => {
                let names = lab.repo.ref_names("refs/gx/trash/")?;
                let mut ids: Vec<ExperimentId> =
                    names.iter().filter_map(|name| ExperimentId::of_reference(name)).collect();
                ids.sort_by(newest_first);
                ids.iter().map(ToString::to_string).collect()
            }
            Kind::Tag => {
                lab.repo.ref_names("refs/heads/autoresearch/")?.iter().map(|name| last_part(name)).collect()
            }
            Kind::Status => Status::ALL.iter().map(|status| status.word().to_owned()).collect(),
            Kind::Key => keys(lab, &store)?,
        };
        Ok(all.into_iter().filter(|word| word.starts_with(self.prefix)).take(MOST).collect())
    }

    /// The newest first; those of this clone before those of others.
    fn experiments(&self, lab: &Lab, store: &Store<'_>) -> Result<Vec<String>> {
        let matching = |ids: Vec<ExperimentId>| -> Vec<(ExperimentId, String)> {
            let named = ids.into_iter().map(|id| (id.to_string(), id)).map(|(name, id)| (id, name));
            named.filter(|(_, name)| name.starts_with(self.prefix)).collect()
        };
        let names = lab.repo.ref_names("refs/experiments/")?;
        let mut found = matching(names.iter().filter_map(|name| ExperimentId::of_reference(name)).collect());
        if found.len() < MOST {
            found.extend(matching(store.archived()?.into_iter().map(|stored| stored.id).collect()));
        }
        found.sort_by(|(a, _), (b, _)| newest_first(a, b));
        found.dedup();
        Ok(found.into_iter().take(MOST).map(|(_, name)| name).collect())
    }
}

fn newest_first(a: &ExperimentId, b: &ExperimentId) -> Ordering {
    a.site().cmp(&b.site()).then(b.number().cmp(&a.number()))
}

/// Whether an option takes more than one word.
fn has_many(option: &Arg) -> bool {
    option.get_num_args().is_some_and(|range| range.max_values() > 1)
}

/// The option of this spelling, if a value follows it as a word of its own.
fn valued<'a>(tree: &'a Command, command: &'a Command, word: &str) -> Option<&'a Arg> {
    if word.contains('=') { None } else { valued_name(tree, command, word) }
}

fn valued_name<'a>(tree: &'a Command, command: &'a Command, word: &str) -> Option<&'a Arg> {
    let is_meant = |arg: &&Arg| match word.strip_prefix("--") {
        Some(long) => arg.get_long() == Some(long),
        None => word.strip_prefix('-').is_some_and(|short| {
            let mut letters = short.chars();
            arg.get_short() == letters.next() && letters.next().is_none()
        }),
    };
    let found = command.get_arguments().chain(tree.get_arguments()).find(is_meant)?;
    found.get_action().takes_values().then_some(found)
}

/// The argument that stands at a place among those without a name; the last one may be repeated.
fn place(command: &Command, number: usize) -> Option<&Arg> {
    let all: Vec<&Arg> = command.get_positionals().collect();
    let many = all.last().filter(|last| last.get_action().takes_values() && last.get_num_args().is_some());
    all.get(number)
        .copied()
        .or(many.copied().filter(|last| matches!(last.get_action(), clap::ArgAction::Append)))
}

fn kind(command: &Command, argument: &Arg) -> Option<Kind> {
    match argument.get_id().as_str() {
        "id" | "ids" if command.get_name() == "undo" => Some(Kind::Trashed),
        "ids" if command.get_name() == "push" => Some(Kind::Own),
        "remote" if command.get_name() == "push" => Some(Kind::Destination),
        "restore" if command.get_name() == "archive" => Some(Kind::Archived),
        "id" | "ids" | "a" | "b" => Some(Kind::Experiment),
        "tag" if argument.get_long().is_some() => Some(Kind::Tag),
        "status" => Some(Kind::Status),
        "sort" | "columns" => Some(Kind::Key),
        _ => None,
    }
}

/// The fields of lists, and the metrics of the newest experiment.
fn keys(lab: &Lab, store: &Store<'_>) -> Result<Vec<String>> {
    let names = lab.repo.ref_names("refs/experiments/exp-")?;
    let newest =
        names.iter().filter_map(|name| ExperimentId::of_reference(name)).max_by_key(ExperimentId::number);
    let mut keys: Vec<String> = FIELDS.iter().map(|field| (*field).to_owned()).collect();
    if let Some(id) = newest {
        let Stored { snapshot, .. } = store.resolve(&id.to_string())?;
        let record = store.record(snapshot)?;
        let metrics = record.fields().get("metrics").and_then(serde_json::Value::as_object);
        keys.extend(metrics.into_iter().flat_map(|metrics| metrics.keys().cloned()));
    }
    Ok(keys)
}

fn last_part(name: &str) -> String {
    name.rsplit('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::app::tree;

    fn wish(line: &str) -> Option<(Kind, String, String)> {
        let mut tree = tree();
        tree.build();
        let words: Vec<&str> = line.split(' ').collect();
        let (last, before) = words.split_last().unwrap();
        Wish::of(&tree, before, last).map(|wish| (wish.kind, wish.head.to_owned(), wish.prefix.to_owned()))
    }

    #[track_caller]
    fn asks(line: &str, kind: Kind, head: &str, prefix: &str) {
        assert_eq!(wish(line), Some((kind, head.to_owned(), prefix.to_owned())), "{line}");
    }

    #[test]
    fn a_word_is_what_its_place_says() {
        asks("show ", Kind::Experiment, "", "");
        asks("show exp-1", Kind::Experiment, "", "exp-1");
        asks("diff --stat exp-1 e", Kind::Experiment, "", "e");
        asks("-C there --json show e", Kind::Experiment, "", "e");
        asks("logs --tail 3 e", Kind::Experiment, "", "e");
        asks("rm exp-1 exp-2 e", Kind::Experiment, "", "e");
        asks("undo e", Kind::Trashed, "", "e");
        asks("undo exp-1 e", Kind::Trashed, "", "e");
        asks("push o", Kind::Destination, "", "o");
        asks("push origin --logs e", Kind::Own, "", "e");
        asks("archive --restore e", Kind::Archived, "", "e");
        asks("archive --restore exp-1 exp-2 e", Kind::Archived, "", "e");
        asks("ls --tag m", Kind::Tag, "", "m");
        asks("ls --tag=m", Kind::Tag, "--tag=", "m");
        asks("ls --status keep,n", Kind::Status, "keep,", "n");
        asks("ls --sort -v", Kind::Key, "-", "v");
        asks("run --tag m", Kind::Tag, "", "m");
        for other in
            ["", "sh", "ls ", "show -", "show exp-1 e", "run -- show e", "logs --tail ", "ls --where v"]
        {
            assert_eq!(wish(other), None, "{other}");
        }
    }
}
