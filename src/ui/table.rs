//! Tables: aligned columns, figures to the right, the last column cut to the width of the screen.

use tabled::builder::Builder;
use tabled::settings::object::{Columns, Rows};
use tabled::settings::{Alignment, Padding, Remove, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::ui::style::{Label, Text};

/// A column's head and side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    name: String,
    side: Side,
    is_optional: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Column {
    /// A column of words.
    pub fn left(name: impl Into<String>) -> Self {
        Self { name: name.into(), side: Side::Left, is_optional: false }
    }

    /// A column of figures.
    pub fn right(name: impl Into<String>) -> Self {
        Self { name: name.into(), side: Side::Right, is_optional: false }
    }

    /// A column that goes first where the screen is narrow.
    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }
}

/// The least that the last column is worth showing with, in columns of the terminal.
const ROOM: usize = 28;

/// Rows under heads.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Text>>,
}

impl Table {
    /// An empty table.
    pub fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new() }
    }

    /// Adds a row of as many cells as there are columns.
    pub fn row(&mut self, cells: impl Into<Vec<Text>>) {
        self.rows.push(cells.into());
    }

    /// The lines of the table; `paint` puts the colours on.
    pub fn lines(mut self, width: usize, paint: &dyn Fn(&Text) -> String) -> Vec<String> {
        self.drop_empty_columns();
        self.drop_optional_columns(width);
        self.cut_last_column(width);
        let mut builder = Builder::default();
        builder.push_record(
            self.columns.iter().map(|column| paint(&Text::new(column.name.as_str(), Label::Muted))),
        );
        for row in &self.rows {
            builder.push_record(row.iter().map(paint));
        }
        let mut table = builder.build();
        table.with(Style::empty()).with(Padding::new(0, 2, 0, 0));
        for (number, column) in self.columns.iter().enumerate() {
            if column.side == Side::Right {
                table.modify(Columns::one(number), Alignment::right());
            }
        }
        if self.columns.iter().all(|column| column.name.is_empty()) {
            table.with(Remove::row(Rows::first()));
        }
        table.to_string().lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// A column in which nobody has anything to say takes no room.
    fn drop_empty_columns(&mut self) {
        for column in (0..self.columns.len()).rev() {
            if !self.rows.is_empty() && self.rows.iter().all(|row| row[column].plain.is_empty()) {
                self.drop_column(column);
            }
        }
    }

    fn drop_optional_columns(&mut self, width: usize) {
        while self.room(width) < ROOM
            && let Some(column) = self.columns.iter().position(|column| column.is_optional)
        {
            self.drop_column(column);
        }
    }

    fn drop_column(&mut self, column: usize) {
        self.columns.remove(column);
        self.rows.iter_mut().for_each(|row| drop(row.remove(column)));
    }

    /// How many columns of the terminal are left for the last column of the table.
    fn room(&self, width: usize) -> usize {
        let column_width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].plain.width());
            cells.max().unwrap_or_default().max(self.columns[column].name.width())
        };
        let last = self.columns.len().saturating_sub(1);
        width.saturating_sub((0..last).map(|column| column_width(column) + 2).sum())
    }

    fn cut_last_column(&mut self, width: usize) {
        let Some(last) = self.columns.len().checked_sub(1) else { return };
        let room = self.room(width).max(12);
        for row in &mut self.rows {
            row[last].plain = cut(&row[last].plain, room);
        }
    }
}

/// Cuts a text to at most `width` columns of the terminal, with `…` where something is missing.
pub fn cut(text: &str, width: usize) -> String {
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    if line.width() <= width && line.len() == text.trim_end().len() {
        return line.to_owned();
    }
    let mut short = String::new();
    let mut used = 0;
    for letter in line.chars() {
        used += letter.width().unwrap_or_default();
        if used >= width {
            break;
        }
        short.push(letter);
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stand_right_and_the_last_column_is_cut() {
        let mut table = Table::new([
            Column::left("id"),
            Column::right("value"),
            Column::left("none"),
            Column::left("idea"),
        ]);
        table.row(["exp-1".into(), "1.5".into(), "".into(), "short".into()]);
        table.row(["exp-12".into(), "10.25".into(), "".into(), "a very long idea indeed".into()]);
        let lines = table.lines(30, &|text| text.plain.clone());
        assert_eq!(lines, ["id      value  idea", "exp-1     1.5  short", "exp-12  10.25  a very long id…"]);
    }

    #[test]
    fn on_a_narrow_screen_optional_columns_go_first() {
        let columns = [Column::left("id"), Column::right("GB").optional(), Column::left("idea")];
        let mut table = Table::new(columns);
        table.row(["exp-1".into(), "60.2".into(), "a text of exactly 28 letters".into()]);
        let plain = |text: &Text| text.plain.clone();
        assert_eq!(table.clone().lines(41, &plain)[1], "exp-1  60.2  a text of exactly 28 letters");
        assert_eq!(table.lines(40, &plain)[1], "exp-1  a text of exactly 28 letters");
    }

    #[test]
    fn cutting_counts_columns_of_the_terminal() {
        assert_eq!(cut("日本語の仮説", 7), "日本語…");
        assert_eq!(cut("two\nlines", 20), "two…");
        assert_eq!(cut("fits", 4), "fits");
    }
}
