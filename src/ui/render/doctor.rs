//! What the doctor found: a line a check, and for each finding why it matters and what mends it.

use crate::report::doctor::{Checked, Checkup};
use crate::store::doctor::finding::Severity;
use crate::ui::number::count;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};

impl Show for Checkup {
    fn show(&self, page: &mut Page) {
        self.checks.iter().for_each(|check| show(check, page));
        let mended = if self.fixed > 0 { format!(", {} mended", self.fixed) } else { String::new() };
        page.text(format!("{}, {}{mended}", count(self.errors, "error"), count(self.warnings, "warning")));
        page.command("next", self.next.clone().unwrap_or_default());
    }
}

fn show(check: &Checked, page: &mut Page) {
    let name = format!("{:<14}", check.check);
    if check.findings.is_empty() {
        return page.long_line([
            Text::new(format!("{:<8}", "ok"), Label::Good),
            Text::new(name, Label::Strong),
            Text::from(check.about),
        ]);
    }
    for finding in &check.findings {
        let (word, label) = match &finding.mended {
            Some(_) => ("mended", Label::Good),
            None => (finding.severity.word(), label(finding.severity)),
        };
        page.long_line([
            Text::new(format!("{word:<8}"), label),
            Text::new(name.as_str(), Label::Strong),
            Text::from(finding.found.as_str()),
        ]);
        page.fact("", finding.why.as_str());
        match (&finding.mended, &finding.command) {
            (Some(done), _) => page.fact("", done.as_str()),
            (None, Some(command)) => page.command("", Text::new(command.as_str(), Label::Strong)),
            (None, None) => {}
        }
    }
}

fn label(severity: Severity) -> Label {
    match severity {
        Severity::Ok => Label::Good,
        Severity::Note => Label::Muted,
        Severity::Warning => Label::Near,
        Severity::Error => Label::Bad,
    }
}
