//! A list of experiments that is longer than memory should hold: looked at twice, shown a piece at a time.

use anyhow::Result;

use crate::model::status::Status;
use crate::report::list::Listing;
use crate::ui::output::Output;
use crate::ui::render::list::{cells, columns, unrecorded};
use crate::ui::table::Measure;

/// From so many experiments on a list is shown so.
pub const LONG: usize = 2000;

/// How many lines are written at once.
const PIECE: usize = 500;

/// Shows a list as [`List`](crate::report::list::List) would.
pub fn show(list: &Listing<'_>, output: Output) -> Result<()> {
    // The tag is measured with the others, and dropped where there is but one.
    let (mut metrics, mut tags): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut measure = Measure::new(columns(true, ""));
    let mut is_whole = true;
    list.experiments.each(&mut |row| {
        measure.add(&cells(&row, true));
        is_whole &= row.status != Status::NoRecord;
        for (seen, new) in [(&mut metrics, row.metric), (&mut tags, row.tag)] {
            if seen.len() < 2 && !seen.contains(&new) {
                seen.push(new);
            }
        }
        Ok(())
    })?;
    metrics.retain(|metric| !metric.is_empty());
    let metric = if let [one] = &metrics[..] { one.as_str() } else { "value" };
    let has_tags = tags.len() > 1;
    let mut page = output.new_page();
    let layout =
        measure.named(columns(true, metric), if has_tags { None } else { Some("tag") }).layout(page.width);
    page.head(&layout);
    let mut count = 0;
    let mut is_read = true;
    list.experiments.each(&mut |row| {
        page.row(&layout, &cells(&row, true));
        count += 1;
        if count % PIECE == 0 && is_read {
            is_read =
                output.stream(std::mem::replace(&mut page, output.new_page()).into_text().as_bytes())?;
        }
        Ok(())
    })?;
    if !is_whole {
        unrecorded(&mut page);
    }
    if is_read {
        output.stream(page.into_text().as_bytes())?;
    }
    Ok(())
}
