//! The private repository and its public mirror, on one screen.

use crate::model::path::list;
use crate::report::mirror::{How, MirrorInit, MirrorLog, MirrorStatus, Side};
use crate::ui::number::count;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};
use crate::ui::table::{Column, Table};

/// More places than this are not listed.
const PLACES: usize = 6;

impl Show for MirrorInit {
    fn show(&self, page: &mut Page) {
        let what = match (self.dry_run, self.changes.is_empty()) {
            (_, true) => "everything is set up already",
            (true, false) => "would be set up",
            (false, false) => "is set up",
        };
        page.line([Text::new("mirror", Label::Strong), Text::from(format!("  {what}"))]);
        show_side(page, "private", &self.private);
        show_side(page, "public", &self.public);
        for change in &self.changes {
            page.whole_fact(if self.dry_run { "would" } else { "did" }, change.as_str());
        }
        if let Some(commit) = self.commit {
            page.fact("commit", format!("{} holds .gx/policy.toml", commit.short()));
        }
        for warning in &self.warnings {
            page.fact("warning", Text::new(warning.as_str(), Label::Near));
        }
        for next in &self.next {
            page.command("next", next.as_str());
        }
    }
}

pub(super) fn show_side(page: &mut Page, name: &str, side: &Side) {
    let at = side.tip.map(|tip| format!(" at {}", tip.short())).unwrap_or_default();
    page.whole_fact(name, format!("{}/{}{at}  {}", side.remote, side.branch, side.url));
}

impl Show for MirrorStatus {
    fn show(&self, page: &mut Page) {
        show_side(page, "private", &self.private);
        show_side(page, "public", &self.public);
        page.fact(
            "stands",
            Text::new(stands(self), if self.behind > 0 { Label::Near } else { Label::Plain }),
        );
        if self.inner > 0 {
            let verb = if self.inner == 1 { "touches" } else { "touch" };
            page.fact("", format!("{} {verb} nothing public", count(self.inner, "private commit")));
        }
        if self.unsent > 0 {
            page.fact(
                "unsent",
                format!("{} not on `{}` yet", count(self.unsent, "commit"), self.private.remote),
            );
        }
        let files = format!("{}, {} withheld", count(self.public_files, "public file"), self.withheld_files);
        page.fact("files", files);
        if !self.withheld.is_empty() {
            page.fact("", places(self));
        }
        show_drift(page, self);
        if let Some(dir) = &self.waiting {
            page.fact("waits", Text::new(format!("conflicts in {}", dir.display()), Label::Near));
        }
        for alarm in &self.alarms {
            page.whole_fact("alarm", Text::new(alarm.as_str(), Label::Bad));
        }
        if let Some(next) = &self.next {
            page.command("next", next.as_str());
        }
    }
}

fn stands(status: &MirrorStatus) -> String {
    match (status.public.tip, status.ahead, status.behind) {
        (None, ..) => "the public branch was never looked at".to_owned(),
        (_, 0, 0) => "even".to_owned(),
        (_, ahead, 0) => format!("{} could go up", count(ahead, "commit")),
        (_, 0, behind) => format!("{} could come down", count(behind, "commit")),
        (_, ahead, behind) => {
            format!("{} could come down, {ahead} could go up", count(behind, "commit"))
        }
    }
}

fn places(status: &MirrorStatus) -> String {
    let named = |(place, number): (&String, &usize)| match place.ends_with('/') {
        true => format!("{place} ({number})"),
        false => place.clone(),
    };
    let mut shown: Vec<String> = status.withheld.iter().take(PLACES).map(named).collect();
    if status.withheld.len() > PLACES {
        shown.push(format!("and {} more places", status.withheld.len() - PLACES));
    }
    shown.join(", ")
}

fn show_drift(page: &mut Page, status: &MirrorStatus) {
    if status.public.tip.is_none() {
        return;
    }
    let (text, label) = match (status.drift.len(), status.is_adrift) {
        (0, _) => ("none: what is public is the same in both".to_owned(), Label::Good),
        (number, true) => {
            let verb = if number == 1 { "differs" } else { "differ" };
            let told = format!("{} {verb} though nothing is ahead or behind", count(number, "file"));
            (format!("{told}: {}", list(&status.drift)), Label::Bad)
        }
        (number, false) => {
            let verb = if number == 1 { "differs" } else { "differ" };
            (format!("{} {verb}: {}", count(number, "file"), list(&status.drift)), Label::Plain)
        }
    };
    page.fact("drift", Text::new(text, label));
}

impl Show for MirrorLog {
    fn show(&self, page: &mut Page) {
        if self.commits.is_empty() {
            page.text("the public branch was never looked at: gx sync-down");
            return;
        }
        let heads = ["public", "private", "how", "date", "subject"];
        let mut table = Table::new(heads.map(Column::left).to_vec());
        for row in &self.commits {
            let (how, label) = how(row.how);
            let is_itself = row.private == Some(row.public);
            let private = match row.private {
                Some(_) if is_itself => "same".to_owned(),
                Some(private) => private.short(),
                None => "–".to_owned(),
            };
            table.row(vec![
                Text::new(row.public.short(), Label::Strong),
                Text::from(private),
                Text::new(how, label),
                Text::new(row.local.as_str(), Label::Muted),
                Text::from(row.subject.as_str()),
            ]);
        }
        page.table(table);
        if self.elsewhere > 0 {
            page.fact(
                "others",
                format!("{} that the public branch does not have", count(self.elsewhere, "published commit")),
            );
        }
    }
}

fn how(how: How) -> (&'static str, Label) {
    match how {
        How::New => ("not down yet", Label::Near),
        How::Down => ("came down", Label::Plain),
        How::Anchor => ("the same", Label::Good),
        How::Up => ("went up", Label::Good),
        How::Picked => ("picked", Label::Good),
    }
}
