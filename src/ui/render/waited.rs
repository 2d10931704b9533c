//! Experiments that go on by themselves, and how they ended.

use crate::report::waited::{Begun, Waited};
use crate::ui::number;
use crate::ui::page::{Page, Show};
use crate::ui::render::outcome::sayings;
use crate::ui::style::{Label, Text};
use crate::ui::table::{Column, Table};

impl Show for Begun {
    fn show(&self, page: &mut Page) {
        for begun in &self.experiments {
            page.line([
                Text::new(begun.id.to_string(), Label::Strong),
                Text::from("  "),
                Text::new(begun.status.word(), Label::of(begun.status)),
                Text::from(format!("  snapshot {}", begun.snapshot.short())),
            ]);
        }
        page.short_fact("next", self.next.as_str());
    }
}

impl Show for Waited {
    fn show(&self, page: &mut Page) {
        if self.experiments.is_empty() {
            return page.text("nothing waits or runs");
        }
        let mut table = Table::new(vec![
            Column::left("id"),
            Column::left("status"),
            Column::right("value"),
            Column::right("took"),
            Column::left("why"),
        ]);
        for row in &self.experiments {
            table.row(vec![
                Text::new(row.id.to_string(), Label::Strong),
                Text::new(row.status.word(), Label::of(row.status)),
                Text::from(number::value(row.value)),
                Text::from(row.seconds.map(number::span).unwrap_or_default()),
                Text::from(row.reason.clone().unwrap_or_default()),
            ]);
        }
        page.table(table);
        for row in &self.experiments {
            let Some(tree) =
                row.tree.as_ref().filter(|tree| tree.refused.is_some() || !tree.notes.is_empty())
            else {
                continue;
            };
            page.whole_fact(
                &row.id.to_string(),
                sayings(tree).into_iter().chain(tree.notes.clone()).collect::<Vec<_>>().join("; "),
            );
        }
        if self.timed_out {
            page.short_fact("next", format!("{}   ({} still open)", self.next, self.open));
        }
    }
}
