//! What would go up and what has: commit by commit, with what everybody would read.

use crate::model::path::list;
use crate::report::sync_up::{Approved, Commit, Planned, Published, Stopped};
use crate::ui::number::count;
use crate::ui::page::{Page, Show};
use crate::ui::render::sync::show_kept;
use crate::ui::style::{Label, Text};

/// So many commits are shown; `--json` has more.
const COMMITS: usize = 20;
/// So many paths of each.
const PATHS: usize = 8;
/// So many things that stay private.
const WITHHELD: usize = 12;

impl Show for Planned {
    fn show(&self, page: &mut Page) {
        if let Some(stopped) = &self.stopped {
            show_stopped(page, stopped);
            show_kept(page, self.kept);
            self.show_warnings(page);
            page.command("next", self.next.clone().unwrap_or_default());
            return;
        }
        show_kept(page, self.kept);
        let (Some(tip), Some(branch), Some(url)) = (self.tip, &self.branch, &self.url) else {
            page.text("there is nothing to publish");
            self.show_withheld(page);
            self.show_warnings(page);
            return;
        };
        let what = format!("  {} to `{branch}` of {url}", count(self.count, "commit"));
        page.line([Text::new("plan", Label::Strong), Text::from(what)]);
        let on = self.public.map_or("nothing".to_owned(), |public| public.short());
        page.fact("builds", format!("{} on {on}", tip.short()));
        self.commits.iter().take(COMMITS).for_each(|commit| show_commit(page, commit));
        if self.count > self.commits.len().min(COMMITS) {
            page.fact("more", count(self.count - self.commits.len().min(COMMITS), "commit"));
        }
        self.show_withheld(page);
        for reason in &self.blocked {
            page.whole_fact("blocked", Text::new(reason.as_str(), Label::Bad));
        }
        self.show_warnings(page);
        for (name, told) in [("digest", &self.digest), ("next", &self.next)] {
            if let Some(told) = told {
                page.command(name, told.as_str());
            }
        }
    }
}

impl Planned {
    fn show_warnings(&self, page: &mut Page) {
        for warning in &self.warnings {
            page.whole_fact("warning", Text::new(warning.as_str(), Label::Near));
        }
    }

    fn show_withheld(&self, page: &mut Page) {
        for one in self.withheld.iter().take(WITHHELD) {
            page.whole_fact("private", format!("{}: {}", one.what, one.why));
        }
        if self.withheld.len() > WITHHELD {
            page.fact("private", format!("and {} more", self.withheld.len() - WITHHELD));
        }
    }
}

fn show_stopped(page: &mut Page, stopped: &Stopped) {
    let told = match &stopped.conflicts[..] {
        [] => format!(
            "  {} conflicts with what is public; all was resolved as it was before: look, and go on",
            stopped.change
        ),
        paths => {
            format!("  {} conflicts with what is public in {}", stopped.change, count(paths.len(), "path"))
        }
    };
    page.line([Text::new("sync-up", Label::Strong), Text::new(told, Label::Near)]);
    if !stopped.conflicts.is_empty() {
        page.fact("paths", list(&stopped.conflicts));
    }
    page.whole_fact("resolve", format!("in {}", stopped.worktree.display()));
}

fn show_commit(page: &mut Page, commit: &Commit) {
    let subject = commit.message.lines().next().unwrap_or_default();
    page.line([Text::new(commit.public.short(), Label::Strong), Text::from(format!("  {subject}"))]);
    for line in commit.message.lines().skip(1).filter(|line| !line.is_empty()) {
        page.line([Text::new(format!("         {line}"), Label::Muted)]);
    }
    page.fact("by", commit.author.as_str());
    if commit.committer != commit.author {
        page.fact("through", commit.committer.as_str());
    }
    page.fact("files", some(&commit.files));
    page.fact("without", Text::new(some(&commit.withheld), Label::Near));
    if commit.is_silent {
        let told = "its own message is not published: it touches or names private paths, and has no `Public:` section";
        page.whole_fact("silent", Text::new(told, Label::Near));
    }
}

fn some(paths: &[String]) -> String {
    let shown = paths.iter().take(PATHS).cloned().collect::<Vec<_>>().join(", ");
    if paths.len() > PATHS { format!("{shown} and {} more", paths.len() - PATHS) } else { shown }
}

impl Show for Published {
    fn show(&self, page: &mut Page) {
        let verb = match (self.dry_run, self.was_public) {
            (_, true) => "is public already:",
            (true, false) => "would publish",
            (false, false) => "published",
        };
        let what = format!("  {verb} {} as `{}` of {}", count(self.count, "commit"), self.branch, self.url);
        page.line([Text::new(self.tip.short(), Label::Strong), Text::from(what)]);
        page.fact("signed", by(self.approved_by.as_deref()));
        page.whole_fact("title", self.title.as_str());
        for (number, line) in self.body.lines().enumerate() {
            page.whole_fact(if number == 0 { "text" } else { "" }, line);
        }
        if let Some(request) = &self.pull_request {
            page.whole_fact("request", request.as_str());
        }
    }
}

fn by(who: Option<&str>) -> String {
    who.map(|who| format!("by {who}")).unwrap_or_default()
}

impl Show for Approved {
    fn show(&self, page: &mut Page) {
        let verb = if self.dry_run { "would sign" } else { "signed" };
        let what = format!(
            "  {verb} the plan of {} to `{}` of {}",
            count(self.count, "commit"),
            self.branch,
            self.url
        );
        page.line([Text::new(&self.digest[..12], Label::Strong), Text::from(what)]);
        page.fact("signed", by(self.approved_by.as_deref()));
        if !self.dry_run {
            page.command("next", format!("gx sync-up --push {}", &self.digest[..12]));
        }
    }
}
