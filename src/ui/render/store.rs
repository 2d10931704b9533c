//! What the store holds, a fact a line.

use crate::config::units::show_size;
use crate::report::store::{Amount, Budgeted, Store};
use crate::ui::number::count;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};

impl Show for Store {
    fn show(&self, page: &mut Page) {
        let experiments = &self.experiments;
        let mut whose = vec![format!("{} of this clone", experiments.own)];
        whose.extend(experiments.by_site.iter().map(|(site, number)| format!("{number} of {site}")));
        page.line([
            Text::new(count(experiments.total, "experiment"), Label::Strong),
            Text::from(format!(
                "  {}; {} archived, {} in the trash",
                whose.join(", "),
                experiments.archived,
                experiments.trash
            )),
        ]);
        page.fact("refs", format!("{} loose, {} packed", self.refs.loose, self.refs.packed));
        page.fact("notes", format!("{} in {}", size(&self.notes), count(self.notes.count, "record")));
        page.fact(
            "logs",
            format!(
                "{} in {}; whole: {}",
                size(&self.logs.notes),
                count(self.logs.notes.count, "note"),
                budgeted(&self.logs.files, "file")
            ),
        );
        page.fact("results", budgeted(&self.artifacts, "set"));
        self.show_files(page);
        page.fact("index", show_size(self.index_bytes));
        page.fact("upkeep", upkeep(self));
        if self.health.is_empty() {
            page.fact("health", Text::new("well", Label::Good));
        }
        for advice in &self.health {
            page.fact("health", Text::new(advice.as_str(), Label::Near));
        }
    }
}

impl Store {
    fn show_files(&self, page: &mut Page) {
        let objects = &self.objects;
        page.fact(
            "objects",
            format!(
                "{} loose in {}, {} in {} ({})",
                objects.loose,
                show_size(objects.loose_bytes),
                objects.packed,
                count(usize::try_from(objects.packs).unwrap_or(usize::MAX), "pack"),
                show_size(objects.packed_bytes)
            ),
        );
        let journal = &self.journal;
        page.fact(
            "journal",
            format!(
                "{} waiting, {} applied ({})",
                journal.waiting.count,
                count(journal.applied.count, "file"),
                size(&journal.applied)
            ),
        );
        page.fact(
            "runs",
            format!(
                "{} pending, {} stranded; {} in use, {} warm",
                self.pending,
                self.stranded,
                count(self.checkouts, "checkout"),
                self.warm
            ),
        );
    }
}

fn size(amount: &Amount) -> String {
    show_size(amount.bytes)
}

fn budgeted(amount: &Budgeted, noun: &str) -> String {
    let of = amount.budget.map_or_else(String::new, |budget| format!(" of {}", show_size(budget)));
    format!("{}{of} in {}", show_size(amount.bytes), count(amount.count, noun))
}

fn upkeep(store: &Store) -> String {
    match &store.last_upkeep {
        None => "none yet".to_owned(),
        Some(last) => {
            let trouble = last.trouble.as_ref().map_or_else(String::new, |told| format!(", failed: {told}"));
            format!("{}, took {:.1} s{trouble}", last.at.local(), last.seconds)
        }
    }
}
