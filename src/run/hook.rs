//! What follows an outcome: the user's own hook, which can change nothing of it.

use anyhow::Result;
use serde_json::Value;

use crate::model::outcome::Finished;
use crate::process::command::Program;
use crate::run::event::{Event, Listener};
use crate::run::runner::Runner;

impl Runner<'_> {
    /// Calls `hooks.finished` with the record as JSON on its stdin; a failure is only reported.
    pub(super) fn after(&self, finished: &Finished, listen: &mut Listener<'_>) {
        if self.config.hooks.finished.is_empty() {
            return;
        }
        if let Err(error) = self.call_hook(finished) {
            listen(Event::Warning(format!("the hook `hooks.finished` failed: {error:#}")));
        }
    }

    fn call_hook(&self, finished: &Finished) -> Result<()> {
        let record = self.store.newest_record(finished.snapshot)?;
        let record = Value::Object(record.fields().clone()).to_string();
        let program = Program::new("sh").arg("-c").arg(&self.config.hooks.finished);
        program
            .dir(self.repo.work_dir())
            .env("GX_EXPERIMENT", finished.id.to_string())
            .input(record.into_bytes())
            .limit(self.config.hooks.timeout)
            .run()?;
        Ok(())
    }
}
