//! Lists of experiments.

use crate::model::status::Status;
use crate::report::list::List;
use crate::report::near::NearMisses;
use crate::report::row::{BRINGS_RECORDS, Row};
use crate::ui::number;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};
use crate::ui::table::{Column, Table, cut};

/// The best is marked by a character, so that it is found without colour too.
const BEST: &str = "*";

/// How much of a last line a list shows, in columns of the terminal.
const LINE: usize = 30;

impl Show for List {
    fn show(&self, page: &mut Page) {
        if self.experiments.is_empty() {
            return page.text(match self.total {
                0 => "no experiments yet; make the first: gx run --hypothesis \"baseline\"".to_owned(),
                total => format!("no match among {}", number::count(total, "experiment")),
            });
        }
        let has_tags = has_several_tags(&self.experiments);
        let mut table = Table::new(columns(has_tags, &one_metric(&self.experiments)));
        self.experiments.iter().for_each(|row| table.row(cells(row, has_tags)));
        page.table(table);
        if self.experiments.iter().any(|row| row.status == Status::NoRecord) {
            unrecorded(page);
        }
        if self.experiments.len() < self.matching {
            let more = self.matching - self.experiments.len();
            page.line([Text::new(format!("… and {more} more: --limit 0 shows all"), Label::Muted)]);
        }
    }
}

/// What to do where records are missing.
pub(super) fn unrecorded(page: &mut Page) {
    page.line([Text::new(BRINGS_RECORDS, Label::Near)]);
}

/// The metric's name as a column head where all rows share it.
fn one_metric(rows: &[Row]) -> String {
    let mut names: Vec<&str> =
        rows.iter().map(|row| row.metric.as_str()).filter(|name| !name.is_empty()).collect();
    names.dedup();
    if let [name] = names[..] { name.to_owned() } else { "value".to_owned() }
}

pub(super) fn columns(has_tags: bool, metric: &str) -> Vec<Column> {
    let mut columns = vec![Column::left("id"), Column::left("")];
    if has_tags {
        columns.push(Column::left("tag"));
    }
    columns.extend([
        Column::left("status"),
        Column::right(metric),
        Column::right("delta"),
        Column::right("GB").optional(),
        Column::right("took").optional(),
        Column::left("at"),
        Column::right("age"),
        Column::left("last line").optional(),
        Column::left("category").optional(),
        Column::left("hypothesis"),
    ]);
    columns
}

/// What an open experiment is doing; columns that no row has anything for are left out.
fn now(row: &Row) -> [Text; 3] {
    let Some(now) = &row.now else { return [const { "" }; 3].map(Text::from) };
    let said = now.line.as_deref().or(now.waits_for.as_deref()).unwrap_or_default();
    let label = if now.is_looked_after { Label::Plain } else { Label::Near };
    [
        Text::new(now.place(), label),
        Text::from(now.age.map(number::span).unwrap_or_default()),
        Text::new(cut(said, LINE), Label::Muted),
    ]
}

fn has_several_tags(rows: &[Row]) -> bool {
    rows.windows(2).any(|pair| pair[0].tag != pair[1].tag)
}

pub(super) fn cells(row: &Row, has_tags: bool) -> Vec<Text> {
    let value = if row.status.has_valid_result() || row.value.is_some() {
        number::value(row.value)
    } else {
        "–".to_owned()
    };
    let mut cells = vec![
        Text::new(row.id.to_string(), if row.is_best { Label::Good } else { Label::Plain }),
        Text::new(if row.is_best { BEST } else { "" }, Label::Good),
    ];
    if has_tags {
        cells.push(row.tag.as_str().into());
    }
    let delta_label = if row.status == Status::Keep { Label::Good } else { Label::Plain };
    cells.extend([
        Text::new(row.status.word(), Label::of(row.status)),
        Text::from(value),
        Text::new(number::delta(row.delta), delta_label),
        Text::from(number::gigabytes(row.number("peak_vram_mb"))),
        Text::from(row.seconds.map(number::span).unwrap_or_default()),
    ]);
    cells.extend(now(row));
    cells.extend([
        Text::new(row.category.clone().unwrap_or_default(), Label::Muted),
        Text::from(row.hypothesis.as_str()),
    ]);
    cells
}

impl Show for NearMisses {
    fn show(&self, page: &mut Page) {
        if self.experiments.is_empty() {
            return page.text(format!("nothing came within {} of the best", self.near_miss));
        }
        let rows: Vec<Row> = self.experiments.iter().map(|near| near.experiment.clone()).collect();
        let several = has_several_tags(&rows);
        let mut columns = vec![Column::left("id")];
        if several {
            columns.push(Column::left("tag"));
        }
        columns.extend([
            Column::right(one_metric(&rows)),
            Column::right("behind"),
            Column::left("category"),
            Column::left("hypothesis"),
        ]);
        let mut table = Table::new(columns);
        for near in &self.experiments {
            let row = &near.experiment;
            let mut cells = vec![Text::from(row.id.to_string())];
            if several {
                cells.push(row.tag.as_str().into());
            }
            cells.extend([
                Text::from(number::value(row.value)),
                Text::new(number::delta(Some(near.behind)), Label::Near),
                Text::new(row.category.clone().unwrap_or_default(), Label::Muted),
                Text::from(row.hypothesis.as_str()),
            ]);
            table.row(cells);
        }
        page.table(table);
    }
}
