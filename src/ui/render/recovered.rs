//! What was done for runs that nobody looked after.

use crate::report::recovered::{Installation, Recovered};
use crate::ui::page::{Page, Show};
use crate::ui::render::outcome::sayings;
use crate::ui::style::{Label, Text};

impl Show for Recovered {
    fn show(&self, page: &mut Page) {
        if self.experiments.is_empty() {
            page.text("nothing is left to recover: every open run is looked after");
        }
        for run in &self.experiments {
            let said = match run.done {
                "restarted" => "goes on waiting for its turn, or runs".to_owned(),
                "requeued" => "was interrupted, and is in the queue again".to_owned(),
                "adopted" => "trains on, and is held to its time limit again".to_owned(),
                "failed" => format!("cannot go on: {}", run.why.as_deref().unwrap_or_default()),
                _ => run.tree.as_ref().map(|tree| sayings(tree).join("; ")).unwrap_or_default(),
            };
            page.line([
                Text::new(run.id.to_string(), Label::Strong),
                Text::from("  "),
                Text::new(run.status.word(), Label::of(run.status)),
                Text::from(format!("  {said}")),
            ]);
        }
        if let Some(next) = &self.next {
            page.whole_fact("next", next.as_str());
        }
    }
}

impl Show for Installation {
    fn show(&self, page: &mut Page) {
        page.text(format!("# With systemd: write this to {}", self.unit_file));
        self.unit.lines().for_each(|line| page.text(line));
        page.text("");
        page.text("# and bring it into force:");
        self.commands.iter().for_each(|line| page.text(line.as_str()));
        page.text("");
        page.text("# Or with cron: add this line with `crontab -e`");
        page.text(self.crontab.as_str());
    }
}
