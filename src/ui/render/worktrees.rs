//! Work trees, a line for each.

use crate::model::path;
use crate::report::worktrees::{AddedWorktrees, Kind, Worktree, Worktrees};
use crate::ui::number;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};
use crate::ui::table::{Column, Table};

impl Show for Worktrees {
    fn show(&self, page: &mut Page) {
        let heads = ["dir", "tag", "stands", "runs", "edited"];
        let mut table = Table::new(heads.map(Column::left).to_vec());
        for row in &self.worktrees {
            let is_even = row.ahead == Some(0) && row.behind == Some(0);
            let running = row.running.as_ref().map(ToString::to_string).unwrap_or_default();
            table.row(vec![
                Text::new(row.dir.as_str(), Label::Strong),
                Text::from(row.tag.clone().unwrap_or_default()),
                Text::new(stands(row), if is_even { Label::Plain } else { Label::Near }),
                Text::new(running, Label::Strong),
                Text::from(if row.edited.is_empty() { "–".to_owned() } else { path::list(&row.edited) }),
            ]);
        }
        page.table(table);
    }
}

/// Where HEAD is, seen from the tip.
fn stands(row: &Worktree) -> String {
    let at = row.head.map(|head| head.short()).unwrap_or_default();
    match (row.ahead, row.behind) {
        _ if row.is_gone => "its folder is gone".to_owned(),
        _ if row.kind == Kind::Checkout => format!("a checkout of gx at {at}"),
        (None, _) | (_, None) => format!("at {at}"),
        (Some(0), Some(0)) => "at the tip".to_owned(),
        (Some(0), Some(_)) if !row.keeps_behind.is_empty() => {
            let names: Vec<_> = row.keeps_behind.iter().map(ToString::to_string).collect();
            format!("{} behind ({})", number::count(names.len(), "keep"), names.join(", "))
        }
        (Some(0), Some(behind)) => format!("{} behind", number::count(behind, "commit")),
        (Some(ahead), Some(0)) => format!("{} ahead", number::count(ahead, "commit")),
        (Some(ahead), Some(behind)) => format!("{} ahead, {behind} behind", number::count(ahead, "commit")),
    }
}

impl Show for AddedWorktrees {
    fn show(&self, page: &mut Page) {
        for dir in &self.dirs {
            page.line([
                Text::new(dir.as_str(), Label::Strong),
                Text::from(format!("  tag {}, at {}", self.tag, self.head.short())),
            ]);
        }
        if !self.linked.is_empty() {
            page.fact("linked", self.linked.join(", "));
        }
        page.whole_fact("next", self.next.as_str());
    }
}
