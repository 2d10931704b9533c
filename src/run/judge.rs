//! From a log to a status: which metrics a run printed, and what they amount to.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use regex_lite::Regex;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::config::schema::{Metric, Policy as Configured, Source};
use crate::model::outcome::Best;
use crate::model::record::Fields;
use crate::model::scrape::{self, Metrics};
use crate::model::status::Status;
use crate::model::verdict::{Policy, Verdict, judge};
use crate::process::child::Cause;
use crate::process::command::Ended;

/// How much of the end of a log is searched for metrics, in bytes.
const SEARCHED: u64 = 64 << 20;

/// What was seen of the end of a run, as it is written down before anything is made of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) ending: Ending,
    pub(super) finished: Timestamp,
    /// What the record keeps of its cards.
    pub(super) cards: Fields,
    /// Whether the user wanted it to end.
    #[serde(default)]
    pub(super) is_wish: bool,
}

/// How a run ended, as far as its status depends on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Ending {
    /// The command was supervised to its end.
    Supervised { ended: Ended, cause: Cause },
    /// It was stopped while it waited for its turn.
    Cancelled,
    /// Nobody saw the command end; only what it left behind tells.
    Unseen,
    /// The agent that trained says that it went well.
    Reported,
    /// The agent that trained says that it failed, and how.
    ReportedCrash(String),
}

/// A status, why, and the value where it is valid.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judged {
    pub(super) status: Status,
    pub(super) reason: String,
    pub(super) value: Option<f64>,
}

impl Judged {
    fn without_value(status: Status, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), value: None }
    }
}

/// What a verdict rests on.
pub(super) struct Scales<'a> {
    pub(super) metric: &'a Metric,
    pub(super) policy: &'a Configured,
    pub(super) best: Option<&'a Best>,
    /// What is wrong with the protected paths, where something is.
    pub(super) broken: Option<&'a str>,
}

/// Reads the metrics where the configuration says they are; `since` guards against an older run's file.
pub(super) fn read_metrics(
    metric: &Metric,
    log: &Path,
    work_dir: &Path,
    since: SystemTime,
) -> Result<Metrics> {
    match metric.source {
        Source::Block => Ok(scrape::last_block_with(&end_of(log)?, &metric.name).unwrap_or_default()),
        Source::Regex => {
            let pattern = Regex::new(&metric.pattern).context("`metric.pattern` is no regular expression")?;
            Ok(scrape::by_pattern(&end_of(log)?, &pattern))
        }
        Source::Json => {
            let path = work_dir.join(&metric.file);
            let written = fs::metadata(&path).and_then(|meta| meta.modified());
            if !written.is_ok_and(|written| written >= since) {
                return Ok(Metrics::default());
            }
            Ok(scrape::json(&String::from_utf8_lossy(&fs::read(&path)?)).unwrap_or_default())
        }
    }
}

fn end_of(log: &Path) -> Result<Vec<u8>> {
    let read = || {
        let mut file = File::open(log)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(SEARCHED)))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok::<_, std::io::Error>(text)
    };
    read().with_context(|| format!("cannot read {}", log.display()))
}

