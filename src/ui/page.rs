//! What one answer puts on the screen, gathered before it is written.

use unicode_width::UnicodeWidthStr;

use crate::ui::shell;
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

    /// As [`Self::fact`]; a command stays on one line, or is broken so that a shell reads it as one.
    pub fn command(&mut self, name: &str, fact: impl Into<Text>) {
        let Text { plain, label } = fact.into();
        let width = self.width.saturating_sub(INDENT);
        if !shell::is_command(&plain) || plain.width() <= width {
            return self.fact(name, Text::new(plain, label));
        }
        let (command, aside) = shell::apart(&plain);
        for (number, line) in shell::lines(command, width).into_iter().enumerate() {
            self.whole_fact(if number == 0 { name } else { "" }, Text::new(line, label));
        }
        self.fact("", Text::new(aside, label));
    }

    /// Adds a line whose last piece is broken between words where it is too long.
    pub fn long_line(&mut self, pieces: impl IntoIterator<Item = Text>) {
        let mut pieces: Vec<Text> = pieces.into_iter().collect();
        let Some(Text { plain, label }) = pieces.pop() else { return };
        let blanks = plain.len() - plain.trim_start().len();
        pieces.push(Text::from(" ".repeat(blanks)));
        let used: usize = pieces.iter().map(|piece| piece.plain.width()).sum();
        let rest = self.width.saturating_sub(INDENT);
        let lines = wrap_behind(plain.trim_start(), self.width.saturating_sub(used), rest);
        for (number, line) in lines.into_iter().enumerate() {
            let before =
                if number == 0 { std::mem::take(&mut pieces) } else { vec![Text::from(" ".repeat(INDENT))] };
            self.line(before.into_iter().chain([Text::new(line, label)]));
        }
        if !pieces.is_empty() {
            self.line(pieces);
        }
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
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    wrap_behind(text, width, width)
}

/// The same where the first line has another width than the rest.
fn wrap_behind(text: &str, first: usize, rest: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let width = if lines.is_empty() { first } else { rest };
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

    #[test]
    fn a_command_is_copied_whole_and_a_line_is_broken_behind_its_first_word() {
        let mut page = Page::new(30, false);
        page.command("next", "git add 'a b' c");
        page.command("next", "git add 'a b' c   (when you have looked)");
        page.command("", "git add 'a b' c && git commit --amend");
        page.command("next", "say what it is, and go on then");
        page.long_line([
            Text::new("passed", Label::Good),
            Text::from(" to the public: nothing found in one ref"),
        ]);
        page.long_line([Text::new("alone", Label::Good), Text::from("")]);
        let expected = [
            "next    git add 'a b' c",
            "next    git add 'a b' c",
            "        (when you have looked)",
            "        git add 'a b' c && \\",
            "        git commit --amend",
            "next    say what it is, and go",
            "        on then",
            "passed to the public: nothing",
            "        found in one ref",
            "alone",
        ];
        assert_eq!(page.into_text().lines().collect::<Vec<_>>(), expected);
    }
}
