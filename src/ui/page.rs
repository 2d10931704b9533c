//! What one answer puts on the screen, gathered before it is written.

use unicode_width::UnicodeWidthStr;

use crate::ui::style::{Label, Text};
use crate::ui::table::{Layout, Table, cut};

/// The width of the column that names facts.
const INDENT: usize = 8;

/// Lines of an answer, for a screen of some width, with or without colour.
#[derive(Debug)]
pub struct Page {
    lines: Vec<String>,
    /// How many columns there are.
    pub width: usize,
    colour: bool,
}

impl Page {
    /// An empty page.
    pub fn new(width: usize, colour: bool) -> Self {
        Self { lines: Vec::new(), width, colour }
    }

    /// Adds a line.
    pub fn line(&mut self, pieces: impl IntoIterator<Item = Text>) {
        let line: String = pieces.into_iter().map(|text| self.paint(&text)).collect();
        self.lines.push(line.trim_end().to_owned());
    }

    /// Adds a line of ordinary text.
    pub fn text(&mut self, text: impl Into<String>) {
        self.line([Text::from(text)]);
    }

    /// Adds a named fact, the name in a column of its own: `tree    train.py is as before`.
    pub fn fact(&mut self, name: &str, fact: impl Into<Text>) {
        let fact = fact.into();
        for (number, line) in wrap(&fact.plain, self.width.saturating_sub(INDENT)).into_iter().enumerate() {
            let name = if number == 0 { name } else { "" };
            self.line([Text::new(format!("{name:<INDENT$}"), Label::Muted), Text::new(line, fact.label)]);
        }
    }

    /// As [`Self::fact`], on one line however long, so that a command in it can be copied.
    pub fn whole_fact(&mut self, name: &str, fact: impl Into<Text>) {
        self.line([Text::new(format!("{name:<INDENT$}"), Label::Muted), fact.into()]);
    }

    /// As [`Self::fact`], cut to the width of the screen.
    pub fn short_fact(&mut self, name: &str, fact: impl Into<Text>) {
        let mut fact = fact.into();
        fact.plain = cut(&fact.plain, self.width.saturating_sub(INDENT));
        self.fact(name, fact);
    }

    /// Adds a table.
    pub fn table(&mut self, table: Table) {
        let lines = table.lines(self.width, &|text| self.paint(text));
        self.lines.extend(lines);
    }

    /// Adds the heads of a table that is written row by row.
    pub fn head(&mut self, layout: &Layout) {
        let head = layout.head(&|text| self.paint(text));
        self.lines.extend(head);
    }

    /// Adds one row of it.
    pub fn row(&mut self, layout: &Layout, row: &[Text]) {
        let line = layout.line(row, &|text| self.paint(text));
        self.lines.push(line);
    }

    fn paint(&self, text: &Text) -> String {
        if !self.colour || text.label == Label::Plain || text.plain.is_empty() {
            return text.plain.clone();
        }
        let style = text.label.style();
        format!("{style}{}{style:#}", text.plain)
    }

    /// The whole page.
    pub fn into_text(self) -> String {
        self.lines.into_iter().map(|line| line + "\n").collect()
    }
}

/// Breaks a text between words; a word longer than the screen stays whole, so that it can be copied.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.width() + 1 + word.width() > width {
                lines.push(std::mem::take(&mut line));
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// An answer that can be shown on a screen.
pub trait Show {
    /// Writes it onto the page.
    fn show(&self, page: &mut Page);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_facts_are_broken_between_words() {
        let mut page = Page::new(20, false);
        page.fact("why", "one two three four");
        page.fact("none", "");
        page.fact("path", "a/path/longer/than/the/screen");
        let expected = "why     one two\n        three four\npath    a/path/longer/than/the/screen\n";
        assert_eq!(page.into_text(), expected);
    }
}