impl Scales<'_> {
    /// The status of a run, by the table of outcomes.
    pub(super) fn weigh(&self, ending: &Ending, metrics: &Metrics) -> Judged {
        match ending {
            Ending::Supervised { cause: Cause::Interrupt, .. } => {
                return Judged::without_value(Status::Interrupted, "stopped by a signal to gx");
            }
            Ending::Cancelled => {
                return Judged::without_value(Status::Interrupted, "stopped while it waited for its turn");
            }
            Ending::Supervised { cause: Cause::TimeLimit, .. } => {
                return Judged::without_value(Status::Timeout, "killed at the time limit");
            }
            Ending::Supervised { ended: Ended::Exit(0), .. } | Ending::Unseen | Ending::Reported => {}
            Ending::Supervised { ended: Ended::Exit(code), .. } => {
                return Judged::without_value(
                    Status::Crash,
                    format!("the command ended with exit code {code}"),
                );
            }
            Ending::Supervised { ended: Ended::Signal(signal), .. } => {
                return Judged::without_value(
                    Status::Crash,
                    format!("the command was killed by signal {signal}"),
                );
            }
            Ending::ReportedCrash(error) => return Judged::without_value(Status::Crash, error),
        }
        match self.valid_value(metrics) {
            Err(_) if matches!(ending, Ending::Unseen) => {
                Judged::without_value(Status::Interrupted, "gx or the machine went down before it was done")
            }
            Err(reason) => Judged::without_value(Status::Crash, reason),
            Ok(value) => self.rank(value),
        }
    }

    fn valid_value(&self, metrics: &Metrics) -> Result<f64, String> {
        let name = &self.metric.name;
        let Some(told) = metrics.get(name) else { return Err(format!("it printed no `{name}`")) };
        let shown = told.as_str().map_or_else(|| told.to_string(), str::to_owned);
        match scrape::value(metrics, name) {
            None => Err(format!("`{name}` is `{shown}`, which is no finite number")),
            Some(value) if self.metric.positive && value <= 0.0 => {
                Err(format!("`{name}` is {shown}, and must be positive"))
            }
            Some(value) => Ok(value),
        }
    }

    fn rank(&self, value: f64) -> Judged {
        if let Some(reason) = self.broken {
            return Judged { status: Status::Tainted, reason: reason.to_owned(), value: Some(value) };
        }
        let policy = Policy {
            goal: self.metric.goal,
            min_delta: self.policy.min_delta,
            near_miss: self.policy.near_miss,
        };
        let (status, reason) = match (judge(&policy, value, self.best.map(|best| best.value)), self.best) {
            (Verdict::Keep, None) => (Status::Keep, "the first result of the tag".to_owned()),
            (Verdict::Keep, Some(best)) => (Status::Keep, format!("better than {}", best.id)),
            (Verdict::NearMiss, Some(best))
                if crate::model::verdict::better(policy.goal, value, best.value) =>
            {
                (Status::NearMiss, format!("better than {} by less than min_delta", best.id))
            }
            (Verdict::NearMiss, Some(best)) => {
                (Status::NearMiss, format!("within {} of {}", policy.near_miss, best.id))
            }
            (_, Some(best)) => (Status::Discard, format!("no better than {}", best.id)),
            (_, None) => (Status::Discard, "no better".to_owned()),
        };
        Judged { status, reason, value: Some(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn weigh(ending: &Ending, metrics: &serde_json::Value, broken: Option<&str>) -> Judged {
        let config = crate::config::layers::Layers::default().load().unwrap().config;
        let metric = Metric { positive: true, ..config.metric };
        let best = Best { id: "exp-1".parse().unwrap(), value: 0.98 };
        let scales = Scales { metric: &metric, policy: &config.policy, best: Some(&best), broken };
        scales.weigh(ending, metrics.as_object().unwrap())
    }

    const WELL: Ending = Ending::Supervised { ended: Ended::Exit(0), cause: Cause::ByItself };

    #[test]
    fn what_is_no_finite_positive_number_is_a_crash() {
        for (metrics, reason) in [
            (json!({}), "it printed no `val_bpb`"),
            (json!({"val_bpb": "nan"}), "`val_bpb` is `nan`, which is no finite number"),
            (json!({"val_bpb": "inf"}), "`val_bpb` is `inf`, which is no finite number"),
            (json!({"val_bpb": 0}), "`val_bpb` is 0, and must be positive"),
        ] {
            let judged = weigh(&WELL, &metrics, None);
            assert_eq!((judged.status, judged.reason.as_str(), judged.value), (Status::Crash, reason, None));
        }
    }

    #[test]
    fn a_failed_command_is_a_crash_whatever_it_printed() {
        let failed = Ending::Supervised { ended: Ended::Exit(1), cause: Cause::ByItself };
        assert_eq!(weigh(&failed, &json!({"val_bpb": 0.5}), None).status, Status::Crash);
    }

    #[test]
    fn a_changed_protected_path_taints_even_the_best_result() {
        let judged = weigh(&WELL, &json!({"val_bpb": 0.5}), Some("prepare.py"));
        assert_eq!((judged.status, judged.value), (Status::Tainted, Some(0.5)));
    }

    #[test]
    fn an_unseen_end_without_a_result_is_an_interruption_and_with_one_is_scored() {
        assert_eq!(weigh(&Ending::Unseen, &json!({}), None).status, Status::Interrupted);
        assert_eq!(weigh(&Ending::Unseen, &json!({"val_bpb": 0.979}), None).status, Status::Keep);
    }
}
