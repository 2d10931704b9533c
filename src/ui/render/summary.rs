//! The best of each tag, the tags, the settings.

use unicode_width::UnicodeWidthStr;

use crate::clock::Timestamp;
use crate::model::status::Status;
use crate::report::best::{BestOfTag, Bests};
use crate::report::settings::Settings;
use crate::report::tags::Tags;
use crate::ui::number;
use crate::ui::page::{Page, Show};
use crate::ui::style::{Label, Text};
use crate::ui::table::{Column, Table, cut};

impl Show for Bests {
    fn show(&self, page: &mut Page) {
        if self.tags.is_empty() {
            let of_tag = self.tag.as_ref().map(|tag| format!(" in tag `{tag}`")).unwrap_or_default();
            let next = "make a baseline: gx run --hypothesis \"baseline\"";
            return page.text(format!("nothing has been kept{of_tag} yet; {next}"));
        }
        for best in &self.tags {
            Self::show_one(best, page);
        }
        let left_out: Vec<_> = self.tags.iter().flat_map(|best| &best.left_out).collect();
        if let Some(first) = left_out.first() {
            let on = first.hardware.as_deref().unwrap_or("no cards");
            let more =
                if left_out.len() > 1 { format!(", and {} more", left_out.len() - 1) } else { String::new() };
            let told =
                format!("better on other hardware: {} on {on}{more}; gx best --any-hardware", first.id);
            page.line([Text::new(told, Label::Near)]);
        }
    }
}

impl Bests {
    fn show_one(best: &BestOfTag, page: &mut Page) {
        let row = &best.experiment;
        let (id, value) = (row.id.to_string(), format!("  {} {}  ", row.metric, number::value(row.value)));
        let room = page.width.saturating_sub(id.width() + value.width());
        page.line([
            Text::new(id, Label::Good),
            Text::new(value, Label::Strong),
            Text::from(cut(&row.hypothesis, room)),
        ]);
        let since = best.gain_since_first.filter(|gain| *gain > 0.0).map(|gain| {
            let share = best.first_value.map(|first| number::percent(gain, first)).unwrap_or_default();
            format!(", better than the first by {gain:.6} ({share})")
        });
        let experiments = number::count(best.experiments, "experiment");
        page.fact("tag", format!("{}: {experiments}{}", row.tag, since.unwrap_or_default()));
        if row.code.as_deref() == Some("lost") {
            page.fact("code", "lost before it was imported");
            return;
        }
        let kept = row.kept_commit.as_deref().unwrap_or_default();
        let kept: String = kept.chars().take(7).collect();
        page.fact(
            "code",
            format!("{kept}   (gx diff {0}, gx restore {0} --into DIR)", row.id).trim_start().to_owned(),
        );
    }
}

impl Show for Tags {
    fn show(&self, page: &mut Page) {
        if self.tags.is_empty() {
            return page.text("no experiments yet; make the first: gx run --hypothesis \"baseline\"");
        }
        let mut table = Table::new([
            Column::left("tag"),
            Column::right("runs"),
            Column::right("keep"),
            Column::right("near"),
            Column::right("discard"),
            Column::right("failed"),
            Column::left("best"),
            Column::right("value"),
            Column::left("last"),
        ]);
        for tag in &self.tags {
            let failed = [Status::Crash, Status::Timeout, Status::Tainted, Status::Interrupted];
            let failed: usize = failed.into_iter().map(|status| tag.count(status)).sum();
            let last = tag.last_finished.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
            table.row([
                Text::new(tag.tag.as_str(), Label::Strong),
                tag.experiments.to_string().into(),
                tag.count(Status::Keep).to_string().into(),
                tag.count(Status::NearMiss).to_string().into(),
                tag.count(Status::Discard).to_string().into(),
                failed.to_string().into(),
                Text::new(tag.best.as_ref().map(ToString::to_string).unwrap_or_default(), Label::Good),
                number::value(tag.best_value).into(),
                last.map(Timestamp::local).unwrap_or_default().into(),
            ]);
        }
        page.table(table);
    }
}

impl Show for Settings {
    fn show(&self, page: &mut Page) {
        let mut table = Table::new([Column::left("key"), Column::left("source"), Column::left("value")]);
        for setting in &self.settings {
            table.row([
                Text::from(setting.key.as_str()),
                Text::new(setting.source.as_str(), Label::Muted),
                Text::from(setting.value.to_string()),
            ]);
        }
        page.table(table);
    }
}
