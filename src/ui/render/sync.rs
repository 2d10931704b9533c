//! What came down, and where a sync stands.

use crate::model::object::ObjectId;
use crate::model::path::list;
use crate::report::sync::{How, Pushed, SyncDown, SyncEnded};
use crate::ui::number::count;
use crate::ui::page::{Page, Show};
use crate::ui::render::mirror::show_side;
use crate::ui::style::{Label, Text};

impl Show for SyncDown {
    fn show(&self, page: &mut Page) {
        let label = if self.how == How::Conflict { Label::Near } else { Label::Plain };
        page.line([Text::new("sync-down", Label::Strong), Text::new(format!("  {}", said(self)), label)]);
        show_side(page, "public", &self.public);
        show_side(page, "private", &self.private);
        if self.is_anchor == Some(true) {
            page.fact("anchor", "the private branch is the public one with private files added");
        }
        if !self.conflicts.is_empty() {
            page.fact("paths", list(&self.conflicts));
        }
        if let Some(dir) = &self.worktree {
            page.whole_fact("resolve", format!("in {}", dir.display()));
        }
        show_push(page, self.pushed, &format!("`{}`", self.private.remote));
        for note in &self.notes {
            page.fact("note", note.as_str());
        }
        if let Some(next) = &self.next {
            page.command("next", next.as_str());
        }
    }
}

fn said(answer: &SyncDown) -> String {
    let commits = count(answer.incoming, "commit");
    let conflict = match (answer.dry_run, answer.incoming) {
        (true, _) => "would conflict",
        (false, 1) => "conflicts",
        (false, _) => "conflict",
    };
    let verb = |does: &str, would_do: &str| {
        if answer.dry_run { format!("would {would_do}") } else { does.to_owned() }
    };
    match answer.how {
        How::UpToDate => "up to date: the private branch has all that upstream has".to_owned(),
        How::FastForward if answer.incoming == 0 => {
            format!("{} forward to what the private repository has", verb("went", "go"))
        }
        How::FastForward => format!("{} forward by {commits} of upstream", verb("went", "go")),
        How::Merge => format!("{} {commits} of upstream, cleanly", verb("merged", "merge")),
        How::Rebase => {
            let own = count(answer.rebased.unwrap_or_default(), "private commit");
            format!("{} {own} on top of {commits} of upstream", verb("rebased", "rebase"))
        }
        How::Conflict if answer.conflicts.is_empty() => {
            format!("{commits} of upstream {conflict}; all was resolved as it was before: look, and go on")
        }
        How::Conflict => format!(
            "{commits} of upstream {conflict} in {}; the private branch {}",
            count(answer.conflicts.len(), "path"),
            if answer.dry_run { "would not move" } else { "has not moved" }
        ),
    }
}

fn show_push(page: &mut Page, pushed: Pushed, there: &str) {
    match pushed {
        Pushed::No => {}
        Pushed::UpToDate => page.fact("push", format!("{there} has it already")),
        Pushed::Yes => page.fact("push", format!("sent to {there}")),
        Pushed::Failed => {
            page.fact("push", Text::new(format!("could not go to {there}; here all is done"), Label::Bad));
        }
    }
}

/// Where the files of a work tree that was given up can still be found.
pub fn show_kept(page: &mut Page, kept: Option<ObjectId>) {
    if let Some(kept) = kept {
        let told = format!(
            "the files as they were there: git show {}   (Git keeps them for two weeks)",
            kept.short()
        );
        page.whole_fact("kept", told);
    }
}

impl Show for SyncEnded {
    fn show(&self, page: &mut Page) {
        page.text(self.done.as_str());
        show_kept(page, self.kept);
        show_push(page, self.pushed, "the private repository");
        for note in &self.notes {
            page.fact("note", note.as_str());
        }
        if let Some(next) = &self.next {
            page.command("next", next.as_str());
        }
    }
}
