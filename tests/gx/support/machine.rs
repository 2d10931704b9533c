//! A machine with cards, played by a library that reads them from a file.

use std::path::PathBuf;

use fake_nvml::{STATE_VARIABLE, State};
use gx::process::command::Program;

use crate::support::Lab;

impl Lab {
    /// The lab on a machine with these cards.
    pub fn with_cards(self, state: &State) -> Self {
        self.cards_are(state);
        let file = self.cards_file();
        self.with("GX_GPU_SOURCE", "nvml")
            .with("GX_GPU_LIBRARY", fake_nvml::library().to_str().unwrap())
            .with(STATE_VARIABLE, file.to_str().unwrap())
    }

    /// What the next question finds.
    pub fn cards_are(&self, state: &State) {
        state.write(self.cards_file()).unwrap();
    }

    fn cards_file(&self) -> PathBuf {
        self.folder.path().join("cards")
    }

    /// The gx that is asked for the cards; of programs it finds but those of [`Lab::install`].
    pub fn card_program(&self) -> Program {
        let program = Program::new(env!("CARGO_BIN_EXE_gx")).env("PATH", self.programs());
        program.env(STATE_VARIABLE, self.cards_file()).dir(self.dir())
    }

    /// Puts a script on the PATH of [`Lab::card_program`].
    ///
    /// Another process writes it: a file that this one has open for writing could not be executed.
    pub fn install(&self, name: &str, script: &str) {
        let path = self.programs().join(name);
        let writing =
            "mkdir -p \"${1%/*}\" && printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod 755 \"$1\"";
        let written = self.command("sh").args(["-c", writing, "sh"]).arg(path).arg(script).status().unwrap();
        assert!(written.success());
    }

    /// Where these scripts lie, for a PATH.
    pub fn programs_dir(&self) -> String {
        self.programs().to_str().unwrap().to_owned()
    }

    fn programs(&self) -> PathBuf {
        self.folder.path().join("programs")
    }
}
