//! The question after the cards, asked by a process of its own: NVIDIA's library may hang for ever, or crash.

use std::path::Path;

use anyhow::Result;

use crate::config::schema::Gpu;
use crate::error::{Exit, Fault, fault};
use crate::gpu::failure::{Failure, Obstacle, WITHOUT};
use crate::gpu::{nvml, smi};
use crate::model::gpu::Inventory;
use crate::process::command::{Output, Program};

/// The hidden command that answers.
const COMMAND: &str = "cards";

/// The cards, or why they cannot be asked; it travels as JSON.
pub type Answer = Result<Inventory, Failure>;

/// Asks NVIDIA's library, or `nvidia-smi` where that cannot be loaded; may hang for ever.
pub fn answer(library: Option<&Path>) -> Answer {
    match nvml::read(library) {
        Err(failure) if failure.obstacle == Obstacle::Library && smi::is_there() => smi::read(),
        told => told,
    }
}

/// Has `program`, a gx, answer within `gpu.query_timeout`.
///
/// # Errors
/// It does not answer, or dies: then there may be cards, and nobody knows which are free.
pub fn ask(program: Program, config: &Gpu) -> Result<Answer> {
    let mut program = program.arg(COMMAND).limit(config.query_timeout);
    if !config.library.is_empty() {
        program = program.arg("--library").arg(&config.library);
    }
    let told = program.output_in_time()?.ok_or_else(|| late(config))?;
    let answer = told.status.success().then(|| serde_json::from_slice(&told.stdout).ok()).flatten();
    Ok(answer.ok_or_else(|| dead(&told))?)
}

fn late(config: &Gpu) -> Fault {
    let seconds = config.query_timeout.as_secs_f64();
    fault(format!("the cards did not answer within {seconds} s (`gpu.query_timeout`)"))
        .hint("`nvidia-smi` hangs too where the driver does: then a reboot helps")
        .hint("where it only takes its time, wait longer: `gpu.query_timeout = \"60s\"`")
        .hint(WITHOUT)
        .exit(Exit::NoCard)
}

fn dead(told: &Output) -> Fault {
    let said = String::from_utf8_lossy(&told.stderr);
    let said = said.lines().find(|line| !line.trim().is_empty()).map(|line| format!(": {line}"));
    fault(format!("the question after the cards ended with {}{}", told.status, said.unwrap_or_default()))
        .hint("`nvidia-smi` shows whether NVIDIA's driver answers at all")
        .hint(WITHOUT)
        .exit(Exit::NoCard)
}
