//! What the policy gave up: a line a kind.

use crate::config::units::show_size;
use crate::report::gc::Collected;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};
use crate::ui::table::{Column, Table, cut};

/// How much of the names is shown.
const NAMES: usize = 40;

impl Show for Collected {
    fn show(&self, page: &mut Page) {
        if self.expired.is_empty() {
            page.text("there is nothing that the policy gives up");
        } else {
            let heads = [Column::left("what"), Column::right("count"), Column::right("size")];
            let mut table =
                Table::new(heads.into_iter().chain(["why", "which"].map(Column::left)).collect::<Vec<_>>());
            for share in &self.expired {
                table.row(vec![
                    Text::new(share.kind, Label::Strong),
                    Text::from(share.count.to_string()),
                    Text::from(show_size(share.bytes)),
                    Text::from(share.why.as_str()),
                    Text::new(cut(&share.names.join(" "), NAMES), Label::Muted),
                ]);
            }
            page.table(table);
            let verb = if self.is_plan { "would free" } else { "freed" };
            page.text(format!("{verb} about {}", show_size(self.bytes)));
        }
        page.fact("packed", self.upkeep.clone().unwrap_or_default());
        page.fact("next", self.next.clone().unwrap_or_default());
    }
}
