//! The end of a run, in a few lines.

use crate::model::path;
use crate::report::done::Reverdict;
use crate::report::outcome::{Outcome, Tree};
use crate::ui::number;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};

impl Show for Outcome {
    fn show(&self, page: &mut Page) {
        let label = Label::of(self.status);
        let mut first = vec![
            Text::new(self.id.to_string(), Label::Strong),
            Text::from("  "),
            Text::new(self.status.word(), label),
        ];
        if let Some(value) = self.value {
            first.push(Text::new(format!("  {} {}", self.metric, number::value(Some(value))), Label::Strong));
        }
        if let (Some(delta), Some(best), Some(id)) = (self.delta, self.best_before_value, &self.best_before) {
            let share = match number::percent(delta, best) {
                none if none.is_empty() => none,
                share => format!(" ({share})"),
            };
            first.push(Text::new(format!("  {}{share} against {id}", number::delta(Some(delta))), label));
        }
        first.push(Text::new(format!("  {}", number::span(self.seconds)), Label::Muted));
        page.line(first);
        page.short_fact("why", self.reason.as_str());
        if let (Some(value), Some(own), Some(id)) = (self.value, self.base_result_value, &self.base_result)
            && self.best_before.as_ref() != Some(id)
        {
            page.short_fact(
                "base",
                format!("{} against {id}, which it started from", number::delta(Some(value - own))),
            );
        }
        tree(&self.tree, page);
        if let Some(line) = self.log_tail.as_deref().and_then(|tail| tail.lines().last()) {
            page.short_fact("log", Text::new(line, Label::Muted));
        }
        page.short_fact("next", self.next.as_str());
    }
}

impl Show for Reverdict {
    fn show(&self, page: &mut Page) {
        page.line([
            Text::new(self.id.to_string(), Label::Strong),
            Text::from("  "),
            Text::new(self.status.word(), Label::of(self.status)),
            Text::from(format!("  {}", self.reason)),
        ]);
        tree(&self.tree, page);
    }
}

/// One line about the tree, and one about what else is uncommitted.
fn tree(tree: &Tree, page: &mut Page) {
    let said = sayings(tree);
    page.whole_fact("tree", if said.is_empty() { "unchanged".to_owned() } else { said.join("; ") });
    if let Some(combine) = &tree.combine {
        let names: Vec<_> = tree.superseded.iter().map(ToString::to_string).collect();
        page.whole_fact(
            "without",
            format!("{}, kept meanwhile; to try all together: {combine}", names.join(", ")),
        );
    }
    for note in &tree.notes {
        page.whole_fact("note", note.as_str());
    }
    if !tree.others.is_empty() {
        page.short_fact("left", format!("as they are: {}", path::list(&tree.others)));
    }
}

/// What became of the branch and the work tree, a piece for each thing; nothing where all is as it was.
pub fn sayings(tree: &Tree) -> Vec<String> {
    let mut said = Vec::new();
    if let (Some(reference), Some(to)) = (&tree.moved, &tree.moved_to) {
        let name = reference.strip_prefix("refs/heads/").unwrap_or(reference);
        said.push(format!("{name} is at {}", to.short()));
    }
    // What `gx keep` writes is the kept change; only a roll back puts back.
    let put_back: Vec<_> =
        tree.restored.iter().filter(|path| !tree.committed.contains(path)).cloned().collect();
    if !put_back.is_empty() {
        said.push(format!("put back {}", path::list(&put_back)));
    }
    if tree.moved.is_some() && !tree.committed.is_empty() {
        said.push(format!("committed {}", path::list(&tree.committed)));
    }
    if let (Some(why), Some(advice)) = (&tree.refused, &tree.advice) {
        said.push(format!("not changed: {why}; to do it: {advice}"));
    }
    said.extend(tree.left.iter().map(|left| format!("{} is left: {}", left.path, left.why)));
    said
}
