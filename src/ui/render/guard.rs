//! `gx guard`: each finding with its place and its remedy, then what it comes to.

use crate::mirror::guard::finding::Severity;
use crate::report::guard::{Finding, Guard, Installed, Rules, Verdict};
use crate::ui::number::count;
use crate::ui::page::{Page, Show};
use crate::ui::prose;
use crate::ui::style::{Label, Text};
use crate::ui::table::{Column, Table};

/// So many findings are shown to people; `--json` has them all.
const SHOWN: usize = 20;

impl Show for Guard {
    fn show(&self, page: &mut Page) {
        for alarm in &self.alarms {
            page.long_line([
                Text::new("alarm   ", Label::Bad),
                Text::new(alarm.reference.as_str(), Label::Strong),
                Text::from(format!(
                    " went to {} unseen, {}, at {}",
                    alarm.remote,
                    alarm.new.short(),
                    alarm.at.local()
                )),
            ]);
        }
        self.findings.iter().take(SHOWN).for_each(|finding| show(finding, page));
        let more = self.findings.len().saturating_sub(SHOWN) + self.more;
        if more > 0 {
            page.text(format!("and {more} more: --json shows {}", self.findings.len()));
        }
        let (word, label) = match self.verdict {
            Verdict::Passed => ("passed", Label::Good),
            Verdict::Unchecked => ("could not check", Label::Bad),
            Verdict::Blocked => ("blocked", Label::Bad),
        };
        let places: Vec<String> = self
            .places
            .iter()
            .map(|place| {
                let class = if place.is_private { "private" } else { "public" };
                let name = if place.remote == place.url || place.url.is_empty() {
                    place.remote.clone()
                } else {
                    format!("{} ({})", place.remote, place.url)
                };
                format!("{name}, {class}")
            })
            .collect();
        let to = if places.is_empty() { String::new() } else { format!(" to {}", places.join(" and ")) };
        let seen =
            [count(self.refs, "ref"), count(self.commits, "commit"), count(self.blobs, "file")].join(", ");
        let allowed = if self.allowed > 0 { format!(", {} let pass", self.allowed) } else { String::new() };
        page.long_line([
            Text::new(word, label),
            Text::from(format!("{to}: {} in {seen}{allowed}", count(self.findings.len(), "finding"))),
        ]);
        page.command("next", self.next.clone().unwrap_or_default());
    }
}

fn show(finding: &Finding, page: &mut Page) {
    let (word, label) = match finding.severity {
        Severity::Warning => ("warning ", Label::Near),
        Severity::Blocked => ("blocked ", Label::Bad),
        Severity::Unchecked => ("unsure  ", Label::Bad),
    };
    let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
    let place = match (&finding.path, &finding.target) {
        (Some(path), _) => format!("{path}{line}"),
        (None, Some(target)) => format!("{target}{line}"),
        (None, None) => String::new(),
    };
    page.long_line([
        Text::new(word, label),
        Text::new(format!("{} {}  ", finding.rule, finding.name), Label::Strong),
        Text::from(place),
    ]);
    let mut told = finding.what.clone();
    if let Some(commit) = finding.commit {
        told.push_str(&format!(", in {}", commit.short()));
    }
    if let Some(target) = finding.target.as_ref().filter(|_| finding.path.is_some()) {
        told.push_str(&format!(" for {target}"));
    }
    page.fact("", told);
    if let Some(excerpt) = &finding.excerpt {
        page.short_fact("", Text::new(excerpt.as_str(), Label::Muted));
    }
    for remedy in &finding.remedies {
        page.command("", Text::new(remedy.as_str(), Label::Strong));
    }
    page.whole_fact("", Text::new(format!("fingerprint {}", finding.fingerprint), Label::Muted));
}

impl Show for Installed {
    fn show(&self, page: &mut Page) {
        for hook in &self.hooks {
            let chained = hook.chained.as_ref().map(|path| format!(", then {path}")).unwrap_or_default();
            page.long_line([
                Text::new(hook.hook, Label::Strong),
                Text::from(format!("  {} in {}{chained}", hook.done, self.folder)),
            ]);
        }
        let fires = self.fires.map(|fires| match fires {
            true => ("fires", Label::Good, ": a push asks the guard"),
            false => ("does not fire", Label::Bad, ": a push asks nobody"),
        });
        let hears = self.hears.map(|hears| match hears {
            true => ("hears", Label::Good, ": a push that goes by the guard raises an alarm"),
            false => ("does not hear", Label::Bad, ": a push that goes by the guard raises no alarm"),
        });
        for (word, label, told) in fires.into_iter().chain(hears) {
            page.long_line([Text::new(word, label), Text::from(told)]);
        }
        self.notes.iter().for_each(|note| page.fact("", note.as_str()));
        page.command("next", self.next.clone().unwrap_or_default());
    }
}

impl Show for Rules {
    fn show(&self, page: &mut Page) {
        if let [one] = &self.rules[..]
            && let Some(text) = &one.page
        {
            return prose::lines(text, page.width).into_iter().for_each(|line| page.text(line));
        }
        let mut table =
            Table::new([Column::left("rule"), Column::left("name").optional(), Column::left("about")]);
        for rule in &self.rules {
            table.row(vec![
                Text::new(rule.id.as_str(), Label::Strong),
                Text::from(rule.name.as_str()),
                Text::from(rule.about.as_str()),
            ]);
        }
        page.table(table);
    }
}
