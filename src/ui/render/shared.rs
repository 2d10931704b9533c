//! What went where, and how the remotes stand.

use crate::model::id::ExperimentId;
use crate::report::shared::{Conflict, Pull, Push, Remote, Remotes};
use crate::ui::number::count;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};
use crate::ui::table::{Column, Table};

/// More names than this are not listed.
const NAMED: usize = 12;

impl Show for Push {
    fn show(&self, page: &mut Page) {
        let counts = [
            (self.experiments.len(), "experiment"),
            (self.records, "record"),
            (self.logs, "log"),
            (self.artifacts, "artifact"),
        ];
        let verb = if self.dry_run { "would push" } else { "pushed" };
        let what = amounts(&counts).map_or_else(|| "nothing new".to_owned(), |what| format!("{verb} {what}"));
        page.line([
            Text::new(self.remote.as_str(), Label::Strong),
            Text::from(format!("  {what}, as {}", self.site)),
        ]);
        page.fact("which", names(&self.experiments));
        if let Some(history @ 1..) = self.history {
            page.fact(
                "history",
                format!("{} that no branch of {} has would go along", count(history, "commit"), self.remote),
            );
        }
        if !self.unfinished.is_empty() {
            page.fact("open", format!("{}: they go when they have ended", names(&self.unfinished)));
        }
        show_conflicts(page, &self.conflicts);
        for one in &self.rejected {
            page.fact("refused", Text::new(format!("{}: {}", one.name, one.why), Label::Bad));
        }
        if self.newer_records > 0 {
            let told = format!("{} left as a newer gx wrote them", count(self.newer_records, "record"));
            page.fact("newer", told);
        }
        page.fact("next", self.next.clone().unwrap_or_default());
    }
}

impl Show for Pull {
    fn show(&self, page: &mut Page) {
        let counts = [
            (self.experiments.len(), "experiment"),
            (self.records, "record"),
            (self.logs, "log"),
            (self.artifacts, "artifact"),
        ];
        let verb = if self.dry_run { "would bring" } else { "brought" };
        let what = amounts(&counts).map_or_else(|| "nothing new".to_owned(), |what| format!("{verb} {what}"));
        page.line([Text::new(self.remote.as_str(), Label::Strong), Text::from(format!("  {what}"))]);
        page.fact("which", names(&self.experiments));
        if !self.removed.is_empty() {
            page.fact("trash", format!("{}: removed where they came from", names(&self.removed)));
        }
        if !self.returned.is_empty() {
            page.fact("back", names(&self.returned));
        }
        show_conflicts(page, &self.conflicts);
        if self.missing > 0 {
            let told = format!("{} of this clone's own name are not here", count(self.missing, "experiment"));
            page.fact("missing", Text::new(told, Label::Near));
        }
        page.fact("next", self.next.clone().unwrap_or_default());
    }
}

impl Show for Remotes {
    fn show(&self, page: &mut Page) {
        let heads = ["remote", "private", "experiments", "records", "pulled", "url"];
        let mut table = Table::new(heads.map(Column::left).to_vec());
        for row in &self.remotes {
            table.row(vec![
                Text::new(row.remote.as_str(), Label::Strong),
                if row.is_private { Text::new("yes", Label::Good) } else { Text::new("no", Label::Near) },
                Text::from(stands(row, row.ahead, row.behind)),
                Text::from(stands(row, row.records_ahead, row.records_behind)),
                Text::from(
                    row.pulled.as_deref().and_then(|at| at.get(..16)).unwrap_or("never").replace('T', " "),
                ),
                Text::from(row.url.as_str()),
            ]);
        }
        if self.remotes.is_empty() {
            page.text("there is no remote; add one: git remote add origin URL");
            return;
        }
        page.table(table);
    }
}

fn stands(row: &Remote, ahead: usize, behind: usize) -> String {
    match (ahead, behind) {
        _ if row.pulled.is_none() => "unknown".to_owned(),
        (0, 0) => "even".to_owned(),
        (ahead, 0) => format!("{ahead} ahead"),
        (0, behind) => format!("{behind} behind"),
        (ahead, behind) => format!("{ahead} ahead, {behind} behind"),
    }
}

fn show_conflicts(page: &mut Page, conflicts: &[Conflict]) {
    for one in conflicts {
        let told = format!(
            "{} is {} here and {} there; neither was touched (another name for this clone: gx init --site NAME)",
            one.id,
            one.here.short(),
            one.there.short()
        );
        page.fact("clash", Text::new(told, Label::Bad));
    }
}

fn amounts(counts: &[(usize, &str)]) -> Option<String> {
    let some = counts.iter().filter(|(number, _)| *number > 0);
    let some: Vec<String> = some.map(|(number, noun)| count(*number, noun)).collect();
    (!some.is_empty()).then(|| some.join(", "))
}

fn names(ids: &[ExperimentId]) -> String {
    let shown: Vec<String> = ids.iter().take(NAMED).map(ToString::to_string).collect();
    let more = ids.len().saturating_sub(NAMED);
    if more > 0 { format!("{} and {more} more", shown.join(" ")) } else { shown.join(" ") }
}
