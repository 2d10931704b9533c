//! Tables: aligned columns, figures to the right, the last column cut to the width of the screen.

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

/// The last column is never cut to less.
const LEAST: usize = 12;

/// Blanks between two columns.
const GAP: usize = 2;

/// Rows under heads.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Text>>,
    fit: Fit,
}

/// What gives way where a table is wider than the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    /// Optional columns, then the end of the last one; a column without any text is left out.
    Last,
    /// The widest words: somebody has asked for just these columns, and misses none.
    Widest,
}

impl Table {
    /// An empty table.
    pub fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self { columns: columns.into(), rows: Vec::new(), fit: Fit::Last }
    }

    /// The same for columns that somebody has asked for: all are shown, and the widest words are cut first.
    pub fn asked_for(self) -> Self {
        Self { fit: Fit::Widest, ..self }
    }

    /// Adds a row of as many cells as there are columns.
    pub fn row(&mut self, cells: impl Into<Vec<Text>>) {
        self.rows.push(cells.into());
    }

    /// The lines of the table; `paint` puts the colours on.
    pub fn lines(self, width: usize, paint: &dyn Fn(&Text) -> String) -> Vec<String> {
        let mut measure = Measure { fit: self.fit, ..Measure::new(self.columns) };
        self.rows.iter().for_each(|row| measure.add(row));
        let layout = measure.layout(width);
        layout.head(paint).into_iter().chain(self.rows.iter().map(|row| layout.line(row, paint))).collect()
    }
}

/// Finds out how wide the columns of a table must be, without holding its rows.
#[derive(Clone, Debug)]
pub struct Measure {
    columns: Vec<Column>,
    /// The widest cell of each.
    widths: Vec<usize>,
    has_rows: bool,
    fit: Fit,
}

impl Measure {
    /// Of a table with these columns and no rows yet.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { widths: vec![0; columns.len()], columns, has_rows: false, fit: Fit::Last }
    }

    /// Looks at a row.
    pub fn add(&mut self, row: &[Text]) {
        self.has_rows = true;
        for (width, cell) in self.widths.iter_mut().zip(row) {
            *width = cell.plain.width().max(*width);
        }
    }

    /// The same under other heads; one of them is left out.
    pub fn named(self, columns: Vec<Column>, without: Option<&str>) -> Self {
        let mut widths = self.widths;
        for (width, column) in widths.iter_mut().zip(&columns) {
            if without == Some(column.name.as_str()) {
                *width = 0;
            }
        }
        Self { columns, widths, ..self }
    }

    /// How the table fits onto a screen.
    pub fn layout(self, width: usize) -> Layout {
        // A column in which nobody has anything to say takes no room.
        let is_shown = |widest: &usize| !self.has_rows || *widest > 0 || self.fit == Fit::Widest;
        let mut layout = Layout {
            shown: self.widths.iter().map(is_shown).collect(),
            widths: self
                .columns
                .iter()
                .zip(&self.widths)
                .map(|(column, width)| column.name.width().max(*width))
                .collect(),
            columns: self.columns,
            fit: self.fit,
        };
        if layout.fit == Fit::Widest {
            layout.squeeze(width);
            return layout;
        }
        while layout.room(width) < ROOM {
            let optional = layout.shown().find(|column| layout.columns[*column].is_optional);
            let Some(column) = optional else { break };
            layout.shown[column] = false;
        }
        let most = layout.room(width).max(LEAST);
        if let Some(last) = layout.shown().last() {
            layout.widths[last] = layout.widths[last].min(most);
        }
        layout
    }
}

/// Which columns of a table are shown, and how wide.
#[derive(Clone, Debug)]
pub struct Layout {
    columns: Vec<Column>,
    widths: Vec<usize>,
    shown: Vec<bool>,
    fit: Fit,
}

impl Layout {
    fn shown(&self) -> impl Iterator<Item = usize> {
        (0..self.columns.len()).filter(|column| self.shown[*column])
    }

    /// How many columns of the terminal are left for the last column of the table.
    fn room(&self, width: usize) -> usize {
        let last = self.shown().last();
        let others = self.shown().filter(|column| Some(*column) != last);
        width.saturating_sub(others.map(|column| self.widths[column] + GAP).sum())
    }

    /// Takes from the widest columns of words until all fit; figures are never cut, and no column to nothing.
    fn squeeze(&mut self, width: usize) {
        let total: usize = self.widths.iter().map(|width| width + GAP).sum();
        for _ in width..total.saturating_sub(GAP) {
            let words = (0..self.columns.len()).filter(|column| self.columns[*column].side == Side::Left);
            let widest = words.max_by_key(|column| self.widths[*column]);
            let Some(widest) = widest.filter(|column| self.widths[*column] > LEAST) else { return };
            self.widths[widest] -= 1;
        }
    }

    /// The line of the heads, where there are any.
    pub fn head(&self, paint: &dyn Fn(&Text) -> String) -> Option<String> {
        let names: Vec<Text> =
            self.columns.iter().map(|column| Text::new(column.name.as_str(), Label::Muted)).collect();
        self.shown().any(|column| !names[column].plain.is_empty()).then(|| self.line(&names, paint))
    }

    /// The line of a row.
    pub fn line(&self, row: &[Text], paint: &dyn Fn(&Text) -> String) -> String {
        let last = self.shown().last();
        let mut line = String::new();
        for column in self.shown() {
            let width = self.widths[column];
            let mut text = row[column].clone();
            if Some(column) == last || self.fit == Fit::Widest {
                text.plain = cut(&text.plain, width);
            }
            let blanks = " ".repeat(width.saturating_sub(text.plain.width()));
            match self.columns[column].side {
                Side::Right => line.push_str(&(blanks + &paint(&text))),
                Side::Left => line.push_str(&(paint(&text) + &blanks)),
            }
            line.push_str(&" ".repeat(GAP));
        }
        line.trim_end().to_owned()
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
    fn of_columns_that_somebody_asked_for_none_is_missing_and_the_widest_words_are_cut() {
        let columns =
            [Column::left("id"), Column::left("none"), Column::left("idea"), Column::right("value")];
        let mut table = Table::new(columns).asked_for();
        table.row(["exp-1".into(), "".into(), "a very long idea indeed".into(), "1234567.25".into()]);
        let plain = |text: &Text| text.plain.clone();
        let lines = table.clone().lines(44, &plain);
        assert_eq!(lines[0], "id     none  idea                      value");
        assert_eq!(lines[1], "exp-1        a very long idea i…  1234567.25");
        assert_eq!(table.lines(20, &plain)[1], "exp-1        a very long…  1234567.25");
    }

    #[test]
    fn cutting_counts_columns_of_the_terminal() {
        assert_eq!(cut("日本語の仮説", 7), "日本語…");
        assert_eq!(cut("two\nlines", 20), "two…");
        assert_eq!(cut("fits", 4), "fits");
    }
}
