//! One experiment in full.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::report::show::Show as Report;
use crate::ui::number;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};

impl Show for Report {
    fn show(&self, page: &mut Page) {
        let row = &self.experiment;
        page.line([
            Text::new(row.id.to_string(), Label::Strong),
            Text::from("  "),
            Text::new(row.status.word(), Label::of(row.status)),
            Text::new(if row.is_best { "  best of its tag" } else { "" }, Label::Good),
            Text::new(format!("  {}", row.hypothesis), Label::Plain),
        ]);
        page.fact("about", row.description.clone().unwrap_or_default());
        page.fact("why", row.reason.clone().unwrap_or_default());
        if let Some(value) = row.value {
            let delta =
                row.delta.map(|delta| format!("  {} against the best before it", number::delta(Some(delta))));
            page.fact(
                "value",
                format!("{} {}{}", row.metric, number::value(Some(value)), delta.unwrap_or_default()),
            );
        }
        page.fact(
            "tag",
            [Some(row.tag.as_str()), row.category.as_deref()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("  "),
        );
        page.fact("params", pairs(&row.params));
        page.fact("metrics", pairs(&row.metrics));
        page.fact("command", self.words("command").join(" "));
        self.now(page);
        self.code(page);
        self.time(page);
        page.fact("changed", self.words("changed").join(", "));
        page.fact("beside", self.words("dirty").join(", "));
        for remark in &self.remarks {
            page.fact("note", format!("{}  {}", local(&remark.at), remark.text));
        }
        if let Some(tail) = self.record.get("log_tail").and_then(Value::as_str) {
            page.fact("log", "the last lines:");
            tail.lines().for_each(|line| page.line([Text::new(format!("    {line}"), Label::Muted)]));
        }
    }
}

impl Report {
    fn words(&self, key: &str) -> Vec<String> {
        let list = self.record.get(key).and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    fn now(&self, page: &mut Page) {
        let Some(now) = &self.experiment.now else { return };
        let age = now.age.map(number::span).unwrap_or_default();
        let place = match now.is_looked_after {
            true => now.place(),
            false => "nobody looks after it: gx recover".to_owned(),
        };
        let said = now.line.as_deref().or(now.waits_for.as_deref()).unwrap_or_default();
        let facts = [place.as_str(), said].into_iter().filter(|fact| !fact.is_empty());
        let facts: Vec<String> =
            std::iter::once(format!("for {age}")).chain(facts.map(str::to_owned)).collect();
        page.short_fact("now", facts.join("  "));
    }

    fn code(&self, page: &mut Page) {
        let row = &self.experiment;
        let short = |commit: &String| commit.chars().take(7).collect::<String>();
        let mut code = format!("snapshot {}", row.snapshot.short());
        if let Some(base) = &row.base {
            code.push_str(&format!(", on {}", short(base)));
        }
        if let Some(parent) = &self.parent {
            code.push_str(&format!(" ({parent})"));
        }
        if let Some(kept) = &row.kept_commit {
            code.push_str(&format!(", kept as {}", short(kept)));
        }
        if row.code.as_deref() == Some("lost") {
            code.push_str(", code lost before it was imported");
        }
        if let Some(stat) = self.record.get("diffstat") {
            let number = |key: &str| stat.get(key).and_then(Value::as_u64).unwrap_or_default();
            let files = number::count(number("files") as usize, "file");
            code.push_str(&format!(", {files} +{} −{}", number("insertions"), number("deletions")));
        }
        page.fact("code", code);
    }

    fn time(&self, page: &mut Page) {
        let row = &self.experiment;
        let Some(started) = &row.started else { return };
        let mut time = local(started);
        if let Some(seconds) = row.seconds {
            time.push_str(&format!(", took {}", number::span(seconds)));
        }
        let text = |key: &str| self.record.get(key).and_then(Value::as_str).unwrap_or_default();
        page.fact("time", format!("{time}, {}@{}, gx {}", text("user"), text("host"), text("gx")));
    }
}

fn pairs(values: &serde_json::Map<String, Value>) -> String {
    values
        .iter()
        .map(|(name, value)| format!("{name} {}", number::any(Some(value))))
        .collect::<Vec<_>>()
        .join(" · ")
}

fn local(at: &str) -> String {
    at.parse::<Timestamp>().map_or_else(|_| at.to_owned(), Timestamp::local)
}
