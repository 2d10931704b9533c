//! What was archived.

use crate::model::id::ExperimentId;
use crate::report::archive::Archived;
use crate::ui::number::count;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};

/// So many are named one by one.
const FEW: usize = 8;

impl Show for Archived {
    fn show(&self, page: &mut Page) {
        if !self.restored.is_empty() {
            let verb =
                if self.restored.len() == 1 { "has a ref of its own" } else { "have refs of their own" };
            page.line([
                Text::new(names(&self.restored), Label::Strong),
                Text::from(format!("  {verb} again")),
            ]);
        } else if self.experiments.is_empty() {
            page.text("there is nothing to archive");
        } else {
            let verb = if self.is_plan { "would archive" } else { "archived" };
            page.text(format!("{verb} {}", count(self.experiments.len(), "experiment")));
            page.fact("which", names(&self.experiments));
            page.fact("ref", self.reference.clone().unwrap_or_default());
        }
        if self.left + self.open > 0 {
            let open = if self.open > 0 { format!(", {} not finished", self.open) } else { String::new() };
            page.fact("left", format!("{} with a ref of their own{open}", self.left + self.open));
        }
        page.fact("next", self.next.clone().unwrap_or_default());
    }
}

fn names(ids: &[ExperimentId]) -> String {
    match ids {
        [first, .., last] if ids.len() > FEW => format!("{first} to {last}"),
        _ => ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}
