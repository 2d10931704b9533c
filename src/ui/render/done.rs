//! Small answers.

use crate::model::path;
use crate::report::done::{Done, Imported, Log, Registered};
use crate::ui::number;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};

impl Show for Done {
    fn show(&self, page: &mut Page) {
        let name = self.id.as_ref().map(|id| format!("{id}  ")).unwrap_or_default();
        page.long_line([Text::new(name, Label::Strong), Text::from(self.done.as_str())]);
        if !self.paths.is_empty() {
            page.fact("paths", path::list(&self.paths));
        }
        page.command("next", self.next.clone().unwrap_or_default());
    }
}

impl Show for Imported {
    fn show(&self, page: &mut Page) {
        page.text(format!(
            "imported {} into tag `{}`: the code of {} was found and pinned, of {} it is lost",
            number::count(self.added, "experiment"),
            self.tag,
            self.code_found,
            self.code_lost
        ));
        if self.skipped > 0 {
            page.text(format!("{} were there already", number::count(self.skipped, "row")));
        }
        if !self.unread.is_empty() {
            page.text(format!("could not be read: {}", self.unread.join(", ")));
        }
    }
}

impl Show for Registered {
    fn show(&self, page: &mut Page) {
        page.line([
            Text::new(self.id.to_string(), Label::Strong),
            Text::from(format!("  registered, snapshot {} on {}", self.snapshot.short(), self.base.short())),
        ]);
        page.fact(
            "next",
            format!("train, then gx complete {0} --metric NAME=VALUE, or gx crash {0} --error TEXT", self.id),
        );
    }
}

impl Show for Log {
    fn show(&self, page: &mut Page) {
        self.log.lines().for_each(|line| page.text(line));
    }
}
