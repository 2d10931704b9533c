//! Two experiments side by side, below their code diff.

use crate::report::diff::{Compared, Diff};
use crate::report::row::Row;
use crate::ui::number;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};
use crate::ui::table::{Column, Table, cut};

impl Show for Diff {
    fn show(&self, page: &mut Page) {
        let Some(b) = &self.b else {
            page.line([
                Text::new(self.a.id.to_string(), Label::Strong),
                Text::from("  "),
                Text::new(self.a.status.word(), Label::of(self.a.status)),
                Text::from(format!("  {}  {}", self.a.hypothesis, self.lines())),
            ]);
            return;
        };
        let mut table = Table::new([
            Column::left(""),
            Column::right(self.a.id.to_string()),
            Column::right(b.id.to_string()),
            Column::right("delta"),
        ]);
        table.row(["status".into(), status(&self.a), status(b), "".into()]);
        for row in self.metrics.iter().chain(&self.params) {
            table.row(cells(row));
        }
        let category = |row: &Row| Text::from(row.category.clone().unwrap_or_default());
        table.row(["category".into(), category(&self.a), category(b), "".into()]);
        page.table(table);
        // As wide as the names of facts, or as an id of another clone needs.
        let ids = [&self.a, b].map(|row| row.id.to_string());
        let column = ids.iter().map(|id| id.len() + 2).max().unwrap_or_default().max(8);
        for (id, row) in ids.iter().zip([&self.a, b]) {
            let line = cut(&row.hypothesis, page.width.saturating_sub(column));
            page.line([Text::new(format!("{id:<column$}"), Label::Muted), Text::from(line)]);
        }
        page.fact("code", self.lines());
    }
}

impl Diff {
    fn lines(&self) -> String {
        let stat = self.stat;
        format!("{} +{} −{}", number::count(stat.files, "file"), stat.insertions, stat.deletions)
    }
}

fn status(row: &Row) -> Text {
    Text::new(row.status.word(), Label::of(row.status))
}

fn cells(row: &Compared) -> Vec<Text> {
    let delta = row.delta.map(|delta| {
        let text = format!("{:+.6}", delta + 0.0);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    });
    vec![
        row.name.as_str().into(),
        Text::from(number::any(row.a.as_ref())),
        Text::from(number::any(row.b.as_ref())),
        Text::from(delta.unwrap_or_default()),
    ]
}
